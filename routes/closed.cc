#include "routes/closed.h"

#include <set>
#include <string_view>

#include "routes/reply.h"

namespace tapline {

namespace {

const ClosedOther* said_by(const Route* route, const Queue& queue, Channel channel) {
    const ClosedOther* own = route == nullptr ? nullptr : route->closed.of(channel);
    return own != nullptr ? own : queue.closed.of(channel);
}

}  // namespace

const Hours* hours_of(const Brand& brand, const Queue& queue) {
    if (queue.hours.empty()) return nullptr;
    const auto found = brand.hours.find(queue.hours);
    return found == brand.hours.end() ? nullptr : &found->second;
}

OpenQueue find_open_queue(const Brand& brand, const Route* route, const Queue& queue,
                          Channel channel, Time now) {
    OpenQueue at;
    at.queue = &queue;
    std::set<std::string_view> seen;
    for (;;) {
        at.hours = hours_of(brand, *at.queue);
        at.closed = at.hours != nullptr && !is_open(*at.hours, now);
        if (!at.closed) return at;
        seen.insert(at.queue->name);
        const ClosedOther* said = said_by(at.moved ? nullptr : route, *at.queue, channel);
        if (said == nullptr) return at;
        // Who is handed on hears when the first department opens, unless another has words too.
        if (at.said == nullptr || !said->reply.empty()) {
            at.said = said;
            at.opens_at = opens_at(*at.hours, now);
        }
        if (said->queue.empty() || seen.contains(said->queue)) return at;
        const auto next = brand.queues.find(said->queue);
        if (next == brand.queues.end()) return at;
        at.passed.push_back(at.queue->name);
        at.queue = &next->second;
        at.moved = true;
    }
}

Dial closed_dial(const ClosedCall& closed, const Queue& queue, const Hours& hours, Time now) {
    Dial dial;
    std::string say = closed.say;
    fill_in(say, "{opens_at}", opens_at(hours, now));
    if (closed.then == ClosedCall::Then::dial && !closed.dial_to.empty()) {
        dial = queue.dial;
        dial.to = closed.dial_to;
        dial.greeting = std::move(say);
        return dial;
    }
    dial.say = std::move(say);
    dial.voicemail = closed.then == ClosedCall::Then::voicemail;
    return dial;
}

}  // namespace tapline
