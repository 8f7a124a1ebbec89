// The ladder of an entry: what is done, and when, while nobody answers it.
//
//     for (const LadderStep& step : ladder(brand, queue, accepted_at, due_at)) ...
//     next_step(brand, queue, accepted_at, due_at, {})     // the first one's time
//
// A queue with `overdue: [{at: 60%, alert: lead}, {at: 100%, move: care}]` and `max_age: 2d`, whose
// entry came at 09:00 and is due at 10:00, has: 09:36 an alert; 10:00 the late mark and the move;
// two days later its end. A share counts open time as `due_at` does: with a night between arrival
// and due time nobody is alerted during the night.
//
// Everything that falls on one moment is one step, so that its time alone says how far an entry has
// come. Pure; safe from any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "routes/brand.h"
#include "routes/event.h"
#include "routes/queue.h"

namespace tapline {

struct LadderStep {
    Time at{};
    bool is_late = false;             // this is the due time
    std::vector<std::string> alerts;  // queues that get a copy
    std::string move_to;              // queue that gets the entry; "" = it stays
    bool is_end = false;              // older than max_age: it expires where nobody has claimed it
};

// All steps by time, ascending; no two have the same one. Without `due_at` only the end is left. A
// step that moves an entry to the queue where it is, is none. Steps count from `accepted_at`, the
// arrival of the entry's first part, whichever queues it has been in since.
std::vector<LadderStep> ladder(const Brand& brand, const Queue& queue, Time accepted_at,
                               std::optional<Time> due_at);

// The time of the first step later than `after`, of the first of all without it; nothing where none
// follows. It is the entry's score in the sorted set `due`.
std::optional<Time> next_step(const Brand& brand, const Queue& queue, Time accepted_at,
                              std::optional<Time> due_at, std::optional<Time> after);

}  // namespace tapline
