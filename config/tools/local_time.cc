#include "config/tools/local_time.h"

#include <array>
#include <cstdio>

#include "config/calendar.h"

namespace tapline {

namespace {

using std::chrono::seconds;

// Two digits at `at`, less than `below`; nothing for anything else.
std::optional<int> two_digits(std::string_view text, std::size_t at, int below) {
    if (at + 2 > text.size()) return std::nullopt;
    const char tens = text[at];
    const char ones = text[at + 1];
    if (tens < '0' || tens > '9' || ones < '0' || ones > '9') return std::nullopt;
    const int value = (tens - '0') * 10 + (ones - '0');
    return value < below ? std::optional<int>(value) : std::nullopt;
}

seconds offset_at(const ZoneOffsets& zone, Time time) {
    seconds offset{0};
    for (const auto& one : zone) {
        if (one.first > time && &one != &zone.front()) break;
        offset = one.second;
    }
    return offset;
}

}  // namespace

Parsed<LocalTime> parse_local_time(std::string_view written) {
    const bool with_seconds = written.size() == 19;
    const bool shaped = (written.size() == 16 || with_seconds) &&
                        (written[10] == ' ' || written[10] == 'T') && written[13] == ':' &&
                        (!with_seconds || written[16] == ':');
    if (!shaped) return tl::unexpected<std::string>("write year-month-day hour:minute");
    const auto date = parse_date(written.substr(0, 10));
    if (!date) return tl::unexpected(date.error());
    const auto hour = two_digits(written, 11, 24);
    const auto minute = two_digits(written, 14, 60);
    const auto second = with_seconds ? two_digits(written, 17, 60) : std::optional<int>(0);
    if (!hour || !minute || !second)
        return tl::unexpected<std::string>("the clock has no such time");
    return LocalTime(std::chrono::local_days(*date)) + std::chrono::hours(*hour) +
           std::chrono::minutes(*minute) + seconds(*second);
}

std::optional<Time> moment_of(LocalTime local, const ZoneOffsets& zone) {
    std::optional<Time> first;  // of an hour that comes twice
    for (const auto& one : zone) {
        const Time moment = Time(local.time_since_epoch() - one.second);
        if (offset_at(zone, moment) != one.second) continue;
        if (!first || moment < *first) first = moment;
    }
    return first;
}

std::string local_text(Time time, const ZoneOffsets& zone) {
    const auto local = std::chrono::floor<seconds>(time.time_since_epoch()) + offset_at(zone, time);
    const auto day = std::chrono::floor<std::chrono::days>(local);
    const std::chrono::year_month_day date{std::chrono::sys_days(day)};
    const auto of_day = (local - day).count();
    std::array<char, 48> text{};
    std::snprintf(text.data(), text.size(), "%04d-%02u-%02u %02d:%02d",
                  static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                  static_cast<unsigned>(date.day()), static_cast<int>(of_day / 3600),
                  static_cast<int>(of_day / 60 % 60));
    std::string shown = text.data();
    if (of_day % 60 != 0) {
        std::snprintf(text.data(), text.size(), ":%02d", static_cast<int>(of_day % 60));
        shown += text.data();
    }
    return shown;
}

std::string date_text(std::chrono::local_days date) {
    const std::chrono::year_month_day day(date);
    std::array<char, 40> text{};
    std::snprintf(text.data(), text.size(), "%04d-%02u-%02u", static_cast<int>(day.year()),
                  static_cast<unsigned>(day.month()), static_cast<unsigned>(day.day()));
    return text.data();
}

std::string duration_text(seconds duration) {
    struct Unit {
        char letter;
        std::int64_t in_seconds;
    };
    constexpr std::array<Unit, 4> kUnits = {{{'d', 86'400}, {'h', 3'600}, {'m', 60}, {'s', 1}}};
    std::string text;
    std::int64_t rest = duration.count();
    for (const Unit& unit : kUnits) {
        if (rest < unit.in_seconds) continue;
        text += std::to_string(rest / unit.in_seconds) + unit.letter;
        rest %= unit.in_seconds;
    }
    return text.empty() ? "0s" : text;
}

}  // namespace tapline
