#include "gateway/http/timer_wheel.h"

#include <algorithm>
#include <limits>

namespace tapline::http {

void Timer::unlink() {
    if (next_ == nullptr) return;
    previous_->next_ = next_;
    next_->previous_ = previous_;
    previous_ = nullptr;
    next_ = nullptr;
}

TimerWheel::TimerWheel(Clock::time_point start) : start_(start) {
    for (Timer& head : buckets_) head.previous_ = head.next_ = &head;
}

TimerWheel::~TimerWheel() {
    for (Timer& head : buckets_) {
        while (head.next_ != &head) head.next_->unlink();
    }
}

std::int64_t TimerWheel::tick_at_or_after(Clock::time_point time) const {
    if (time == Clock::time_point::max()) return std::numeric_limits<std::int64_t>::max();
    const auto ms = std::chrono::ceil<std::chrono::milliseconds>(time - start_).count();
    return (std::max<std::int64_t>(ms, 0) + kTickMs - 1) / kTickMs;
}

void TimerWheel::link(Timer& timer, std::int64_t tick) {
    timer.unlink();
    timer.bucket_tick_ = std::clamp(tick, now_tick_, now_tick_ + kBuckets - 1);
    first_tick_ = std::min(first_tick_, timer.bucket_tick_);
    Timer& head = buckets_[static_cast<std::size_t>(timer.bucket_tick_ % kBuckets)];
    timer.previous_ = head.previous_;
    timer.next_ = &head;
    head.previous_->next_ = &timer;
    head.previous_ = &timer;
}

void TimerWheel::set(Timer& timer, Clock::time_point due) {
    timer.due_tick_ = tick_at_or_after(due);
    const bool linked = timer.next_ != nullptr;
    if (linked && timer.due_tick_ >= timer.bucket_tick_) return;
    if (!linked && due == Clock::time_point::max()) return;
    link(timer, timer.due_tick_);
}

Timer* TimerWheel::pop(Clock::time_point now) {
    const std::int64_t last =
        std::chrono::floor<std::chrono::milliseconds>(now - start_).count() / kTickMs;
    while (now_tick_ <= last) {
        Timer& head = buckets_[static_cast<std::size_t>(now_tick_ % kBuckets)];
        while (head.next_ != &head) {
            Timer& timer = *head.next_;
            timer.unlink();
            if (timer.due_tick_ <= last) return &timer;
            if (timer.due_tick_ != std::numeric_limits<std::int64_t>::max()) {
                // Its own bucket is behind the one that is being emptied, or it would loop.
                link(timer, std::max(timer.due_tick_, now_tick_ + 1));
            }
        }
        ++now_tick_;
    }
    return nullptr;
}

std::optional<std::chrono::milliseconds> TimerWheel::wait(Clock::time_point now) const {
    first_tick_ = std::max(first_tick_, now_tick_);
    for (; first_tick_ < now_tick_ + kBuckets; ++first_tick_) {
        const Timer& head = buckets_[static_cast<std::size_t>(first_tick_ % kBuckets)];
        if (head.next_ == &head) continue;
        const auto at = start_ + std::chrono::milliseconds(first_tick_ * kTickMs);
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(at - now);
        return std::max(left, std::chrono::milliseconds(0));
    }
    return std::nullopt;
}

}  // namespace tapline::http
