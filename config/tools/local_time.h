// Moments as people write them in a brand's tests: by the clock on the wall.
//
//     const ZoneOffsets zone = zone_offsets("America/New_York");
//     local_text(*moment_of(*parse_local_time("2026-03-09 12:30"), zone), zone)  // the same text
//
// Pure; safe from any thread.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "config/values.h"
#include "routes/event.h"
#include "routes/hours.h"

namespace tapline {

using LocalTime = std::chrono::local_seconds;

// "2026-03-09 12:30" or "2026-03-09 12:30:20".
Parsed<LocalTime> parse_local_time(std::string_view written);

// The first moment at which clocks in the zone show the time; nothing where they skip it.
std::optional<Time> moment_of(LocalTime local, const ZoneOffsets& zone);

// As it is written; seconds only where there are some.
std::string local_text(Time time, const ZoneOffsets& zone);

inline constexpr ValueKind<LocalTime> kLocalTime = {"a time like 2026-03-09 12:30",
                                                    parse_local_time};

// "2026-07-03".
std::string date_text(std::chrono::local_days date);

// As the config writes it: "1h30m".
std::string duration_text(std::chrono::seconds duration);

}  // namespace tapline
