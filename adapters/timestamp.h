// Moments as providers write them. Pure; safe from any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "routes/event.h"

namespace tapline {

// Seconds or milliseconds since 1970: from 10^12 on (the year 2001 in milliseconds, 33658 in
// seconds) it is milliseconds. Nothing when negative or beyond the year 9999.
std::optional<Time> time_from_unix(std::int64_t value);

// RFC 3339 and its ISO 8601 neighbours: "2026-03-09T12:30:00Z", "2026-03-09T12:30:00.250+01:00",
// "2021-09-08T06:34:04+0000". The offset is required; a leap second counts as the next second.
std::optional<Time> time_from_iso(std::string_view text);

// Digits as time_from_unix, else time_from_iso: what Meta's `timestamp` strings may hold.
std::optional<Time> time_from_text(std::string_view text);

// RFC 2822 with a numeric offset or GMT: "Tue, 19 Aug 2025 12:28:00 +0000".
std::optional<Time> time_from_rfc2822(std::string_view text);

}  // namespace tapline
