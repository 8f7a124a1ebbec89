#include "config/values.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

#include "config/mistake.h"
#include "routes/language.h"
#include "routes/region.h"

namespace tapline {

namespace {

using std::chrono::seconds;

constexpr std::int64_t kDurationSecondsMax = 366 * 86'400LL;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool is_lower(char c) {
    return c >= 'a' && c <= 'z';
}
bool is_printable(char c) {
    return c > ' ' && c < 127;
}

bool all_digits(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

auto mend(std::string text) {
    return tl::unexpected(std::move(text));
}

// The digits at the start of `text`, which are removed from it. Nothing when there are none, more
// than twelve, or a leading zero.
std::optional<std::int64_t> take_number(std::string_view& text) {
    const auto end = std::find_if_not(text.begin(), text.end(), is_digit);
    const auto digits = static_cast<std::size_t>(end - text.begin());
    if (digits == 0 || digits > 12 || (text.front() == '0' && digits > 1)) return std::nullopt;
    std::int64_t value = 0;
    std::from_chars(text.data(), text.data() + digits, value);
    text.remove_prefix(digits);
    return value;
}

// "Sales Team" -> "sales-team": the name that was meant.
std::string name_like(std::string_view written) {
    std::string name;
    for (const char c : written.substr(0, 64)) {
        const bool upper = c >= 'A' && c <= 'Z';
        const char lower = upper ? static_cast<char>(c - 'A' + 'a') : c;
        if (is_lower(lower) || is_digit(lower) || lower == '-') {
            name += lower;
        } else if (!name.empty() && name.back() != '-') {
            name += '-';
        }
    }
    while (!name.empty() && name.back() == '-') name.pop_back();
    while (!name.empty() && name.front() == '-') name.erase(0, 1);
    return name;
}

Parsed<std::string> bad_name(std::string_view written, std::size_t longest) {
    if (written.size() > longest) return mend("it is too long");
    const std::string like = name_like(written);
    return mend(like.empty() ? "" : "write " + like);
}

}  // namespace

Parsed<seconds> parse_duration(std::string_view written) {
    struct Unit {
        char letter;
        std::int64_t in_seconds;
    };
    constexpr std::array<Unit, 4> kUnits = {{{'d', 86'400}, {'h', 3'600}, {'m', 60}, {'s', 1}}};
    if (all_digits(written)) return mend("write " + std::string(written) + "s for seconds");

    std::string_view rest = written;
    std::int64_t total = 0;
    std::size_t next_unit = 0;
    while (!rest.empty()) {
        const auto number = take_number(rest);
        if (!number || rest.empty() || *number > kDurationSecondsMax) return mend("");
        while (next_unit < kUnits.size() && kUnits.at(next_unit).letter != rest.front()) {
            ++next_unit;
        }
        if (next_unit == kUnits.size()) return mend("the units are d, h, m and s, in this order");
        total += *number * kUnits.at(next_unit).in_seconds;
        ++next_unit;
        rest.remove_prefix(1);
    }
    if (total == 0) return mend("it must be longer than nothing");
    if (total > kDurationSecondsMax) return mend("at most 366d");
    return seconds(total);
}

Parsed<std::size_t> parse_size(std::string_view written) {
    struct Unit {
        std::string_view name;
        std::int64_t bytes;
    };
    constexpr std::array<Unit, 4> kUnits = {
        {{"", 1}, {"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}}};
    std::string_view rest = written;
    const auto number = take_number(rest);
    if (!number) return mend("");
    const auto unit = std::find_if(kUnits.begin(), kUnits.end(),
                                   [rest](const Unit& known) { return known.name == rest; });
    if (unit == kUnits.end()) return mend("the units are KiB, MiB and GiB, without a space");
    if (*number == 0) return mend("it must be more than nothing");
    if (*number > (std::int64_t{1} << 40) / unit->bytes) return mend("at most 1024GiB");
    return static_cast<std::size_t>(*number * unit->bytes);
}

Parsed<std::size_t> parse_count(std::string_view written) {
    std::string_view rest = written;
    const auto number = take_number(rest);
    if (!number || !rest.empty()) return mend("");
    if (*number < 1 || *number > 1'000'000'000) return mend("");
    return static_cast<std::size_t>(*number);
}

Parsed<std::string> parse_name(std::string_view written) {
    const auto allowed = [](char c) {
        return is_lower(c) || is_digit(c) || c == '_' || c == '.' || c == '-';
    };
    const bool good = !written.empty() && written.size() <= 64 &&
                      (is_lower(written.front()) || is_digit(written.front())) &&
                      std::all_of(written.begin(), written.end(), allowed);
    if (!good) return bad_name(written, 64);
    return std::string(written);
}

Parsed<std::string> parse_brand_name(std::string_view written) {
    const auto allowed = [](char c) { return is_lower(c) || is_digit(c) || c == '-'; };
    const bool good = !written.empty() && written.size() <= 32 && written.front() != '-' &&
                      std::all_of(written.begin(), written.end(), allowed);
    if (!good) return bad_name(written, 32);
    return std::string(written);
}

Parsed<std::string> parse_phone(std::string_view written) {
    const std::string number = to_e164(written);
    if (number == written && !number.empty()) return number;
    if (!number.empty()) return mend("write \"" + number + "\"");
    const std::string with_plus = to_e164("+" + std::string(written));
    if (with_plus.empty()) return mend("");
    return mend("begin with \"+\" and the country code, in quotes");
}

Parsed<std::string> parse_dial_target(std::string_view written) {
    constexpr std::string_view kSip = "sip:";
    if (!written.starts_with(kSip)) return parse_phone(written);
    const std::string_view address = written.substr(kSip.size());
    const std::size_t at = address.find('@');
    const bool good = at != std::string_view::npos && at > 0 && at + 1 < address.size() &&
                      address.size() <= 255 &&
                      address.find('@', at + 1) == std::string_view::npos &&
                      address.find_first_of("<>\"'&") == std::string_view::npos &&
                      std::all_of(address.begin(), address.end(), is_printable);
    if (!good) return mend("");
    return std::string(written);
}

Parsed<std::string> parse_email(std::string_view written) {
    const std::size_t at = written.find('@');
    const bool good = at != std::string_view::npos && at > 0 && at + 1 < written.size() &&
                      written.size() <= 254 &&
                      written.find('@', at + 1) == std::string_view::npos &&
                      written.find_first_of("<>\"(),:;\\[]") == std::string_view::npos &&
                      std::all_of(written.begin(), written.end(), is_printable);
    if (!good) return mend("");
    return std::string(written);
}

Parsed<Channel> parse_channel_name(std::string_view written) {
    if (const auto channel = parse_channel(written)) return *channel;
    const std::string near = nearest(written, {"call", "text", "email", "dm", "chat", "post"});
    return mend(near.empty() ? "" : "did you mean \"" + near + "\"?");
}

Parsed<std::string> parse_currency(std::string_view written) {
    const auto upper = [](char c) { return c >= 'A' && c <= 'Z'; };
    const bool good = written.size() == 3 && std::all_of(written.begin(), written.end(), upper);
    if (!good) return mend("");
    return std::string(written);
}

Parsed<std::string> parse_language(std::string_view written) {
    std::string low(written);
    for (char& c : low) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    if (low.find('_') != std::string::npos) {
        std::replace(low.begin(), low.end(), '_', '-');
        return tl::unexpected("write " + low);
    }
    const std::size_t primary = std::min(low.find('-'), low.size());
    const bool letters =
        low.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string::npos;
    const bool sound = letters && (primary == 2 || primary == 3) && low.back() != '-' &&
                       low.size() <= 35 && low.find("--") == std::string::npos &&
                       low.find_first_of("0123456789") >= primary;
    if (sound && language_tag(low) == low) return low;
    return tl::unexpected<std::string>("");
}

}  // namespace tapline
