// The routing decision: which route matches, which queue answers, and by when.
//
//     Decision d = evaluate(brand, {event, place(brand, event, journey), customer}, situation,
//     now);
//
// Pure and total: a Brand always has a default route, so there is always a decision. Should a Brand
// that no config check has seen have none, the last route stands in, and the first queue for one
// that does not exist. No I/O, no clock, no exceptions; safe from any number of threads.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "routes/brand.h"
#include "routes/customer_facts.h"
#include "routes/decision.h"
#include "routes/event.h"
#include "routes/match.h"
#include "routes/place.h"
#include "routes/situation.h"

namespace tapline {

// Always in this order, each step on what the one before yields:
//
// 1. The first route, in written order, whose conditions all hold; with `to: owner` the queue of
//    the customer's open journey, if the brand still has it.
// 2. The arm of the route's pilot, while it runs.
// 3. The hours. A call to a closed department hears what `closed` says and is queued all the same.
//    Anything else is held until the queue opens, or is another queue's, which is asked for its own
//    hours; who has been asked once is not asked again. A route that holds by a switch holds first.
// 4. The due time: `respond_within` is the route's, else the queue's for the channel (for a missed
//    call, and a call while it is closed, that of missed calls, else that of texts), else the
//    queue's. It is counted in the open time of the queue from `now`, the moment of arrival, and
//    never ends later than the platform's reply window (`reply_before`) less a margin: a tenth of
//    what is left of it, at most 5 minutes.
// 5. The reply: the route's, else that of the closed department, else the queue's, unless it is
//    withheld (routes/reply.h). All names are filled in but {tracking_number}. A route's reply to a
//    call is the dial plan's greeting.
// 6. Patience: posts of a known customer are gathered, unless they are held for another reason.
// 7. Topics; and suppression, which leaves of all this only what a caller hears.
//
// Names in the dial plan's whisper are filled in: {source}, {campaign}, {profile}, {button}.
// REQUIRES: brand.index() was called.
Decision evaluate(const Brand& brand, const Arrival& arrival, const Situation& situation, Time now);

}  // namespace tapline
