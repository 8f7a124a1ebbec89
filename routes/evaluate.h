// The routing decision: which route matches, which queue answers, and by when.
//
//     Decision d = evaluate(brand, event, place(brand, event, journey), customer, now);
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
#include "routes/event.h"
#include "routes/place.h"

namespace tapline {

// What routes and entries may know of a customer; the caller looks it up. `known` is false when
// nothing is known or Redis could not be asked.
struct CustomerFacts {
    bool known = false;
    int earlier_contacts = 0;
    std::optional<Time> last_contact_at;
    std::optional<Time> open_since;  // the oldest journey without an outcome
    std::string last_outcome;
};

// One condition of one route, for `explain`. `holds` tells whether it was met.
struct TrailStep {
    std::string route;
    // "channel", "text", "attribution.utm_source", ... or "" for a route without conditions
    std::string condition;
    bool holds = false;
};

struct Decision {
    std::string route;
    std::string queue;
    std::optional<std::chrono::seconds> respond_within;
    std::optional<Time> due_at;
    Dial dial;
    // A call outside the queue's hours: nothing rings, `dial` has what is said and what follows.
    bool closed = false;
    std::string reply;  // the queue's automatic SMS answer, not filled in; "" for none
    std::string priority = "normal";
};

// The first route, in written order, whose conditions all hold. `respond_within` is the route's,
// else the queue's for the event's channel (for a missed call its own, else that of texts), else
// the queue's; `due_at` is that after `now`, the moment of arrival. A call while the queue is
// closed has the time of a missed one. Names in the dial plan's whisper are filled in: {source},
// {campaign}, {profile}, {button}. `customer` is known to no condition. REQUIRES: brand.index() was
// called.
Decision evaluate(const Brand& brand, const Event& event, const Place& place,
                  const CustomerFacts& customer, Time now);

// The same walk, with each condition that was looked at, in order, up to the route that won: of
// each route the conditions up to the first that does not hold.
std::vector<TrailStep> explain(const Brand& brand, const Event& event, const Place& place);

}  // namespace tapline
