// The routing decision: which route matches, which queue answers, and by when.
//
//     Decision d = evaluate(brand, event, place(brand, event, journey), customer, situation, now);
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
#include "routes/place.h"
#include "routes/situation.h"

namespace tapline {

// One condition of one route, for `explain`. `holds` tells whether it was met.
struct TrailStep {
    std::string route;
    // "channel", "text", "attribution.utm_source", ... or "" for a route without conditions
    std::string condition;
    bool holds = false;
};

// The first route, in written order, whose conditions all hold. `respond_within` is the route's,
// else the queue's for the event's channel (for a missed call its own, else that of texts), else
// the queue's; `due_at` is that after `now`, the moment of arrival. A call while the queue is
// closed has the time of a missed one. Names in the dial plan's whisper are filled in: {source},
// {campaign}, {profile}, {button}. `customer` is known to no condition. REQUIRES: brand.index() was
// called.
Decision evaluate(const Brand& brand, const Event& event, const Place& place,
                  const CustomerFacts& customer, const Situation& situation, Time now);

// The same walk, with each condition that was looked at, in order, up to the route that won: of
// each route the conditions up to the first that does not hold.
std::vector<TrailStep> explain(const Brand& brand, const Event& event, const Place& place);

}  // namespace tapline
