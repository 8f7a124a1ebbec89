#include "routes/region.h"

#include <algorithm>
#include <cstddef>

#include "routes/region_table.h"

namespace tapline {

namespace {

constexpr std::string_view kUnknown = "unknown";
constexpr std::size_t kDigitsMin = 7;
constexpr std::size_t kDigitsMax = 15;

bool is_digit(char byte) {
    return byte >= '0' && byte <= '9';
}

bool is_e164(std::string_view number) {
    if (!number.starts_with('+')) return false;
    const std::string_view digits = number.substr(1);
    return digits.size() >= kDigitsMin && digits.size() <= kDigitsMax && digits.front() != '0' &&
           std::all_of(digits.begin(), digits.end(), is_digit);
}

// REQUIRES: `digits` are at least four digits and begin with 1.
std::string_view north_american_region(std::string_view digits) {
    const int code = (digits[1] - '0') * 100 + (digits[2] - '0') * 10 + (digits[3] - '0');
    const auto found =
        std::lower_bound(area_codes().begin(), area_codes().end(), code,
                         [](const AreaCode& area, int wanted) { return int{area.code} < wanted; });
    if (found == area_codes().end() || int{found->code} != code) return "US";
    return found->region;
}

std::string_view country_of(std::string_view digits) {
    for (std::size_t size = kCallingCodeDigitsMax; size > 0; --size) {
        const std::string_view prefix = digits.substr(0, size);
        const auto found =
            std::lower_bound(calling_codes().begin(), calling_codes().end(), prefix,
                             [](const CallingCode& calling, std::string_view wanted) {
                                 return calling.digits < wanted;
                             });
        if (found != calling_codes().end() && found->digits == prefix) return found->region;
    }
    return kUnknown;
}

}  // namespace

std::string region_of(std::string_view e164) {
    if (!is_e164(e164)) return std::string(kUnknown);
    const std::string_view digits = e164.substr(1);
    return std::string(digits.front() == '1' ? north_american_region(digits) : country_of(digits));
}

bool is_region(std::string_view region) {
    const auto names = [region](const auto& row) { return row.region == region; };
    return region == kUnknown || std::any_of(area_codes().begin(), area_codes().end(), names) ||
           std::any_of(calling_codes().begin(), calling_codes().end(), names);
}

bool region_contains(std::string_view outer, std::string_view inner) {
    if (!inner.starts_with(outer) || outer.empty()) return false;
    return inner.size() == outer.size() || inner[outer.size()] == '-';
}

std::string to_e164(std::string_view written) {
    constexpr std::string_view kSeparators = " -.()";
    if (written.find("(0)") != std::string_view::npos) return "";
    std::string number;
    for (const char byte : written) {
        if (kSeparators.find(byte) != std::string_view::npos) continue;
        const bool fits = number.empty() ? byte == '+' : is_digit(byte);
        if (!fits || number.size() > kDigitsMax) return "";
        number += byte;
    }
    return is_e164(number) ? number : "";
}

}  // namespace tapline
