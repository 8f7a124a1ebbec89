// Any body: reading ends, ids are short and printable, agents' words are never kept.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "adapters/sources/registry.h"
#include "adapters/utf8.h"

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace tapline;
    static const Source& source = *find_source("chat");
    const std::pair<std::string_view, std::string_view> headers[] = {
        {"content-type", "application/json"}};
    SourceRequest request;
    request.method = "POST";
    request.body = {reinterpret_cast<const char*>(data), size};
    request.headers = headers;
    const auto items = source.parse(request, {}, Time{});
    if (!items) return 0;
    for (const ParsedItem& item : *items) {
        if (!item.event) {
            require(!item.event.error().empty());
            continue;
        }
        const Event& event = *item.event;
        require(!event.thread.empty() && event.thread.size() <= 128);
        require(event.event_id.size() > 2 && event.event_id.size() <= 256);
        require(is_valid_utf8(event.event_id) && is_valid_utf8(event.text));
        require(event.channel == Channel::chat);
        require(event.kind == EventKind::contact || event.text.empty());
        for (const auto& [name, value] : event.attribution) {
            require(value.size() <= 2048 && is_valid_utf8(value));
        }
    }
    return 0;
}
