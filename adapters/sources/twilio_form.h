// Twilio's request signature, and what may be believed of a form that carries it.
//
// https://www.twilio.com/docs/usage/security#validating-requests
//
// X-Twilio-Signature is base64(HMAC-SHA1(auth token, URL + name1 + value1 + name2 + ...)), sorted
// by name, decoded, without separators:
//
//     https://hooks.acme.example/hooks/acme-telAccountSidAC00...Bodyhello...MessageSidSM00...
//
// So one signature covers many requests: bytes can move between a name and a neighbour's value,
// equal pairs vanish, and the end of the URL can become a name. So only a form whose identifying
// members have exactly the shape that Twilio gives them becomes an event; any other signed form is
// kept aside (`twilio_form_fault`), never refused, since a genuine call may be in it. And the MAC
// itself is a second identity of the event: it is equal for all those requests.
//
// Pure; safe from any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/source.h"

namespace tapline {

// Which of our URLs a request came to: /hooks/{connection} and what follows. All but the first two
// may name the brand whose call it is, as the TwiML does: "/dial/acme". A whisper's URL always
// does, and carries what is said in base64url: "/whisper/acme/SW5zdGFncmFtIGNhbGw".
enum class TwilioUrl { incoming, status, dial, number, voicemail, whisper };

struct TwilioForm {
    TwilioUrl url = TwilioUrl::incoming;
    std::string brand;    // that the URL names, or empty
    std::string whisper;  // what the department shall hear; valid UTF-8
    Fields fields;

    // The value, or empty.
    std::string_view operator[](std::string_view name) const;
};

// What follows the URL in the signed text. A name that stands more than once is glued once per
// distinct value, values sorted, as Twilio's own libraries do.
std::string twilio_glue(Fields fields);

// The URLs that Twilio may have signed for one that it was given: with and without the port, and
// with an apostrophe in the query as "'" or "%27". Without fragment; each once; at most six.
std::vector<std::string> twilio_url_spellings(std::string_view url);

// The MAC in base64: the header's value.
std::string twilio_signature(std::string_view token, std::string_view url, const Fields& fields);

// [a-z0-9-], at most 64: what may stand in a callback's URL.
bool is_twilio_brand(std::string_view name);

// Sets url, brand and whisper from what follows the connection's own URL. Error bad_request: not a
// URL of ours.
Result<TwilioForm> parse_twilio_url(std::string_view rest);

// Error bad_request: not a form, or not a URL of ours. No check of the signature.
Result<TwilioForm> parse_twilio_form(const SourceRequest& request);

// The form names a sound account that is not the pinned one: another account's secret leaked here.
bool is_other_account(const TwilioForm& form, std::string_view pinned_account);

// Why a signed form cannot be believed as it stands, or nothing.
std::optional<std::string> twilio_form_fault(const TwilioForm& form);

}  // namespace tapline
