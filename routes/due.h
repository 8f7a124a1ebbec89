// By when a contact is to be answered.
//
//     const auto within = respond_within(queue, {Channel::dm});
//     if (within) entry.due_at = due_time(brand, queue, {now, *within, reply_before});
//
// Pure; safe from any thread.
#pragma once

#include <chrono>
#include <optional>

#include "routes/brand.h"
#include "routes/event.h"
#include "routes/queue.h"

namespace tapline {

// What the time to respond depends on.
struct DueKind {
    std::optional<Channel> channel;  // nothing: of no channel, such as a topic's escalation
    // Nobody waits on the line any more, so the time for a ringing phone is not that for a call
    // back.
    bool is_missed_call = false;
};

// The queue's time to respond: for the channel (for a missed call its own, else that for texts),
// else its default. Without a channel its default, else the shortest that it has. Nothing where the
// queue says none.
std::optional<std::chrono::seconds> respond_within(const Queue& queue, DueKind kind);

struct DueTerms {
    Time from{};
    std::chrono::seconds within{0};
    std::optional<Time> reply_before = {};  // when the platform stops to let the brand reply
};

// `within` of the queue's open time after `from` (of all time, where it does not open for as long),
// and no later than a margin before `reply_before`.
Time due_time(const Brand& brand, const Queue& queue, const DueTerms& terms);

}  // namespace tapline
