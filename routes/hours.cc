#include "routes/hours.h"

#include <algorithm>
#include <cstdio>
#include <string_view>

namespace tapline {

namespace {

using std::chrono::days;
using std::chrono::local_days;
using std::chrono::minutes;
using LocalTime = std::chrono::local_time<Milliseconds>;

constexpr int kDaysAheadMax = 400;
constexpr int kGapDaysMax = 4000;

constexpr std::array<std::string_view, 7> kWeekdays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                       "Thursday", "Friday", "Saturday"};
constexpr std::array<std::string_view, 12> kMonths = {
    "January", "February", "March",     "April",   "May",      "June",
    "July",    "August",   "September", "October", "November", "December"};

// The step that holds at `moment`.
const ZoneOffsets::value_type& step_at(const ZoneOffsets& zone, Time moment) {
    const auto after = std::upper_bound(zone.begin(), zone.end(), moment,
                                        [](Time t, const auto& step) { return t < step.first; });
    return after == zone.begin() ? *after : *std::prev(after);
}

LocalTime local(const ZoneOffsets& zone, Time now) {
    return LocalTime(now.time_since_epoch() + step_at(zone, now).second);
}

// The first moment at which the clock shows `wall`; where it skips it, the moment of the skip. No
// zone is further from UTC than a day, and none changes twice within two.
Time moment_of(const ZoneOffsets& zone, LocalTime wall) {
    const Time as_utc(wall.time_since_epoch());
    const auto& before = step_at(zone, as_utc - days(1));
    const auto& after = step_at(zone, as_utc + days(1));
    const Time early = as_utc - before.second;
    if (&before == &after || early < after.first) return early;
    return std::max(as_utc - after.second, after.first);
}

const std::vector<OpenInterval>& intervals_of(const Hours& hours, local_days day) {
    const auto special = hours.special.find(day);
    if (special != hours.special.end()) return special->second.open;
    return hours.days.at(std::chrono::weekday(day).c_encoding());
}

struct OpenSpan {
    Time from;
    Time until;
};

// Calls `visit` with the open spans that end after `from`, in the order of their beginning, until
// it answers true. False when none of 400 days did. Those of two days may overlap.
template <class Visit>
bool any_span(const Hours& hours, Time from, Visit visit) {
    // An interval lasts a day at most, so that yesterday's may still run.
    const local_days first = std::chrono::floor<days>(local(hours.zone, from)) - days(1);
    for (local_days day = first; day < first + days(kDaysAheadMax); day += days(1)) {
        for (const OpenInterval& one : intervals_of(hours, day)) {
            const OpenSpan span{moment_of(hours.zone, day + one.from),
                                moment_of(hours.zone, day + one.until)};
            if (span.until <= from || span.until <= span.from) continue;
            if (visit(span)) return true;
        }
    }
    return false;
}

bool is_empty(const Hours& hours) {
    const auto none = [](const auto& intervals) { return intervals.empty(); };
    return std::all_of(hours.days.begin(), hours.days.end(), none) &&
           std::all_of(hours.special.begin(), hours.special.end(),
                       [](const auto& day) { return day.second.open.empty(); });
}

std::string clock_text(LocalTime when) {
    const auto time = std::chrono::floor<minutes>(when - std::chrono::floor<days>(when));
    std::array<char, 8> text{};
    std::snprintf(text.data(), text.size(), "%02d:%02d", static_cast<int>(time.count() / 60 % 24),
                  static_cast<int>(time.count() % 60));
    return text.data();
}

// The longest time without an open minute from `first` to `last`, by the clock on the wall.
minutes longest_gap_between(const Hours& hours, local_days first, local_days last) {
    minutes longest{0};
    auto closed_since = std::chrono::local_time<minutes>(first);
    for (local_days day = first; day <= last; day += days(1)) {
        for (const OpenInterval& one : intervals_of(hours, day)) {
            longest = std::max(longest, day + one.from - closed_since);
            closed_since = std::max(closed_since, day + one.until);
        }
    }
    return longest;
}

}  // namespace

bool is_open(const Hours& hours, Time now) {
    const local_days today = std::chrono::floor<days>(local(hours.zone, now));
    for (const local_days day : {today, today - days(1)}) {
        for (const OpenInterval& one : intervals_of(hours, day)) {
            if (moment_of(hours.zone, day + one.from) <= now &&
                now < moment_of(hours.zone, day + one.until))
                return true;
        }
    }
    return false;
}

std::optional<Time> next_open(const Hours& hours, Time now) {
    if (is_empty(hours)) return std::nullopt;
    std::optional<Time> opens;
    any_span(hours, now, [&](const OpenSpan& span) {
        opens = std::max(span.from, now);
        return true;
    });
    return opens;
}

std::optional<Time> after_business_time(const Hours& hours, Time from,
                                        std::chrono::seconds within) {
    if (is_empty(hours)) return std::nullopt;
    Time at = from;
    Milliseconds left = within;
    const bool found = any_span(hours, from, [&](const OpenSpan& span) {
        if (span.until <= at) return false;
        at = std::max(at, span.from);
        const Milliseconds open = span.until - at;
        if (left <= open) {
            at += left;
            return true;
        }
        left -= open;
        at = span.until;
        return false;
    });
    return found ? std::optional(at) : std::nullopt;
}

std::string opens_at(const Hours& hours, Time now) {
    const auto opens = next_open(hours, now);
    if (!opens || *opens == now) return {};
    const LocalTime there = local(hours.zone, *opens);
    const local_days day = std::chrono::floor<days>(there);
    const auto ahead = day - std::chrono::floor<days>(local(hours.zone, now));
    if (ahead == days(0)) return clock_text(there);
    std::string text(kWeekdays.at(std::chrono::weekday(day).c_encoding()));
    if (ahead >= days(7)) {
        const std::chrono::year_month_day date(day);
        text.append(", ").append(kMonths.at(static_cast<unsigned>(date.month()) - 1));
        text.append(" ").append(std::to_string(static_cast<unsigned>(date.day()))).append(",");
    }
    return text + ' ' + clock_text(there);
}

const SpecialDay* special_day(const Hours& hours, Time now) {
    const auto found = hours.special.find(std::chrono::floor<days>(local(hours.zone, now)));
    return found == hours.special.end() ? nullptr : &found->second;
}

std::optional<std::chrono::seconds> longest_closed_gap(const Hours& hours) {
    if (is_empty(hours)) return std::nullopt;
    // Weeks without special days; none of the ones of a table is before 1970.
    const local_days plain(days(-100));
    minutes longest = longest_gap_between(hours, plain, plain + days(14));
    if (hours.special.empty()) return longest;
    const local_days first = hours.special.begin()->first - days(8);
    const local_days last =
        std::min(hours.special.rbegin()->first + days(15), first + days(kGapDaysMax));
    return std::max(longest, longest_gap_between(hours, first, last));
}

}  // namespace tapline
