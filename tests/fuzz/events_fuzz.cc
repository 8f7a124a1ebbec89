// Any body in any of the formats: reading ends, ids are short and printable, errors are text.
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
    static const Source& source = *find_source("events");
    if (size == 0) return 0;
    constexpr std::string_view kTypes[] = {"application/json", "application/x-ndjson",
                                           "application/cloudevents+json",
                                           "application/cloudevents-batch+json"};
    const std::string_view rest(reinterpret_cast<const char*>(data + 1), size - 1);
    const std::string_view line = rest.substr(0, rest.find('\n'));
    const std::pair<std::string_view, std::string_view> headers[] = {
        {"content-type", kTypes[data[0] % 4]},
        {"ce-specversion", "1.0"},
        {"ce-id", line},
        {"ce-source", "/fuzz"},
        {"ce-type", "t"},
    };
    SourceRequest request;
    request.method = "POST";
    request.body = rest;
    request.headers = std::span(headers).first(data[0] & 4 ? 5 : 1);
    const auto items = source.parse(request, {}, Time{});
    if (!items) return 0;
    for (const ParsedItem& item : *items) {
        if (!item.event) {
            require(!item.event.error().empty());
            continue;
        }
        require(!item.event->event_id.empty() && item.event->event_id.size() <= 256);
        require(is_valid_utf8(item.event->event_id) && is_valid_utf8(item.event->text));
        require(item.event->body_hash.size() == 64);
    }
    return 0;
}
