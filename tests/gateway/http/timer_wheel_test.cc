#include "gateway/http/timer_wheel.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <random>
#include <vector>

#include <doctest/doctest.h>

using namespace std::chrono_literals;
using tapline::http::Clock;
using tapline::http::Timer;
using tapline::http::TimerWheel;

namespace {

constexpr auto kTick = 16ms;
const Clock::time_point kStart = Clock::time_point(1000h);

}  // namespace

TEST_CASE("timers: strike never early and at most one tick late") {
    TimerWheel wheel(kStart);
    std::minstd_rand random(7);
    constexpr std::size_t kTimers = 2000;
    std::vector<std::unique_ptr<Timer>> timers;
    std::vector<Clock::time_point> due;
    for (std::size_t i = 0; i < kTimers; ++i) {
        timers.push_back(std::make_unique<Timer>());
        // Some beyond the 65 s that the wheel goes round.
        due.push_back(kStart + std::chrono::milliseconds(random() % 200'000));
        wheel.set(*timers[i], due[i]);
    }
    std::size_t struck = 0;
    for (auto now = kStart; now < kStart + 201s; now += 7ms) {
        while (const Timer* timer = wheel.pop(now)) {
            const auto found =
                std::find_if(timers.begin(), timers.end(),
                             [timer](const auto& each) { return each.get() == timer; });
            const auto at = due[static_cast<std::size_t>(found - timers.begin())];
            REQUIRE(now >= at);
            REQUIRE(now < at + kTick + 7ms);
            ++struck;
        }
    }
    CHECK(struck == kTimers);
}

TEST_CASE("timers: can be moved earlier, later, to never, and cancelled") {
    TimerWheel wheel(kStart);
    std::array<Timer, 5> timers;
    for (Timer& timer : timers) wheel.set(timer, kStart + 10s);
    wheel.set(timers[0], kStart + 1s);
    wheel.set(timers[1], kStart + 20s);
    wheel.set(timers[2], Clock::time_point::max());
    TimerWheel::cancel(timers[3]);
    CHECK(wheel.pop(kStart + 999ms) == nullptr);
    CHECK(wheel.pop(kStart + 1s + kTick) == &timers[0]);
    CHECK(wheel.pop(kStart + 9s) == nullptr);
    CHECK(wheel.pop(kStart + 10s + kTick) == &timers[4]);
    CHECK(wheel.pop(kStart + 19s) == nullptr);
    CHECK(wheel.pop(kStart + 20s + kTick) == &timers[1]);
    CHECK(wheel.pop(kStart + 1h) == nullptr);
    wheel.set(timers[2], kStart + 2h);
    CHECK(wheel.pop(kStart + 2h + kTick) == &timers[2]);
}

TEST_CASE("timers: the wheel says how long nothing will happen") {
    TimerWheel wheel(kStart);
    CHECK_FALSE(wheel.wait(kStart).has_value());
    Timer timer;
    wheel.set(timer, kStart + 5s);
    REQUIRE(wheel.wait(kStart).has_value());
    CHECK(*wheel.wait(kStart) >= 5s);
    CHECK(*wheel.wait(kStart) <= 5s + kTick);
    wheel.set(timer, kStart + 1s);
    CHECK(*wheel.wait(kStart) <= 1s + kTick);
    CHECK(*wheel.wait(kStart + 3s) == 0ms);
    TimerWheel::cancel(timer);
    CHECK_FALSE(wheel.wait(kStart).has_value());
}
