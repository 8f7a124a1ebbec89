// Any form, as the first byte says: reading ends, and what comes out is valid text within limits.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "adapters/sources/web.h"
#include "adapters/utf8.h"

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

bool is_one_line(std::string_view text) {
    return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace tapline;
    if (size == 0) return 0;
    static const WebForm form = [] {
        WebForm made;
        made.origins = {"https://www.acme.example"};
        made.honeypot = "website";
        return made;
    }();
    constexpr std::string_view kTypes[] = {"application/x-www-form-urlencoded", "application/json",
                                           "multipart/form-data; boundary=b"};
    const std::string_view body(reinterpret_cast<const char*>(data + 1), size - 1);
    const std::pair<std::string_view, std::string_view> headers[] = {
        {"content-type", kTypes[data[0] / 2 % 3]}, {"referer", body.substr(0, 200)}};
    SourceRequest request;
    request.method = "POST";
    request.body = body;
    request.headers = std::span(headers).first(data[0] & 1 ? 2 : 1);
    web_origin(request);
    const auto fields = web_fields(request);
    if (!fields) return 0;
    web_trapped(form, *fields);
    SourceSecrets secrets;
    secrets.form = &form;
    const auto event = web_event(request, secrets, *fields, Time{});
    if (!event) {
        require(!event.error().empty());
        return 0;
    }
    require(!event->event_id.empty() && event->event_id.size() <= 256);
    require(is_one_line(event->event_id) && is_one_line(event->customer.email));
    require(is_one_line(event->customer.name) && is_one_line(event->subject));
    require(is_valid_utf8(event->text) && is_valid_utf8(event->customer.name));
    for (const auto& [name, value] : event->attribution) {
        require(value.size() <= kFormValueBytesMax && is_valid_utf8(value));
    }
    return 0;
}
