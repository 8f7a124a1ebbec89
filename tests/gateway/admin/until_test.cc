#include "gateway/admin/until.h"

#include <doctest/doctest.h>

#include "adapters/time_text.h"

using namespace tapline;
using namespace std::chrono_literals;

TEST_CASE("until: a while from now, or a moment by the brand's clock") {
    // 2026-03-07 12:00 UTC: 07:00 in New York, the day before its clocks go forward.
    const Time now = Time(std::chrono::sys_days(std::chrono::year(2026) / 3 / 7)) + 12h;
    struct Row {
        std::string written;
        std::string expected;  // "" = refused
    };
    const Row rows[] = {
        {"+6h", "2026-03-07T18:00:00.000Z"},
        {"+1h30m", "2026-03-07T13:30:00.000Z"},
        {"+2d", "2026-03-09T12:00:00.000Z"},
        {"2026-03-07 18:00", "2026-03-07T23:00:00.000Z"},
        {"2026-03-09 18:00", "2026-03-09T22:00:00.000Z"},
        {"2026-03-08 02:30", "2026-03-08T07:00:00.000Z"},  // does not exist
        {"2026-11-01 01:30", "2026-11-01T05:30:00.000Z"},  // comes twice
        {"2026-03-07 06:00", ""},                          // over
        {"6h", ""},
        {"+", ""},
        {"+500d", ""},
        {"2026-02-30 10:00", ""},
        {"2026-03-09 24:00", ""},
        {"2026-03-09", ""},
        {"tomorrow", ""},
        {"", ""},
    };
    for (const Row& row : rows) {
        CAPTURE(row.written);
        const auto until = parse_until(row.written, now, "America/New_York");
        CHECK((until ? to_rfc3339(*until) : std::string()) == row.expected);
    }
}
