#include "gateway/admin/until.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "config/calendar.h"
#include "config/values.h"

namespace tapline {

namespace {

using std::chrono::minutes;

constexpr std::chrono::hours kMost{400 * 24};
constexpr std::size_t kDateSize = 10;

std::optional<int> two_digits(std::string_view digits) {
    int value = 0;
    const char* end = digits.data() + digits.size();
    const auto result = std::from_chars(digits.data(), end, value);
    const bool read = result.ec == std::errc() && result.ptr == end && digits.size() == 2;
    return read && digits.front() != '-' ? std::optional(value) : std::nullopt;
}

// "18:00" of the day.
std::optional<minutes> minute_of_day(std::string_view written) {
    if (written.size() != 5 || written[2] != ':') return std::nullopt;
    const auto hour = two_digits(written.substr(0, 2));
    const auto minute = two_digits(written.substr(3));
    if (!hour || !minute || *hour > 23 || *minute > 59) return std::nullopt;
    return minutes(*hour * 60 + *minute);
}

Time to_utc(std::chrono::year_month_day day, minutes at, const std::string& timezone) {
    const Time as_utc = std::chrono::sys_days(day) + at;
    const ZoneOffsets offsets = zone_offsets(timezone);
    for (std::size_t i = 0; i < offsets.size(); ++i) {
        const Time moment = std::max(Time(as_utc - offsets[i].second), offsets[i].first);
        if (i + 1 == offsets.size() || moment < offsets[i + 1].first) return moment;
    }
    return as_utc;
}

std::optional<Time> local_time(std::string_view written, const std::string& timezone) {
    if (written.size() != kDateSize + 6) return std::nullopt;
    if (written[kDateSize] != ' ' && written[kDateSize] != 'T') return std::nullopt;
    const auto day = parse_date(written.substr(0, kDateSize));
    const auto at = minute_of_day(written.substr(kDateSize + 1));
    if (!day || !at) return std::nullopt;
    return to_utc(*day, *at, timezone);
}

}  // namespace

Result<Time> parse_until(std::string_view written, Time now, const std::string& timezone) {
    std::optional<Time> until;
    if (written.starts_with('+')) {
        const auto duration = parse_duration(written.substr(1));
        if (duration) until = now + *duration;
    } else {
        until = local_time(written, timezone);
    }
    if (!until) {
        return fail(
            ErrorCode::bad_request,
            "until: write +6h, +1h30m, +2d or 2026-03-09 18:00 (time zone " + timezone + ")");
    }
    if (*until <= now) return fail(ErrorCode::bad_request, "until: that moment is over");
    if (*until - now > kMost) {
        return fail(ErrorCode::bad_request, "until: at most 400 days ahead");
    }
    return *until;
}

}  // namespace tapline
