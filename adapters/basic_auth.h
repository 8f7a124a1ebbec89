// HTTP basic authentication (RFC 7617) as providers without a signature use it: the secret of the
// connection is "user:password", and the provider's webhook URL is https://user:password@HOST/...
//
// It proves who sends and says nothing of what is sent; TLS must keep it. The header must be
// written as all of these providers write it, "Basic " and padded base64. Pure; safe from any
// thread.
#pragma once

#include <string>
#include <string_view>

#include "adapters/source.h"

namespace tapline {

inline constexpr std::string_view kBasicChallenge = "Basic realm=\"tapline\", charset=\"UTF-8\"";

// Error unauthorized: the header is missing, repeated or malformed, or no secret has these
// credentials. Takes as long for every wrong secret of one length.
Result<Verified> verify_basic(const SourceRequest& request, const SourceSecrets& secrets);

// The value of the Authorization header.
std::string basic_credentials(std::string_view secret);

}  // namespace tapline
