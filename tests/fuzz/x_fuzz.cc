// Bodies that verified may still be anything: reading them must end, give the same answer twice,
// and give each event an id. And nothing that the handshake signs may verify as an event.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "adapters/sources/registry.h"

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

tapline::SourceSecrets secrets() {
    tapline::SourceSecrets known;
    known.secrets = {"consumer-secret"};
    return known;
}

// The query is the input: whatever token it has, what is signed for it is no event.
void check_handshake(const tapline::Source& source, std::string_view input) {
    using namespace tapline;
    SourceRequest handshake;
    handshake.method = "GET";
    handshake.query = input;
    const auto answer = source.challenge(handshake, secrets());
    if (!answer || answer->status != 200) return;
    constexpr std::string_view kBefore = "{\"response_token\":\"";
    require(answer->body.starts_with(kBefore) && answer->body.ends_with("\"}"));
    const std::string given =
        answer->body.substr(kBefore.size(), answer->body.size() - kBefore.size() - 2);
    const std::pair<std::string_view, std::string_view> headers[] = {
        {"x-twitter-webhooks-signature", given}};
    const std::size_t token = input.find("crc_token=");
    if (token == std::string_view::npos) return;
    SourceRequest forged;
    forged.method = "POST";
    forged.headers = headers;
    for (std::string_view body = input.substr(token + 10); !body.empty(); body.remove_suffix(1)) {
        forged.body = body;
        require(!source.verify(forged, secrets(), Time{}));
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace tapline;
    static const Source& source = *find_source("x");
    const Time now{std::chrono::milliseconds(1755779283123)};
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    if (size < 4096) check_handshake(source, input);
    SourceRequest request;
    request.method = "POST";
    request.body = input;
    const auto first = source.parse(request, {}, now);
    const auto second = source.parse(request, {}, now);
    require(first.has_value() == second.has_value());
    if (!first) return 0;
    require(first->size() == second->size());
    for (std::size_t i = 0; i < first->size(); ++i) {
        const auto& one = (*first)[i].event;
        const auto& other = (*second)[i].event;
        require(one.has_value() == other.has_value());
        if (!one) continue;
        require(!one->event_id.empty() && one->event_id == other->event_id);
        require(one->kind == EventKind::recorded || !one->customer.platform_id.empty());
        require(one->post_url.empty() || one->post_url.starts_with("https://x.com/"));
    }
    return 0;
}
