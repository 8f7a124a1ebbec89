// Days and time zones. Only calendar.cc knows the time zone library.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "config/values.h"
#include "routes/event.h"
#include "routes/hours.h"

namespace tapline {

// An IANA name that this machine's time zone data has, exactly as it is spelt there. The mend names
// the nearest one.
Parsed<std::string> parse_timezone(std::string_view written);

// "2026-03-01": a day that exists, from 1970 to 2199.
Parsed<std::chrono::year_month_day> parse_date(std::string_view written);

// The first moment of the day in the zone. Where clocks skip midnight, the moment they jump; where
// midnight comes twice, the first of the two. REQUIRES: parse_timezone accepted the zone.
Time start_of_day(std::chrono::year_month_day day, const std::string& timezone);

// The first moment of the following day: the end of a day that is counted in.
Time end_of_day(std::chrono::year_month_day day, const std::string& timezone);

// The zone's offsets from 1970 to 2099, as far as this machine's time zone data tells them (often
// to 2037, and the last one goes on).
ZoneOffsets zone_offsets(const std::string& timezone);

inline constexpr ValueKind<std::string> kTimezone = {"a time zone like America/New_York",
                                                     parse_timezone};
inline constexpr ValueKind<std::chrono::year_month_day> kDate = {"a date like 2026-03-31",
                                                                 parse_date};

}  // namespace tapline
