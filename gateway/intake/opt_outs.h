// Customers who want no messages: their STOP and START.
//
// A STOP (or a provider's notice that a message was refused for one) is a fact `opt_out` and a
// member of the sorted set tapline:{brand}:optouts, by the keyed hash of the customer; a START is a
// fact `opt_in` and takes it out. It holds for the whole brand, whichever line the word came to,
// and does not expire. The acceptor makes no automatic reply to a member.
//
// Thread-safety: as the acceptor. The completion runs on the link's thread.
#pragma once

#include "gateway/intake/acceptor.h"

namespace tapline {

// REQUIRES: job.event.opt_out. `job` is used during the call alone. Error unavailable: nothing is
// written, and the same event may come again.
void record_opt_out(const AcceptorParts& parts, const redis::Script& script, const AcceptJob& job,
                    Acceptor::Done done);

}  // namespace tapline
