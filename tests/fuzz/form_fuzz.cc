// A form that can be read is written and read back the same; escapes and text codings stay valid.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "adapters/crypto.h"
#include "adapters/form.h"
#include "adapters/link.h"
#include "adapters/utf8.h"
#include "adapters/xml.h"

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace tapline;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (const auto fields = parse_form(text)) {
        require(fields->size() <= kFormPairsMax);
        const auto again = parse_form(encode_form(*fields));
        require(again && *again == *fields);
    }
    require(percent_decode(percent_encode(text), PlusSign::literal) == text);
    require(base64_decode(base64_encode(text)) == text);
    if (const auto bytes = base64_decode(text)) require(base64_encode(*bytes) == text);
    require(is_valid_utf8(to_valid_utf8(text)));
    require(xml_escape(text).find_first_of("<>\"'") == std::string::npos);
    for (const auto& [name, value] : link_attribution(text)) require(value.size() <= 512);
    require(link_ref(text).size() <= 128);
    return 0;
}
