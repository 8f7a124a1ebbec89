// The section of a brand that says when its departments are there: hours.
#include <algorithm>
#include <array>

#include "config/brand_file.h"
#include "config/calendar.h"

namespace tapline {

namespace {

using std::chrono::minutes;

constexpr std::array<std::string_view, 7> kDays = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};
constexpr std::string_view kEveryDay = "every day";
constexpr minutes kDay{24 * 60};

std::optional<std::size_t> day_of(std::string_view name) {
    const auto found = std::find(kDays.begin(), kDays.end(), name);
    if (found == kDays.end()) return std::nullopt;
    return static_cast<std::size_t>(found - kDays.begin());
}

// The days of "mon", "mon-fri" (also "sat-mon") or "every day"; empty for anything else.
std::vector<std::size_t> days_of(std::string_view key) {
    if (key == kEveryDay) return {0, 1, 2, 3, 4, 5, 6};
    const std::size_t dash = key.find('-');
    const auto first = day_of(key.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : day_of(key.substr(dash + 1));
    if (!first || !last) return {};
    std::vector<std::size_t> days = {*first};
    while (days.back() != *last) days.push_back((days.back() + 1) % kDays.size());
    return days;
}

// "08:00", up to "24:00".
std::optional<minutes> time_of_day(std::string_view text) {
    const auto digit = [&](std::size_t i) { return text[i] >= '0' && text[i] <= '9'; };
    if (text.size() != 5 || text[2] != ':' || !digit(0) || !digit(1) || !digit(3) || !digit(4)) {
        return std::nullopt;
    }
    const auto pair = [&](std::size_t i) { return (text[i] - '0') * 10 + (text[i + 1] - '0'); };
    const minutes time(pair(0) * 60 + pair(3));
    if (pair(3) > 59 || time > kDay) return std::nullopt;
    return time;
}

Parsed<OpenInterval> parse_interval(std::string_view written) {
    const std::size_t dash = written.find('-');
    if (dash == std::string_view::npos) return tl::unexpected<std::string>("");
    const auto from = time_of_day(written.substr(0, dash));
    const auto until = time_of_day(written.substr(dash + 1));
    if (!from || !until || *from == kDay) return tl::unexpected<std::string>("");
    if (*from == *until) return tl::unexpected<std::string>("write 00:00-24:00 for the whole day");
    // What ends before it begins ends on the next day.
    return OpenInterval{*from, *until < *from ? *until + kDay : *until};
}

constexpr ValueKind<OpenInterval> kInterval = {
    "hours like \"08:00-18:00\"; what ends before it begins ends on the next day", parse_interval};

std::vector<OpenInterval> read_intervals(const YamlNode& node, Report& report) {
    std::vector<OpenInterval> intervals;
    for (const YamlNode* item : read_items(&node, "hours like \"08:00-18:00\"", report)) {
        const auto one = read_value(item, kInterval, report);
        if (one) intervals.push_back(*one);
    }
    const auto by_begin = [](const OpenInterval& a, const OpenInterval& b) {
        return a.from < b.from;
    };
    std::sort(intervals.begin(), intervals.end(), by_begin);
    const auto overlap = [](const OpenInterval& a, const OpenInterval& b) {
        return b.from < a.until;
    };
    if (std::adjacent_find(intervals.begin(), intervals.end(), overlap) != intervals.end()) {
        report.error(node.where, "hours of one day overlap; write each part of the day once");
    }
    return intervals;
}

void read_days(const Entry& entry, const std::string& what, Report& report, Hours& hours,
               std::array<bool, 7>& written) {
    const std::vector<std::size_t> days = days_of(entry.key);
    if (days.empty()) {
        report.error(entry.where,
                     what + " has no key " + shown(entry.key) +
                         "; write a day (mon), days (mon-fri), \"every day\", or zone");
        return;
    }
    const auto intervals = read_intervals(entry.value, report);
    for (const std::size_t day : days) {
        if (std::exchange(written.at(day), true)) {
            report.error(entry.where,
                         std::string(kDays.at(day)) + " stands twice in " + what + "; keep one");
            return;
        }
        hours.days.at(day) = intervals;
    }
}

}  // namespace

void read_hours(const YamlNode* section, BrandReading& reading) {
    for (const Entry* entry : read_named(section, "hours", reading.report)) {
        const std::string what = "hours " + shown(entry->key);
        reading.draft.places[{"hours", entry->key}] = entry->where;
        if (entry->value.kind != YamlNode::Kind::map) {
            report_shape(entry->value, "a map of days", "write {mon-fri: \"08:00-18:00\"}",
                         reading.report);
            continue;
        }
        Hours hours;
        const YamlNode* zone = entry->value.find("zone");
        hours.zone = zone_offsets(
            read_value(zone, kTimezone, reading.report).value_or(reading.draft.brand.timezone));
        std::array<bool, 7> written{};
        for (const Entry& day : entry->value.entries) {
            if (day.key != "zone") read_days(day, what, reading.report, hours, written);
        }
        reading.draft.brand.hours[entry->key] = std::move(hours);
    }
}

}  // namespace tapline
