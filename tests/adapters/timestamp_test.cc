#include "adapters/timestamp.h"

#include <doctest/doctest.h>

#include "adapters/time_text.h"

namespace tapline {
namespace {

std::string shown(const std::optional<Time>& time) {
    return time ? to_rfc3339(*time) : "nothing";
}

TEST_CASE("timestamp: seconds and milliseconds are told apart by size") {
    CHECK(shown(time_from_unix(1755779280)) == "2025-08-21T12:28:00.000Z");
    CHECK(shown(time_from_unix(1755779280123)) == "2025-08-21T12:28:00.123Z");
    CHECK(shown(time_from_unix(0)) == "1970-01-01T00:00:00.000Z");
    CHECK(shown(time_from_unix(-1)) == "nothing");
    CHECK(shown(time_from_unix(9'000'000'000'000'000)) == "nothing");
}

TEST_CASE("timestamp: every spelling on record") {
    CHECK(shown(time_from_text("1527459824")) == "2018-05-27T22:23:44.000Z");
    CHECK(shown(time_from_text("1755779282001")) == "2025-08-21T12:28:02.001Z");
    CHECK(shown(time_from_text("2021-09-08T06:34:04+0000")) == "2021-09-08T06:34:04.000Z");
    CHECK(shown(time_from_iso("2026-03-09T12:30:00Z")) == "2026-03-09T12:30:00.000Z");
    CHECK(shown(time_from_iso("2026-03-09t12:30:00.25+01:30")) == "2026-03-09T11:00:00.250Z");
    CHECK(shown(time_from_iso("2026-03-09 12:30:00.123456789-05:00")) ==
          "2026-03-09T17:30:00.123Z");
    CHECK(shown(time_from_iso("2016-12-31T23:59:60Z")) == "2017-01-01T00:00:00.000Z");
    CHECK(shown(time_from_rfc2822("Tue, 19 Aug 2025 12:28:00 +0000")) ==
          "2025-08-19T12:28:00.000Z");
    CHECK(shown(time_from_rfc2822("9 Aug 2025 12:28:00 -0700")) == "2025-08-09T19:28:00.000Z");
}

TEST_CASE("timestamp: refuses what is no moment") {
    for (const char* bad :
         {"", "x", "12x", "2026-03-09", "2026-03-09T12:30:00", "2026-02-30T12:30:00Z",
          "2026-13-01T00:00:00Z", "2026-03-09T24:00:00Z", "2026-03-09T12:60:00Z",
          "2026-03-09T12:30:00.Z", "2026-03-09T12:30:00Z ", "2026-03-09T12:30:00+24:00",
          "1969-12-31T23:59:59Z", "99999999999999999999", "+1755779280"}) {
        CAPTURE(bad);
        CHECK(shown(time_from_text(bad)) == "nothing");
    }
    for (const char* bad :
         {"", "Tue,", "Tue, 19 Xyz 2025 12:28:00 +0000", "Tue, 19 Aug 2025 12:28"}) {
        CAPTURE(bad);
        CHECK(shown(time_from_rfc2822(bad)) == "nothing");
    }
}

}  // namespace
}  // namespace tapline
