// A form that is read holds views into the body and keeps the limits; e-mail sources that read
// forms end in an answer. The first line of the input is the Content-Type.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "adapters/multipart.h"
#include "adapters/sources/registry.h"

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace tapline;
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const std::size_t line = input.find('\n');
    const std::string_view type = input.substr(0, line);
    const std::string_view body = line == input.npos ? std::string_view() : input.substr(line + 1);
    if (const auto form = parse_multipart(type, body)) {
        require(form->fields().size() <= kMultipartFieldsMax);
        for (const MultipartField& field : form->fields()) {
            require(field.content.empty() ||
                    (field.content.data() >= body.data() &&
                     field.content.data() + field.content.size() <= body.data() + body.size()));
        }
    }
    const std::pair<std::string_view, std::string_view> header{"content-type", type};
    SourceRequest request;
    request.method = "POST";
    request.body = body;
    request.headers = {&header, 1};
    SourceSecrets secrets;
    secrets.secrets = {"user:password"};
    const Time now{std::chrono::milliseconds(1755779283123)};
    for (const char* name : {"sendgrid", "mailgun"}) {
        const Source* source = find_source(name);
        static_cast<void>(source->verify(request, secrets, now));
        static_cast<void>(source->parse(request, secrets, now));
    }
    return 0;
}
