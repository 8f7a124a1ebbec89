// What a sound form of Twilio's says: a call, a message, a step of a call, a status.
//
// One form may be two items. The end of a call that nobody answered is the contact `call.missed`
// and the fact that tells how it ended; a recording that a caller left is the contact and the fact
// that it was left. Both contacts have ids made of the call's alone ("CA...:missed",
// "CA...:voicemail"), so that whichever callbacks come, and however often, each stands once.
//
// What the callbacks say of the call (https://www.twilio.com/docs/voice/api/call-resource, and
// .../voice/twiml/dial for DialCallStatus):
//
//     leg    initiated                          nothing yet
//            ringing                            ringing
//            in-progress                        answered
//            completed                          answered, and CallDuration the talk if the dial's
//            own
//                                               callback does not come
//            busy, no-answer, failed, canceled  this department missed it, others may yet answer
//     dial   completed, answered                ended, DialCallDuration is the talk; with
//     DialBridged
//                                               "false" missed: nobody spoke to the caller
//            busy, no-answer, failed, canceled  missed, also where the caller hung up first
//     call   busy, no-answer, failed, canceled  missed: it was never connected
//            completed                          missed, unless somebody was told to have answered
//
// "completed" says nothing by itself: consent that is asked for and a voicemail connect a call that
// nobody took, and its CallDuration counts them. What the callbacks of its legs told decides,
// whichever comes first: an answer that is told later takes the missed call back (call.lua).
//
// Pure; safe from any thread.
#pragma once

#include <vector>

#include "adapters/source.h"
#include "adapters/sources/twilio_form.h"

namespace tapline {

// REQUIRES: twilio_form_fault(form) has nothing to say. At least one item, the contact first.
std::vector<ParsedItem> twilio_items(const TwilioForm& form, const SourceSecrets& secrets,
                                     Time now);

}  // namespace tapline
