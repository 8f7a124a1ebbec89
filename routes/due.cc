#include "routes/due.h"

#include <algorithm>

#include "routes/closed.h"

namespace tapline {

namespace {

using std::chrono::seconds;

std::optional<seconds> of_channel(const Queue& queue, Channel channel) {
    return queue.respond_within_by_channel.at(static_cast<std::size_t>(channel));
}

std::optional<seconds> shortest(const Queue& queue) {
    std::optional<seconds> least = queue.respond_within_missed_call;
    for (const auto& one : queue.respond_within_by_channel) {
        if (one && (!least || *one < *least)) least = one;
    }
    return least;
}

Time last_moment(Time from, Time reply_before) {
    if (reply_before <= from) return from;
    constexpr Milliseconds kMarginMax = std::chrono::minutes(5);
    return reply_before - std::min(kMarginMax, (reply_before - from) / 10);
}

}  // namespace

std::optional<seconds> respond_within(const Queue& queue, DueKind kind) {
    if (!kind.channel) return queue.respond_within ? queue.respond_within : shortest(queue);
    auto within =
        kind.is_missed_call ? queue.respond_within_missed_call : of_channel(queue, *kind.channel);
    if (!within && kind.is_missed_call) within = of_channel(queue, Channel::text);
    return within ? within : queue.respond_within;
}

Time due_time(const Brand& brand, const Queue& queue, const DueTerms& terms) {
    const Hours* hours = hours_of(brand, queue);
    Time due = terms.from + terms.within;
    if (hours != nullptr) due = after_business_time(*hours, terms.from, terms.within).value_or(due);
    if (terms.reply_before) due = std::min(due, last_moment(terms.from, *terms.reply_before));
    return due;
}

}  // namespace tapline
