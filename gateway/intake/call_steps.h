// What telephony tells of a call after it was accepted: facts of its journey.
//
//     call accepted      entry on the queue, record of the call: {number, call: "sales 1773-0"}
//     leg ringing        fact call.ringing
//     leg in-progress    fact call.answered; the due clock stops; the entry is taken back (fact
//                        `done`) while no consumer has it
//     dial completed     fact call.ended with talk_seconds; where this is lost, the call's own end
//                        tells it with what a leg said
//     dial no-answer     fact call.missed, and an entry call.missed through the acceptor
//     call completed     the same, unless an answer was told or a message left; an answer
//                        that is told afterwards takes that entry back (fact `done`)
//     voicemail left     fact call.voicemail, and an entry call.missed with the recording; the
//                        entry of the missed call is merged into it while no consumer has it
//
// A call is known by the contact that it was: the founder of that event names the record, so the
// callbacks need nothing but the provider's id of the call. Where there is no record (Redis was
// away when the phone rang) the facts stand under the number that the call would have got.
//
// Thread-safety: as the acceptor. Completions run on the link's thread.
#pragma once

#include <functional>
#include <string>

#include "gateway/intake/acceptor.h"

namespace tapline {

struct CallRecord {
    TrackingNumber number = TrackingNumber::from_bits(0);
    std::string call;    // "QUEUE ENTRY" of the call itself; "" = none
    std::string missed;  // the same of the missed call
};

// The record's key, of a call or of a step of one.
std::string call_key_of(const Keys& keys, std::string_view brand, const Event& event);

// REQUIRES: job.event.call_step. Error unavailable: Redis is away or refuses.
void look_up_call(const AcceptorParts& parts, const AcceptJob& job,
                  std::function<void(Result<CallRecord>)> done);

struct CallStepJob {
    const AcceptJob& job;  // used during the call alone
    const CallRecord& call;
};

// Tells one step by call.lua. REQUIRES: job.event.call_step, and that it is recorded.
void record_call_step(const AcceptorParts& parts, const redis::Script& script,
                      const CallStepJob& step, Acceptor::Done done);

}  // namespace tapline
