// Deadlines of many connections: setting, moving and cancelling one costs the same for ten as for
// ten thousand. Not thread-safe.
//
// Time is cut into ticks of 16 ms and the wheel has 4096 of them (65 s); a timer stands in the
// bucket of its tick. One that is further away stands at the far end and is placed again when its
// bucket comes. A timer that is moved to a later time stays where it is until its bucket comes, so
// that a busy connection, whose deadline is put off with every request, costs nothing here.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>

namespace tapline::http {

using Clock = std::chrono::steady_clock;

class TimerWheel;

class Timer {
  public:
    Timer() = default;
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;
    ~Timer() { unlink(); }

  private:
    friend class TimerWheel;
    void unlink();

    Timer* previous_ = nullptr;
    Timer* next_ = nullptr;
    std::int64_t bucket_tick_ = 0;  // where it stands, when linked
    std::int64_t due_tick_ = 0;
};

class TimerWheel {
  public:
    explicit TimerWheel(Clock::time_point start);
    TimerWheel(const TimerWheel&) = delete;
    TimerWheel& operator=(const TimerWheel&) = delete;
    ~TimerWheel();

    // Clock::time_point::max() means never.
    void set(Timer& timer, Clock::time_point due);
    static void cancel(Timer& timer) { timer.unlink(); }

    // The next timer that is due at `now`, taken off the wheel; null when there is none. Up to one
    // tick late, never early.
    Timer* pop(Clock::time_point now);

    // How long until pop may have something; nothing when no timer is set.
    std::optional<std::chrono::milliseconds> wait(Clock::time_point now) const;

  private:
    static constexpr std::int64_t kTickMs = 16;
    static constexpr std::int64_t kBuckets = 4096;

    std::int64_t tick_at_or_after(Clock::time_point time) const;
    void link(Timer& timer, std::int64_t tick);

    Clock::time_point start_;
    std::int64_t now_tick_ = 0;            // every bucket before it is empty
    mutable std::int64_t first_tick_ = 0;  // no timer stands before it; moved on by wait
    std::array<Timer, kBuckets> buckets_;  // heads of circular lists
};

}  // namespace tapline::http
