// The two callbacks of Meta that tell of a person and of no message: "delete what you have of me"
// (POST /hooks/{connection}/deletion) and "this app may not act for me any more" (/deauthorize).
//
// https://developers.facebook.com/docs/development/create-an-app/app-dashboard/data-deletion-callback
//
//     signed_request=<base64url of the MAC>.<base64url of {"algorithm":"HMAC-SHA256",
//                     "user_id":"218471","issued_at":1755779283}>
//
// The MAC is HMAC-SHA256 under the app secret over the second half as it is written; it has nothing
// to do with X-Hub-Signature-256. `user_id` is the person's number towards the app: neither the
// sender of any message nor to be turned into one, so it is the brand's people who act on it. What
// Tapline keeps is a fact with the confirmation code, which holds a keyed hash of the number.
//
// A confirmation code is 40 hex characters, made of nothing but the request and the secret, so that
// it stays the same when Meta asks again and needs no store:
//
//     issued_at (seconds, 8)   person (16, keyed hash)   MAC of both (16)
//
// Thread-safety: pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/source.h"

namespace tapline {

inline constexpr std::string_view kDeletionPath = "/deletion";
inline constexpr std::string_view kDeauthorizePath = "/deauthorize";

// Whether what follows the connection's own URL is one of the two.
bool is_person_path(std::string_view rest);

// One `signed_request` in the form body, signed with one of the secrets, of that algorithm, with a
// `user_id` of at most 64 bytes. Error unauthorized: missing, malformed or wrong signature.
// Error bad_request: no POST, or authentic and not to be read.
Result<Verified> verify_person(const SourceRequest& request, const SourceSecrets& secrets);

// The one recorded event, "person.deletion" or "person.deauthorized", of no account: it concerns
// every brand that the connection serves. Error bad_request: it does not verify.
Result<std::vector<ParsedItem>> parse_person(const SourceRequest& request,
                                             const SourceSecrets& secrets,
                                             std::string_view provider, Time now);

// {"url": ".../deletion?code=CODE", "confirmation_code": "CODE"}; nothing when it does not verify.
// Where the config has no public URL, the host is the one that Meta's request was sent to.
std::optional<Answer> deletion_answer(const SourceRequest& request, const SourceSecrets& secrets);

// GET /deletion?code=CODE: what the person may know. 404 for a code that none of the secrets made.
Answer deletion_page(const SourceRequest& request, const SourceSecrets& secrets);

// A `signed_request` over a JSON text.
std::string meta_signed_request(std::string_view secret, std::string_view payload);

}  // namespace tapline
