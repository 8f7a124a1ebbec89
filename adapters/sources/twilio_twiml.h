// The TwiML that answers a call or a message.
//
//     <Response><Dial answerOnBridge="true" timeout="20" callerId="+18005550100"
//       action="https://hooks.acme.example/hooks/acme-tel/dial/acme" method="POST">
//       <Number url="https://hooks.acme.example/hooks/acme-tel/whisper/acme/SW5zdGFncmFt"
//         statusCallback="https://hooks.acme.example/hooks/acme-tel/number/acme"
//         statusCallbackEvent="initiated ringing answered completed">+14045550110</Number>
//     </Dial></Response>
//
// and where nobody answered:
//
//     <Response><Say>We open at eight. Please leave a message.</Say>
//       <Record action="https://hooks.acme.example/hooks/acme-tel/voicemail/acme" method="POST"
//         maxLength="180" timeout="5" playBeep="true" finishOnKey="#"/><Hangup/></Response>
//
// https://www.twilio.com/docs/voice/twiml/dial, .../number (url: what the department hears before
// the caller), .../record
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

// For a call: dials the decision's numbers and sip: addresses, at most ten, in turn or at once,
// each for as long as the plan says; the caller hears ringing until somebody answers. Where calls
// are recorded the caller hears the consent text before. Without any number, says so and hangs up.
// The callbacks name the brand, since a leg of a call on a line of several brands does not.
// For a missed call whose caller waits: what the plan says and its voicemail; nothing for one that
// is over, and for a voicemail that was left. For a message (SMS or WhatsApp): the decision's reply
// with {tracking_number} and {brand} filled in, at most 1600 characters; nothing for senders that
// are no phone number and where Twilio itself has answered (HELP). Empty for everything else: the
// default answer.
std::string twilio_reply(const ReplyContext& context);

// What the department hears, asked for by a Number's `url`: the text that the URL carries.
std::string twilio_whisper(std::string_view text);

}  // namespace tapline
