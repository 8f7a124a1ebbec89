// What a route yields for one event.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "routes/queue.h"
#include "routes/route.h"

namespace tapline {

struct Decision {
    // queued: at once. held: until `release_at`, or the end of the switch `held_by`. gathering: for
    // `patience`. suppressed: not at all.
    enum class State { queued, held, gathering, suppressed };

    State state = State::queued;
    std::string route;
    std::string queue;
    std::optional<std::chrono::seconds> respond_within;
    std::optional<Time> due_at;
    std::optional<Time> release_at;  // held for hours: when the queue opens
    std::string held_by;             // held by a switch: its name
    std::optional<Patience> patience;
    // A post that the customer's earlier ones must not wait with: they are released first.
    bool flushes = false;
    Dial dial;
    // Outside the queue's hours. For a call nothing of the queue rings: `dial` has what is said and
    // what follows.
    bool closed = false;
    bool call_back = false;  // the caller was promised a call back
    // The automatic answer: names are filled in but {tracking_number}; "" for none.
    std::string reply;
    std::string reply_withheld;       // why there is none although one is written: "opted_out", ...
    std::string priority = "normal";  // or "express"
    std::vector<std::string> handed_on_by;  // the closed queues before this one, in order
    std::vector<std::string> copy_to;
    std::string pilot;                // "" = none
    std::string arm;                  // of the pilot
    std::vector<std::string> topics;  // that the text is about
    bool joins_open_journey = false;  // the route asks for it: the contact is of that journey
    // A switch with regions is on and would have decided otherwise, had the region been known.
    std::string unknown_region_passed;
    std::string suppressed_because;
};

std::string_view to_string(Decision::State state);

}  // namespace tapline
