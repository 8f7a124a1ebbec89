#include "adapters/basic_auth.h"

#include "adapters/crypto.h"

namespace tapline {
namespace {

constexpr std::string_view kHeader = "authorization";
constexpr std::string_view kScheme = "Basic ";

}  // namespace

Result<Verified> verify_basic(const SourceRequest& request, const SourceSecrets& secrets) {
    const std::string_view written = request.header(kHeader);
    if (request.header_count(kHeader) != 1 || !written.starts_with(kScheme)) {
        return fail(ErrorCode::unauthorized,
                    "no basic authentication; put user:password@ into the provider's URL");
    }
    const auto given = base64_decode(written.substr(kScheme.size()));
    if (!given) return fail(ErrorCode::unauthorized, "basic authentication refused");
    // Of equal length whatever was given, so that the comparison tells nothing of the length.
    const std::string digest = sha256(*given);
    std::size_t match = 0;
    for (std::size_t i = 0; i < secrets.secrets.size(); ++i) {
        const bool same = equal_constant_time(sha256(secrets.secrets[i]), digest);
        if (same && !secrets.secrets[i].empty() && match == 0) match = i + 1;
    }
    if (match == 0) return fail(ErrorCode::unauthorized, "basic authentication refused");
    return Verified{"basic_auth", "", std::to_string(match)};
}

std::string basic_credentials(std::string_view secret) {
    return std::string(kScheme) + base64_encode(secret);
}

}  // namespace tapline
