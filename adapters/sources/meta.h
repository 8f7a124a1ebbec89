// What Instagram, Messenger and WhatsApp have in common: the handshake and the signature.
//
// https://developers.facebook.com/docs/graph-api/webhooks/getting-started
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "adapters/source.h"

namespace tapline {

// GET ?hub.mode=subscribe&hub.challenge=...&hub.verify_token=... (also spelled hub_mode, as some
// proxies rewrite it): 200 with the challenge alone, as text/plain. 403 when the token is not ours,
// when no token is configured, or when the challenge is not 1 to 128 of A-Z a-z 0-9 _ . - (it comes
// from a stranger and must not be able to be a page). Nothing for other requests.
std::optional<Answer> meta_challenge(const SourceRequest& request, const SourceSecrets& secrets);

// X-Hub-Signature-256, exactly once: "sha256=" and the HMAC-SHA256 of the raw body under the app
// secret in 64 lower-case hex characters. No time is signed: an old body verifies for ever, and
// what keeps it out is the identity of its events.
Result<Verified> meta_verify(const SourceRequest& request, const SourceSecrets& secrets, Time now);

// The value of X-Hub-Signature-256 for `body`.
std::string meta_signature(std::string_view secret, std::string_view body);

}  // namespace tapline
