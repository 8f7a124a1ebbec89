// What Instagram, Messenger and WhatsApp have in common: the handshake, the signature, and the two
// callbacks about persons (meta_person.h), which stand below the connection's URL.
//
// https://developers.facebook.com/docs/graph-api/webhooks/getting-started
//
// The three are one scheme: who holds the app secret of one connection can sign for every other
// that has it, and Meta gives an app one secret for all of its products. What keeps them apart is
// `object` in the body, which each adapter's `parse` checks, and the account.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "adapters/source.h"

namespace tapline {

// GET ?hub.mode=subscribe&hub.challenge=...&hub.verify_token=... (also spelled hub_mode, as some
// proxies rewrite it): 200 with the challenge alone, as text/plain. 403 when the token is not ours,
// when no token is configured, or when the challenge is not 1 to 128 of A-Z a-z 0-9 _ . - (it comes
// from a stranger and must not be able to be a page). GET /deletion is the page that a person sees
// who asked for deletion. Nothing for other requests.
std::optional<Answer> meta_challenge(const SourceRequest& request, const SourceSecrets& secrets);

// X-Hub-Signature-256, exactly once: "sha256=" and the HMAC-SHA256 of the raw body under the app
// secret in 64 lower-case hex characters. No time is signed: an old body verifies for ever, and
// what keeps it out is the identity of its events. /deletion and /deauthorize are signed in another
// way: see meta_person.h.
Result<Verified> meta_verify(const SourceRequest& request, const SourceSecrets& secrets, Time now);

// The answer to a verified request that is not answered with `ok`: to /deletion, the JSON that Meta
// shows the person.
std::optional<Answer> meta_acknowledge(const SourceRequest& request, const SourceSecrets& secrets);

// The value of X-Hub-Signature-256 for `body`.
std::string meta_signature(std::string_view secret, std::string_view body);

// A POST of `body`, signed with the newest secret, to where the sample says.
SignedRequest meta_signed(const Sample& sample, const SourceSecrets& secrets, std::string body);

}  // namespace tapline
