// The TwiML that answers a call or a message.
//
//     <Response><Dial answerOnBridge="true" timeout="20" callerId="+18005550100"
//       action="https://hooks.acme.example/hooks/acme-tel/dial/acme" method="POST">
//       <Number statusCallback="https://hooks.acme.example/hooks/acme-tel/number/acme"
//         statusCallbackEvent="initiated ringing answered completed">+14045550110</Number>
//     </Dial></Response>
//
// https://www.twilio.com/docs/voice/twiml/dial
// Every value is escaped; what is dialled comes from the decision alone, never from the request.
// Pure; safe from any thread.
#pragma once

#include <string>
#include <string_view>

#include "adapters/source.h"

namespace tapline {

inline constexpr std::string_view kEmptyTwiml =
    R"(<?xml version="1.0" encoding="UTF-8"?><Response/>)";

// Said to a caller whose call belongs to no brand, or whom nothing could be decided for.
inline constexpr std::string_view kCallFallbackTwiml =
    R"(<?xml version="1.0" encoding="UTF-8"?><Response><Say>We are sorry. We cannot connect your )"
    R"(call at the moment. Please try again later.</Say><Hangup/></Response>)";

// For a call: dials the decision's numbers and sip: addresses in their order, each for 20 seconds,
// at most ten; the caller hears ringing until somebody answers. Without any, says so and hangs up.
// The callbacks name the brand, since a leg of a call on a line of several brands does not.
// For a message (SMS or WhatsApp): the decision's reply with {tracking_number} and {brand} filled
// in, at most 1600 characters; nothing for senders that are no phone number and for STOP, START and
// HELP, which Twilio answers itself. Empty for everything else: the default answer.
std::string twilio_reply(const ReplyContext& context);

}  // namespace tapline
