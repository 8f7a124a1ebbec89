#include "gateway/http/characters.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace tapline::http {
namespace {

enum : std::uint8_t { kTokenChar = 1, kValueChar = 2, kTargetChar = 4, kHostChar = 8, kDigit = 16 };

constexpr std::array<std::uint8_t, 256> make_classes() {
    std::array<std::uint8_t, 256> classes{};
    const auto mark = [&classes](std::string_view characters, unsigned mask) {
        for (const char c : characters) {
            auto& entry = classes[static_cast<unsigned char>(c)];
            entry = static_cast<std::uint8_t>(entry | mask);
        }
    };
    for (unsigned c = 0x20; c < 256; ++c) {
        if (c != 0x7F) classes[c] = kValueChar;
    }
    for (unsigned c = 0x21; c < 0x7F; ++c) {
        if (c != '#') classes[c] |= kTargetChar;
    }
    constexpr std::string_view kAlphanumeric =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    mark("\t", kValueChar);
    mark(kAlphanumeric, kTokenChar | kHostChar);
    mark("!#$%&'*+-.^_`|~", kTokenChar);
    mark("-._~%!$&'()*+;=:[]", kHostChar);
    mark("0123456789", kDigit);
    return classes;
}

constexpr auto kClasses = make_classes();

bool all(std::string_view text, unsigned mask) {
    for (const char c : text) {
        if ((kClasses[static_cast<unsigned char>(c)] & mask) == 0) return false;
    }
    return true;
}

bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

}  // namespace

bool is_token(std::string_view text) {
    return !text.empty() && all(text, kTokenChar);
}
bool is_field_value(std::string_view text) {
    return all(text, kValueChar);
}
bool is_target(std::string_view text) {
    return !text.empty() && all(text, kTargetChar);
}
bool is_host(std::string_view text) {
    return !text.empty() && all(text, kHostChar);
}
bool is_digits(std::string_view text) {
    return !text.empty() && all(text, kDigit);
}

char to_lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

bool equals_ignoring_case(std::string_view left, std::string_view right) {
    return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                      [](char a, char b) { return to_lower(a) == to_lower(b); });
}

std::string_view trim(std::string_view text) {
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
    return text;
}

bool list_contains(std::string_view list, std::string_view word) {
    while (!list.empty()) {
        const auto comma = std::min(list.find(','), list.size());
        if (equals_ignoring_case(trim(list.substr(0, comma)), word)) return true;
        list.remove_prefix(std::min(comma + 1, list.size()));
    }
    return false;
}

std::optional<FieldLine> parse_field_line(std::string_view line) {
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    const FieldLine field{line.substr(0, colon), trim(line.substr(colon + 1))};
    if (!is_token(field.name) || !is_field_value(field.value)) return std::nullopt;
    return field;
}

}  // namespace tapline::http
