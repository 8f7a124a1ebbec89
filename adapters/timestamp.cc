#include "adapters/timestamp.h"

#include <array>
#include <charconv>
#include <chrono>

namespace tapline {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;

constexpr std::int64_t kMillisecondsFrom = 1'000'000'000'000;
constexpr std::int64_t kMillisecondsMax = 253'402'300'799'999;  // the end of the year 9999
constexpr std::int64_t kFractionDigitsMax = 9;

// Takes what it recognises off the front of a text; every function says whether it did.
class Scanner {
  public:
    explicit Scanner(std::string_view text) : rest_(text) {}

    bool digits(std::size_t count, int& value) {
        if (rest_.size() < count) return false;
        value = 0;
        for (const char c : rest_.substr(0, count)) {
            if (c < '0' || c > '9') return false;
            value = value * 10 + (c - '0');
        }
        rest_.remove_prefix(count);
        return true;
    }
    bool literal(std::string_view expected) {
        if (!rest_.starts_with(expected)) return false;
        rest_.remove_prefix(expected.size());
        return true;
    }
    bool any_of(std::string_view characters, char& found) {
        if (rest_.empty() || characters.find(rest_[0]) == std::string_view::npos) return false;
        found = rest_[0];
        rest_.remove_prefix(1);
        return true;
    }
    bool word(std::size_t length, std::string_view& found) {
        if (rest_.size() < length) return false;
        found = rest_.substr(0, length);
        rest_.remove_prefix(length);
        return true;
    }
    // ".250" as milliseconds; true without one as well.
    bool fraction(int& value) {
        value = 0;
        if (!literal(".")) return true;
        int scale = 100;
        int count = 0;
        char digit = 0;
        while (count < kFractionDigitsMax && any_of("0123456789", digit)) {
            value += (digit - '0') * scale;
            scale /= 10;
            ++count;
        }
        return count > 0;
    }
    bool offset(minutes& value) {
        char sign = 0;
        int hour = 0;
        int minute = 0;
        if (!any_of("+-", sign) || !digits(2, hour)) return false;
        literal(":");
        if (!digits(2, minute) || hour > 23 || minute > 59) return false;
        value = minutes(hour * 60 + minute) * (sign == '-' ? -1 : 1);
        return true;
    }
    bool at_end() const { return rest_.empty(); }

  private:
    std::string_view rest_;
};

struct Parts {
    int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, millisecond = 0;
    minutes offset{0};
};

std::optional<Time> moment(const Parts& p) {
    const std::chrono::year_month_day date(std::chrono::year(p.year),
                                           std::chrono::month(static_cast<unsigned>(p.month)),
                                           std::chrono::day(static_cast<unsigned>(p.day)));
    if (!date.ok() || p.hour > 23 || p.minute > 59 || p.second > 60) return std::nullopt;
    const Time time = std::chrono::sys_days(date) + std::chrono::hours(p.hour) + minutes(p.minute) +
                      std::chrono::seconds(p.second) + milliseconds(p.millisecond) - p.offset;
    if (time.time_since_epoch().count() < 0) return std::nullopt;
    return time;
}

}  // namespace

std::optional<Time> time_from_unix(std::int64_t value) {
    if (value < 0 || value > kMillisecondsMax) return std::nullopt;
    return Time(milliseconds(value >= kMillisecondsFrom ? value : value * 1000));
}

std::optional<Time> time_from_iso(std::string_view text) {
    Scanner scan(text);
    Parts p;
    char separator = 0;
    const bool shape = scan.digits(4, p.year) && scan.literal("-") && scan.digits(2, p.month) &&
                       scan.literal("-") && scan.digits(2, p.day) &&
                       scan.any_of("Tt ", separator) && scan.digits(2, p.hour) &&
                       scan.literal(":") && scan.digits(2, p.minute) && scan.literal(":") &&
                       scan.digits(2, p.second) && scan.fraction(p.millisecond);
    if (!shape) return std::nullopt;
    char zulu = 0;
    if (!scan.any_of("Zz", zulu) && !scan.offset(p.offset)) return std::nullopt;
    if (!scan.at_end()) return std::nullopt;
    return moment(p);
}

std::optional<Time> time_from_text(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc{} && end == text.data() + text.size()) return time_from_unix(value);
    return time_from_iso(text);
}

std::optional<Time> time_from_rfc2822(std::string_view text) {
    constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    Scanner scan(text);
    Parts p;
    std::string_view weekday;
    std::string_view month;
    if (text.size() > 4 && text[3] == ',' && !(scan.word(3, weekday) && scan.literal(", "))) {
        return std::nullopt;
    }
    const bool shape = (scan.digits(2, p.day) || scan.digits(1, p.day)) && scan.literal(" ") &&
                       scan.word(3, month) && scan.literal(" ") && scan.digits(4, p.year) &&
                       scan.literal(" ") && scan.digits(2, p.hour) && scan.literal(":") &&
                       scan.digits(2, p.minute) && scan.literal(":") && scan.digits(2, p.second) &&
                       scan.literal(" ") && (scan.literal("GMT") || scan.offset(p.offset));
    if (!shape || !scan.at_end()) return std::nullopt;
    for (std::size_t i = 0; i < kMonths.size(); ++i) {
        if (kMonths.at(i) == month) p.month = static_cast<int>(i) + 1;
    }
    return moment(p);
}

}  // namespace tapline
