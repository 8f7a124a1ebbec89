// Openings and business time against a count of minutes that knows nothing of their arithmetic.
#include <random>

#include <doctest/doctest.h>

#include "routes/hours.h"

using namespace tapline;

namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::local_days;
using std::chrono::minutes;

using Minute = std::chrono::sys_time<minutes>;
using Wall = std::chrono::local_time<minutes>;

constexpr local_days kFirst = local_days(days(20'000));
constexpr int kDays = 40;

// A zone by the minute.
Wall wall_at(const ZoneOffsets& zone, Minute minute) {
    std::chrono::seconds offset = zone.front().second;
    for (const auto& [from, later] : zone) {
        if (from <= minute) offset = later;
    }
    return Wall(minute.time_since_epoch() + std::chrono::floor<minutes>(offset));
}

// For each minute from the first day on, whether somebody is there: an interval begins and ends at
// the first minute whose clock shows its end or, where that is skipped, a later one.
std::vector<bool> open_minutes(const Hours& shop, Minute begin) {
    std::vector<bool> open(static_cast<std::size_t>(kDays) * 24 * 60);
    const auto first_minute_at = [&](Wall wall) {
        std::size_t i = 0;
        while (i < open.size() && wall_at(shop.zone, begin + minutes(i)) < wall) ++i;
        return i;
    };
    for (local_days day = kFirst; day < kFirst + days(kDays - 2); day += days(1)) {
        const auto special = shop.special.find(day);
        const auto& intervals = special != shop.special.end()
                                    ? special->second.open
                                    : shop.days.at(std::chrono::weekday(day).c_encoding());
        for (const OpenInterval& one : intervals) {
            const std::size_t until = first_minute_at(day + one.until);
            for (std::size_t i = first_minute_at(day + one.from); i < until; ++i) open[i] = true;
        }
    }
    return open;
}

int between(std::mt19937& random, int low, int high) {
    return std::uniform_int_distribution<int>(low, high)(random);
}

std::vector<OpenInterval> random_day(std::mt19937& random) {
    std::vector<OpenInterval> intervals;
    int at = between(random, 0, 600);
    for (int i = between(random, 0, 3); i > 0 && at < 1400; --i) {
        const int until = at + between(random, 1, 500);
        intervals.push_back({minutes(at), minutes(until)});
        at = until + between(random, 0, 400);
    }
    return intervals;
}

Hours random_shop(std::mt19937& random) {
    Hours shop;
    for (auto& day : shop.days) {
        if (between(random, 0, 4) > 0) day = random_day(random);
    }
    for (int i = between(random, 0, 3); i > 0; --i) {
        shop.special[kFirst + days(between(random, 0, kDays - 3))] = {random_day(random), ""};
    }
    int offset = between(random, -22, 26) * 30;
    shop.zone = {{Time(), minutes(offset)}};
    for (const int day : {12, 24}) {
        offset += between(random, -4, 4) * 30;
        shop.zone.emplace_back(
            Time(kFirst.time_since_epoch()) + days(day) + minutes(between(random, 0, 96) * 15),
            minutes(offset));
    }
    return shop;
}

}  // namespace

TEST_CASE("hours: openings and business time are those that counting minutes finds") {
    std::mt19937 random(20260309);
    int compared = 0;
    for (int round = 0; round < 60; ++round) {
        const Hours shop = random_shop(random);
        const Minute begin = Minute(kFirst.time_since_epoch()) - hours(30);
        const std::vector<bool> open = open_minutes(shop, begin);
        for (int i = 0; i < 60; ++i) {
            CAPTURE(round);
            const auto start = static_cast<std::size_t>(between(random, 3 * 1440, 20 * 1440));
            CAPTURE(start);
            const Time now = begin + minutes(start);
            CHECK(is_open(shop, now) == open[start]);

            std::size_t opens = start;
            while (opens < open.size() && !open[opens]) ++opens;
            int left = between(random, 1, 1200);
            const minutes within(left);
            std::size_t due = opens;
            while (due < open.size() && left > 0) left -= open[due++] ? 1 : 0;
            if (opens >= open.size() || left > 0) continue;
            CHECK(next_open(shop, now) == Time(begin + minutes(opens)));
            CHECK(after_business_time(shop, now, within) == Time(begin + minutes(due)));
            ++compared;
        }
    }
    CHECK(compared > 2000);
}
