#include "routes/hours.h"

#include <algorithm>
#include <cstdio>
#include <string_view>

namespace tapline {

namespace {

using std::chrono::days;
using std::chrono::local_days;
using LocalTime = std::chrono::local_time<Milliseconds>;

constexpr std::array<std::string_view, 7> kWeekdays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                       "Thursday", "Friday", "Saturday"};

LocalTime local(const ZoneOffsets& zone, Time now) {
    const auto after = std::upper_bound(zone.begin(), zone.end(), now,
                                        [](Time t, const auto& step) { return t < step.first; });
    const auto step = after == zone.begin() ? after : std::prev(after);
    return LocalTime(now.time_since_epoch() + step->second);
}

const std::vector<OpenInterval>& intervals_of(const Hours& hours, local_days day) {
    return hours.days.at(std::chrono::weekday(day).c_encoding());
}

bool is_open_on(const Hours& hours, local_days day, LocalTime now) {
    const auto& intervals = intervals_of(hours, day);
    return std::any_of(intervals.begin(), intervals.end(), [&](const OpenInterval& one) {
        return day + one.from <= now && now < day + one.until;
    });
}

}  // namespace

bool is_open(const Hours& hours, Time now) {
    const LocalTime here = local(hours.zone, now);
    const auto today = std::chrono::floor<days>(here);
    return is_open_on(hours, today, here) || is_open_on(hours, today - days(1), here);
}

std::string opens_at(const Hours& hours, Time now) {
    if (is_open(hours, now)) return {};
    const LocalTime here = local(hours.zone, now);
    const auto today = std::chrono::floor<days>(here);
    // A week on, it is this weekday again.
    for (local_days day = today; day <= today + days(7); day += days(1)) {
        for (const OpenInterval& one : intervals_of(hours, day)) {
            if (day + one.from <= here) continue;
            std::array<char, 8> clock{};
            std::snprintf(clock.data(), clock.size(), "%02d:%02d",
                          static_cast<int>(one.from.count() / 60 % 24),
                          static_cast<int>(one.from.count() % 60));
            const std::string_view name = kWeekdays.at(std::chrono::weekday(day).c_encoding());
            return (day == today ? "" : std::string(name) + ' ') + clock.data();
        }
    }
    return {};
}

std::optional<Time> next_open(const Hours& hours, Time now) {
    return is_open(hours, now) ? std::optional(now) : std::nullopt;
}

std::optional<Time> after_business_time(const Hours& /*hours*/, Time from,
                                        std::chrono::seconds within) {
    return from + within;
}

}  // namespace tapline
