// Any JSON under the digest of its own bytes, and any path as a whisper's URL: reading ends, gives
// the same answer twice, each event has its message's id, and what is said stays text.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "adapters/crypto.h"
#include "adapters/sources/registry.h"
#include "adapters/sources/twilio_form.h"
#include "adapters/utf8.h"

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

void check_whisper(const tapline::Source& source, tapline::SourceRequest request,
                   std::string_view coded) {
    const std::string rest = "/whisper/acme/" + std::string(coded);
    request.rest = rest;
    const auto answer = source.acknowledge(request, {});
    if (!answer) return;
    require(tapline::is_valid_utf8(answer->body));
    const std::size_t begin = answer->body.find("<Say>") + 5;
    const std::size_t end = answer->body.find("</Say>");
    require(answer->body.substr(begin, end - begin).find('<') == std::string::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace tapline;
    static const Source& source = *find_source("twilio");
    const std::string_view body(reinterpret_cast<const char*>(data), size);
    const std::string query = "bodySHA256=" + sha256_hex(body);
    const std::string signature = twilio_signature("token", "https://h/hooks/t?" + query, {});
    const std::pair<std::string_view, std::string_view> headers[] = {
        {"content-type", "application/json"}, {"x-twilio-signature", signature}};
    SourceRequest request;
    request.method = "POST";
    request.path = "/hooks/t";
    request.query = query;
    request.body = body;
    request.public_base = "https://h";
    request.headers = headers;
    SourceSecrets secrets;
    secrets.secrets = {"token"};
    require(source.verify(request, secrets, Time{}).has_value());
    const auto first = source.parse(request, secrets, Time{});
    const auto second = source.parse(request, secrets, Time{});
    require(first.has_value() == second.has_value());
    for (std::size_t i = 0; first && i < first->size(); ++i) {
        const auto& one = (*first)[i].event;
        const auto& other = (*second)[i].event;
        require(one.has_value() == other.has_value());
        if (!one) continue;
        require(one->event_id == other->event_id);
        require(one->event_id.starts_with("SM") || one->event_id.starts_with("MM"));
    }
    check_whisper(source, request, body);
    return 0;
}
