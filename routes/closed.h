// Whether a queue's department is there, and what becomes of a contact when it is not.
//
// Pure; safe from any thread. Unchecked brands are no danger: hours that do not exist are always
// open, and a channel that nothing is said of is queued as if they were.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "routes/brand.h"
#include "routes/decision.h"
#include "routes/event.h"
#include "routes/route.h"

namespace tapline {

// The hours of the queue; null where it is always open.
const Hours* hours_of(const Brand& brand, const Queue& queue);

// The queue that answers a contact which is not a call, once those that hand theirs on while they
// are closed have done so. What the route says stands in place of the first queue's own words only.
struct OpenQueue {
    const Queue* queue = nullptr;  // never null after the first
    const Hours* hours = nullptr;
    bool closed = false;                // this one is
    bool moved = false;                 // it is another than the route's
    const ClosedOther* said = nullptr;  // the last that had something to say while closed
    std::string opens_at;               // of the queue that said it
    std::vector<std::string> passed;    // the closed ones that handed it on, in order
};
OpenQueue find_open_queue(const Brand& brand, const Route* route, const Queue& queue,
                          Channel channel, Time now);

// What a caller gets in place of the queue's ringing phones, with {opens_at} filled in. The phones
// of `then: dial` ring as the queue's own dial plan says.
Dial closed_dial(const ClosedCall& closed, const Queue& queue, const Hours& hours, Time now);

}  // namespace tapline
