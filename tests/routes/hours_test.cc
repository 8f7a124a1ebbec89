#include "routes/hours.h"

#include <string>

#include <doctest/doctest.h>

using namespace tapline;

namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::sys_days;

// A zone that is five hours behind UTC, and four from 2026-03-08 07:00 UTC on.
const ZoneOffsets kZone = {{Time(), hours(-5)},
                           {sys_days(std::chrono::March / 8 / 2026) + hours(7), hours(-4)}};

// A moment of March 2026 in UTC.
Time utc(unsigned day, int hour, int minute = 0) {
    return sys_days(std::chrono::year(2026) / 3 / day) + hours(hour) + minutes(minute);
}

Hours store() {
    Hours store;
    store.zone = kZone;
    for (std::size_t day = 1; day <= 5; ++day) {
        store.days.at(day) = {{hours(8), hours(12)}, {hours(13), hours(20)}};
    }
    store.days.at(6) = {{hours(22), hours(26)}};
    return store;
}

}  // namespace

TEST_CASE("hours: open from the first minute of an interval to before its last") {
    struct Row {
        Time now;
        bool open;
        std::string opens_at;
    };
    const Row rows[] = {
        // Monday, 2026-03-09, local time is UTC - 4.
        {utc(9, 11, 59), false, "08:00"},
        {utc(9, 12), true, ""},
        {utc(9, 15, 59), true, ""},
        {utc(9, 16), false, "13:00"},
        {utc(9, 17), true, ""},
        {utc(10, 0), false, "Tuesday 08:00"},  // 20:00 on Monday
        // Friday evening, then Saturday, which runs on to Sunday, two o'clock.
        {utc(14, 0), false, "Saturday 22:00"},
        {utc(15, 2), true, ""},
        {utc(15, 5, 59), true, ""},
        {utc(15, 6), false, "Monday 08:00"},
        // The Friday before the clocks change: UTC - 5.
        {utc(6, 12, 59), false, "08:00"},
        {utc(6, 13), true, ""},
    };
    for (const Row& row : rows) {
        CAPTURE(row.now.time_since_epoch().count());
        CHECK(is_open(store(), row.now) == row.open);
        CHECK(opens_at(store(), row.now) == row.opens_at);
    }
}

TEST_CASE("hours: a change of the clocks moves what it moves and no more") {
    Hours night;
    night.zone = kZone;
    night.days.at(0) = {{hours(1), hours(4)}};
    // Sunday, 2026-03-08: at 02:00 it becomes 03:00, so the interval has two hours.
    CHECK_FALSE(is_open(night, utc(8, 5, 59)));
    CHECK(is_open(night, utc(8, 6)));
    CHECK(is_open(night, utc(8, 7)));
    CHECK(is_open(night, utc(8, 7, 59)));
    CHECK_FALSE(is_open(night, utc(8, 8)));
}

TEST_CASE("hours: what is never open opens never, and the whole day has no gap") {
    Hours never;
    never.zone = kZone;
    CHECK_FALSE(is_open(never, utc(9, 12)));
    CHECK(opens_at(never, utc(9, 12)).empty());
    Hours always;
    always.zone = kZone;
    for (auto& day : always.days) day = {{hours(0), hours(24)}};
    for (int minute = 0; minute < 3 * 24 * 60; minute += 7) {
        CHECK(is_open(always, utc(7, 0) + minutes(minute)));
    }
}

TEST_CASE("hours: one opening a week is found from the minute after it began") {
    Hours weekly;
    weekly.zone = kZone;
    weekly.days.at(1) = {{hours(8), hours(9)}};
    CHECK(opens_at(weekly, utc(9, 13)) == "Monday, March 16, 08:00");
}
