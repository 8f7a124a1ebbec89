#include "config/calendar.h"

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <vector>

#include <date/tz.h>

#include "config/mistake.h"

namespace tapline {

namespace {

// Null when the machine has no such zone, or no time zone data at all.
const date::time_zone* find_zone(std::string_view name) {
    try {
        return date::locate_zone(name);
    } catch (const std::runtime_error&) {
        return nullptr;
    }
}

std::vector<std::string> zone_names() {
    std::vector<std::string> names;
    try {
        for (const date::time_zone& zone : date::get_tzdb().zones) names.push_back(zone.name());
    } catch (const std::runtime_error&) {
        names.clear();
    }
    return names;
}

std::optional<int> number(std::string_view digits) {
    int value = 0;
    const char* end = digits.data() + digits.size();
    const auto result = std::from_chars(digits.data(), end, value);
    if (result.ec != std::errc() || result.ptr != end || digits.front() == '-') return std::nullopt;
    return value;
}

Time first_moment(date::local_days day, const std::string& timezone) {
    const date::time_zone* zone = find_zone(timezone);
    if (zone == nullptr) return Time(day.time_since_epoch());
    try {
        const auto moment = zone->to_sys(date::local_seconds(day), date::choose::earliest);
        return Time(moment.time_since_epoch());
    } catch (const std::runtime_error&) {
        return Time(day.time_since_epoch());
    }
}

date::local_days local_day(std::chrono::year_month_day day) {
    return date::local_days(std::chrono::sys_days(day).time_since_epoch());
}

}  // namespace

Parsed<std::string> parse_timezone(std::string_view written) {
    const date::time_zone* zone = find_zone(written);
    if (zone != nullptr) return std::string(written);
    const std::vector<std::string> names = zone_names();
    if (names.empty()) return tl::unexpected<std::string>("this machine has no time zone data");
    const std::string near = nearest(written, names);
    return tl::unexpected(near.empty() ? std::string() : "did you mean \"" + near + "\"?");
}

Parsed<std::chrono::year_month_day> parse_date(std::string_view written) {
    const auto bad = [](std::string mend) { return tl::unexpected(std::move(mend)); };
    const bool shaped = written.size() == 10 && written[4] == '-' && written[7] == '-';
    if (!shaped) return bad("write year-month-day");
    const auto year = number(written.substr(0, 4));
    const auto month = number(written.substr(5, 2));
    const auto day = number(written.substr(8, 2));
    if (!year || !month || !day) return bad("write year-month-day");
    const std::chrono::year_month_day date{std::chrono::year(*year),
                                           std::chrono::month(static_cast<unsigned>(*month)),
                                           std::chrono::day(static_cast<unsigned>(*day))};
    if (!date.ok()) return bad("the calendar has no such day");
    if (*year < 1970 || *year > 2199) return bad("the year must be from 1970 to 2199");
    return date;
}

Time start_of_day(std::chrono::year_month_day day, const std::string& timezone) {
    return first_moment(local_day(day), timezone);
}

Time end_of_day(std::chrono::year_month_day day, const std::string& timezone) {
    return first_moment(local_day(day) + date::days(1), timezone);
}

ZoneOffsets zone_offsets(const std::string& timezone) {
    const date::time_zone* zone = find_zone(timezone);
    if (zone == nullptr) return {{Time(), std::chrono::seconds(0)}};
    ZoneOffsets offsets;
    const auto end = date::sys_days(date::year(2100) / 1 / 1);
    for (auto at = date::sys_seconds(); at < end;) {
        const date::sys_info info = zone->get_info(at);
        offsets.emplace_back(at, info.offset);
        at = info.end;
    }
    return offsets;
}

}  // namespace tapline
