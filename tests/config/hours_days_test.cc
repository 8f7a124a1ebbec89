// The hours of five zones on days that are known to be hard: clocks that jump by an hour or by half
// of one, days that do not exist, leap days, nights over all of these.
#include <iomanip>
#include <sstream>

#include <doctest/doctest.h>

#include "config/calendar.h"
#include "routes/hours.h"

using namespace tapline;

namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

// "2026-03-08 06:30", in UTC.
Time utc(const std::string& text) {
    std::tm parts{};
    std::istringstream(text) >> std::get_time(&parts, "%Y-%m-%d %H:%M");
    const auto day = std::chrono::year(parts.tm_year + 1900) / (parts.tm_mon + 1) / parts.tm_mday;
    return std::chrono::sys_days(day) + hours(parts.tm_hour) + minutes(parts.tm_min);
}

Hours every_day(const std::string& zone, minutes from, minutes until) {
    Hours all;
    all.zone = zone_offsets(zone);
    for (auto& day : all.days) day = {{from, until}};
    return all;
}

struct Row {
    const char* zone;
    minutes from;
    minutes until;
    const char* now;    // UTC
    seconds within;     // of open time
    const char* opens;  // UTC: the next opening, or `now`
    const char* due;    // UTC
};

}  // namespace

TEST_CASE("hours: openings and due times on the hard days of five zones") {
    const Row rows[] = {
        // New York springs forward on 2026-03-08 at 02:00, and the night shift is an hour shorter.
        {"America/New_York", hours(8), hours(20), "2026-03-08 06:00", hours(1), "2026-03-08 12:00",
         "2026-03-08 13:00"},
        {"America/New_York", hours(22), hours(30), "2026-03-08 03:00", hours(7), "2026-03-08 03:00",
         "2026-03-08 10:00"},
        {"America/New_York", hours(22), hours(30), "2026-03-08 03:00", hours(8), "2026-03-08 03:00",
         "2026-03-09 03:00"},
        // 02:30 does not exist on that day: who opens then opens at 03:00.
        {"America/New_York", minutes(150), hours(12), "2026-03-08 06:00", minutes(10),
         "2026-03-08 07:00", "2026-03-08 07:10"},
        // It falls back on 2026-11-01 at 02:00: the first 01:30 is meant, and the shift is longer.
        {"America/New_York", minutes(90), hours(9), "2026-11-01 04:00", hours(8),
         "2026-11-01 05:30", "2026-11-01 13:30"},
        {"America/New_York", hours(22), hours(30), "2026-11-01 02:00", hours(9), "2026-11-01 02:00",
         "2026-11-01 11:00"},
        // Berlin, 2026-03-29 and 2026-10-25.
        {"Europe/Berlin", hours(9), hours(17), "2026-03-28 20:00", hours(1), "2026-03-29 07:00",
         "2026-03-29 08:00"},
        {"Europe/Berlin", hours(9), hours(17), "2026-10-24 20:00", hours(9), "2026-10-25 08:00",
         "2026-10-26 09:00"},
        // Lord Howe Island's clocks jump by half an hour, 2026-10-04 and 2026-04-05.
        {"Australia/Lord_Howe", hours(0), hours(24), "2026-10-03 13:30", hours(24),
         "2026-10-03 13:30", "2026-10-04 13:30"},
        {"Australia/Lord_Howe", hours(1), hours(4), "2026-10-03 14:00", minutes(150),
         "2026-10-03 14:30", "2026-10-03 17:00"},
        {"Australia/Lord_Howe", hours(1), hours(4), "2026-04-04 13:00", minutes(210),
         "2026-04-04 14:00", "2026-04-04 17:30"},
        // Samoa went without 2011-12-30: after Thursday came Saturday.
        {"Pacific/Apia", hours(9), hours(17), "2011-12-30 05:00", hours(1), "2011-12-30 19:00",
         "2011-12-30 20:00"},
        {"Pacific/Apia", hours(9), hours(17), "2011-12-29 19:00", hours(9), "2011-12-29 19:00",
         "2011-12-30 20:00"},
        // Kolkata is half an hour off the others and never changes; 2028-02-29 is a day.
        {"Asia/Kolkata", hours(10), hours(18), "2028-02-28 13:00", hours(8), "2028-02-29 04:30",
         "2028-02-29 12:30"},
        {"Asia/Kolkata", hours(10), hours(18), "2028-02-29 13:00", hours(1), "2028-03-01 04:30",
         "2028-03-01 05:30"},
        {"Asia/Kolkata", hours(10), hours(18), "2026-02-28 13:00", hours(1), "2026-03-01 04:30",
         "2026-03-01 05:30"},
        // Open all day, every day: business time is time.
        {"America/New_York", hours(0), hours(24), "2026-03-07 12:00", hours(48), "2026-03-07 12:00",
         "2026-03-09 12:00"},
        {"Europe/Berlin", hours(0), hours(24), "2026-12-31 22:30", hours(2), "2026-12-31 22:30",
         "2027-01-01 00:30"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.zone);
        CAPTURE(row.now);
        CAPTURE(row.due);
        const Hours shift = every_day(row.zone, row.from, row.until);
        const Time now = utc(row.now);
        CHECK(next_open(shift, now) == utc(row.opens));
        CHECK(is_open(shift, now) == (utc(row.opens) == now));
        CHECK(after_business_time(shift, now, row.within) == utc(row.due));
    }
}
