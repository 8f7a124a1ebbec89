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
constexpr std::string_view kClosed = "closed";
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

constexpr ValueKind<OpenInterval> kSpecialInterval = {
    "closed, or hours like 09:00-14:00 with a blank between several", parse_interval};

std::vector<OpenInterval> in_order(std::vector<OpenInterval> intervals, const Where& where,
                                   Report& report) {
    const auto by_begin = [](const OpenInterval& a, const OpenInterval& b) {
        return a.from < b.from;
    };
    std::sort(intervals.begin(), intervals.end(), by_begin);
    const auto overlap = [](const OpenInterval& a, const OpenInterval& b) {
        return b.from < a.until;
    };
    if (std::adjacent_find(intervals.begin(), intervals.end(), overlap) != intervals.end()) {
        report.error(where, "hours of one day overlap; write each part of the day once");
    }
    return intervals;
}

std::vector<OpenInterval> read_intervals(const YamlNode& node, Report& report) {
    std::vector<OpenInterval> intervals;
    for (const YamlNode* item : read_items(&node, "hours like \"08:00-18:00\"", report)) {
        const auto one = read_value(item, kInterval, report);
        if (one) intervals.push_back(*one);
    }
    return in_order(std::move(intervals), node.where, report);
}

// "closed", or hours that a blank or semicolon parts: "08:00-12:00 13:00-17:00".
std::optional<std::vector<OpenInterval>> parse_open(const YamlNode& written, Report& report) {
    std::vector<OpenInterval> intervals;
    if (written.text == kClosed) return intervals;
    std::string_view rest = written.text;
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find_first_of(" ;"), rest.size());
        YamlNode one = written;
        one.text = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        if (one.text.empty()) continue;
        const auto interval = read_value(&one, kSpecialInterval, report);
        if (!interval) return std::nullopt;
        intervals.push_back(*interval);
    }
    if (!intervals.empty()) return in_order(std::move(intervals), written.where, report);
    report.error(written.where, "the day has no hours; write closed, or hours like 09:00-14:00");
    return std::nullopt;
}

YamlNode scalar(std::string text, const Where& where) {
    YamlNode node;
    node.kind = YamlNode::Kind::scalar;
    node.quoted = true;
    node.text = std::move(text);
    node.where = where;
    return node;
}

// One special day, as written in a table or in the brand's file.
struct WrittenDay {
    YamlNode date;
    YamlNode open;
    std::string name;
};

void add_special_day(const WrittenDay& written, Report& report, Hours& hours) {
    const auto date = read_value(&written.date, kDate, report);
    auto open = parse_open(written.open, report);
    if (!date || !open) return;
    const std::chrono::local_days day(*date);
    if (hours.special.try_emplace(day, SpecialDay{*std::move(open), written.name}).second) return;
    report.error(written.date.where, "day " + written.date.text + " stands twice; keep one");
}

void read_special_table(const YamlNode& node, BrandReading& reading, Hours& hours) {
    const auto table = read_table(&node, {"date", "open", "name"}, reading);
    if (!table) return;
    if (table->column_at[0] == 0 || table->column_at[1] == 0) {
        reading.report.error(whole_file(table->path),
                             "a table of days has the columns date and open, and name if you "
                             "like; add them to its first line");
        return;
    }
    for (const CsvRow& row : table->rows) {
        add_special_day({scalar(row.fields[0], table->at(row, 0)),
                         scalar(row.fields[1], table->at(row, 1)), row.fields[2]},
                        reading.report, hours);
    }
}

// A table's path, or the days themselves: {2026-12-25: closed, 2026-12-24: ["08:00-12:00"]}.
void read_special_days(const YamlNode& node, BrandReading& reading, Hours& hours) {
    if (node.kind != YamlNode::Kind::map) return read_special_table(node, reading, hours);
    for (const Entry& entry : node.entries) {
        const auto items =
            read_items(&entry.value, "closed, or hours like \"08:00-12:00\"", reading.report);
        YamlNode open = scalar("", entry.value.where);
        for (const YamlNode* item : items) open.text += item->text + ' ';
        if (items.empty()) continue;
        while (!open.text.empty() && open.text.back() == ' ') open.text.pop_back();
        add_special_day({scalar(entry.key, entry.where), open, ""}, reading.report, hours);
    }
}

void read_days(const Entry& entry, const std::string& what, Report& report, Hours& hours,
               std::array<bool, 7>& written) {
    const std::vector<std::size_t> days = days_of(entry.key);
    if (days.empty()) {
        report.error(entry.where,
                     what + " has no key " + shown(entry.key) +
                         "; write a day (mon), days (mon-fri), \"every day\", zone, or except");
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
            if (day.key == "except") {
                read_special_days(day.value, reading, hours);
            } else if (day.key != "zone") {
                read_days(day, what, reading.report, hours, written);
            }
        }
        reading.draft.brand.hours[entry->key] = std::move(hours);
    }
}

}  // namespace tapline
