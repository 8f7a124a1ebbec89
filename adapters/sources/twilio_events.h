// Twilio's Event Streams: messages and their statuses as JSON, one CloudEvent or a list of them.
//
// https://www.twilio.com/docs/events/event-types/messaging/inbound-message
//
//     [{"specversion": "1.0", "type": "com.twilio.messaging.inbound-message.received",
//       "source": "...", "id": "EZ...", "time": "...", "data": {
//         "messageSid": "SM00000000000000000000000000000001", "accountSid": "AC...",
//         "from": "+14045550199", "to": "+18005550101", "body": "Is it in stock?", "numMedia": 0}}]
//
// The URL of such a request carries ?bodySHA256=HEX and the signature covers the URL alone, so the
// digest is what ties the body to it (https://www.twilio.com/docs/usage/security).
//
// Pure; safe from any thread.
#pragma once

#include <string>
#include <vector>

#include "adapters/source.h"
#include "adapters/sources/twilio_form.h"

namespace tapline {

inline constexpr std::size_t kTwilioEventsMax = 1000;  // of one request; Twilio sends at most 1000

// Whether the query is bodySHA256 of exactly this body, and nothing else.
bool holds_body_sha256(std::string_view query, std::string_view body);

// One event of the body: the form that the same message has when it comes as one, or what is wrong.
struct TwilioJsonEvent {
    tl::expected<TwilioForm, std::string> form;
    std::string raw;          // its bytes, where it is one of several
    bool other_type = false;  // of another type than messages: then there is no form
};

// In the order of the body. Error bad_request: not JSON, or neither an object nor a list of at most
// kTwilioEventsMax.
Result<std::vector<TwilioJsonEvent>> parse_twilio_events(std::string_view body);

}  // namespace tapline
