#include "adapters/sources/meta.h"

#include <algorithm>

#include "adapters/crypto.h"
#include "adapters/form.h"
#include "adapters/sources/meta_person.h"

namespace tapline {
namespace {

constexpr std::string_view kHeader = "x-hub-signature-256";
constexpr std::string_view kPrefix = "sha256=";
constexpr std::size_t kChallengeMax = 128;

const std::string* hub_field(const Fields& query, std::string_view name) {
    const std::string* value = find_field(query, "hub." + std::string(name));
    return value != nullptr ? value : find_field(query, "hub_" + std::string(name));
}

bool is_echoable(std::string_view challenge) {
    return !challenge.empty() && challenge.size() <= kChallengeMax &&
           std::all_of(challenge.begin(), challenge.end(), [](char c) {
               return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                      c == '_' || c == '.' || c == '-';
           });
}

}  // namespace

std::optional<Answer> meta_challenge(const SourceRequest& request, const SourceSecrets& secrets) {
    if (request.method != "GET") return std::nullopt;
    if (request.rest == kDeletionPath) return deletion_page(request, secrets);
    if (!request.rest.empty()) return std::nullopt;
    const Fields query = parse_query(request.query);
    const std::string* mode = hub_field(query, "mode");
    const std::string* challenge = hub_field(query, "challenge");
    const std::string* token = hub_field(query, "verify_token");
    if (mode == nullptr || *mode != "subscribe") return std::nullopt;
    const bool ours = token != nullptr && !secrets.verify_token.empty() &&
                      equal_constant_time(sha256(*token), sha256(secrets.verify_token));
    if (!ours || challenge == nullptr || !is_echoable(*challenge)) {
        return Answer{403, "text/plain; charset=utf-8", "verify token or challenge refused\n"};
    }
    return Answer{200, "text/plain; charset=utf-8", *challenge};
}

Result<Verified> meta_verify(const SourceRequest& request, const SourceSecrets& secrets,
                             Time /*now*/) {
    if (is_person_path(request.rest)) return verify_person(request, secrets);
    if (!request.rest.empty()) {
        return fail(ErrorCode::bad_request,
                    "below the connection's own URL is only /deletion and /deauthorize");
    }
    if (request.method != "POST") {
        return fail(ErrorCode::bad_request,
                    "events come as POST, a handshake as GET with hub.mode");
    }
    const std::string_view written = request.header(kHeader);
    if (request.header_count(kHeader) != 1 || written.size() != kPrefix.size() + 64 ||
        !written.starts_with(kPrefix)) {
        return fail(ErrorCode::unauthorized, "signature refused");
    }
    std::size_t match = 0;
    for (std::size_t i = 0; i < secrets.secrets.size(); ++i) {
        const std::string& secret = secrets.secrets[i];
        const bool same = equal_constant_time(to_hex(hmac_sha256(secret, request.body)),
                                              written.substr(kPrefix.size()));
        if (same && !secret.empty() && match == 0) match = i + 1;
    }
    if (match == 0) return fail(ErrorCode::unauthorized, "signature refused");
    return Verified{"signature", "", std::to_string(match)};
}

std::optional<Answer> meta_acknowledge(const SourceRequest& request, const SourceSecrets& secrets) {
    return request.rest == kDeletionPath ? deletion_answer(request, secrets) : std::nullopt;
}

std::string meta_signature(std::string_view secret, std::string_view body) {
    return std::string(kPrefix) + to_hex(hmac_sha256(secret, body));
}

SignedRequest meta_signed(const Sample& sample, const SourceSecrets& secrets, std::string body) {
    SignedRequest request;
    request.url = sample.url;
    request.body = std::move(body);
    const std::string secret = secrets.secrets.empty() ? "" : secrets.secrets.front();
    request.headers = {{"Content-Type", "application/json"},
                       {"X-Hub-Signature-256", meta_signature(secret, request.body)}};
    return request;
}

}  // namespace tapline
