// Outcomes that backends report by one XADD:
//
//     XADD tapline:{acme}:outcomes * tracking_number 7K3-M9Q-2X4 outcome answered id <entry's id>
//
// Each becomes a fact `outcome` on the feed, stops the due clock of its entry, and stands in the
// journey as its last outcome. The same outcome again (same tracking number, outcome and id, or the
// same outcome_id) is taken off and adds nothing. A report that names no live journey or no known
// outcome becomes a fact `outcome_refused`, so that it is seen. Values are cut at 256 bytes.
//
// The entry that a report names is looked for on every lane (reported.h), since its journey may be
// another queue's by now.
//
// `transferred` with a field `queue` makes the journey that queue's: it gets a new entry with a due
// time of its own, a copy of the one that `entry` names while what that said is known. One that no
// consumer was given leaves its lane by it. `booked`,
// `resolved`, `sale` and `saved` of a journey that began in public make one entry of type
// `followup.close_publicly` for its queue, where that has `close_publicly`; one in all, whatever is
// reported again.
//
// Reports are read in pages, and a page is recorded in one round trip, until nothing waits or half
// a second is over. A report that cannot be recorded (a key of a wrong type, Redis full) stays on
// the stream and is tried at every turn; the others go on.
#pragma once

#include <string>
#include <string_view>

#include "gateway/intake/gateway_state.h"
#include "gateway/redis/link.h"

namespace tapline {

// Kinds of outcome that a backend may report (design: service, conversion, lost).
bool is_outcome(std::string_view name);

// Takes what waits on the brand's outcomes stream. Error unavailable: Redis is away; another: some
// report stays, and why.
Result<void> record_outcomes(GatewayState& state, redis::Link& link, const Brand& brand);

}  // namespace tapline
