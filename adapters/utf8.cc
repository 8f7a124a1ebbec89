#include "adapters/utf8.h"

#include <algorithm>
#include <cstdint>

#include <simdjson.h>

namespace tapline {
namespace {

// How one sequence begins: its length and the bounds of its second byte.
struct Lead {
    std::size_t length = 0;  // 0: cannot begin a sequence
    std::uint8_t second_min = 0x80;
    std::uint8_t second_max = 0xBF;
};

Lead lead_of(std::uint8_t byte) {
    if (byte < 0x80) return {1};
    if (byte < 0xC2 || byte > 0xF4) return {0};
    if (byte < 0xE0) return {2};
    if (byte == 0xE0) return {3, 0xA0, 0xBF};
    if (byte == 0xED) return {3, 0x80, 0x9F};
    if (byte < 0xF0) return {3};
    if (byte == 0xF0) return {4, 0x90, 0xBF};
    if (byte == 0xF4) return {4, 0x80, 0x8F};
    return {4};
}

// The bytes at the front that belong together; `whole` says whether they are a character.
std::size_t take(std::string_view bytes, bool& whole) {
    const Lead lead = lead_of(static_cast<std::uint8_t>(bytes[0]));
    whole = false;
    if (lead.length == 0) return 1;
    for (std::size_t i = 1; i < lead.length; ++i) {
        if (i == bytes.size()) return i;
        const auto byte = static_cast<std::uint8_t>(bytes[i]);
        const std::uint8_t low = i == 1 ? lead.second_min : 0x80;
        const std::uint8_t high = i == 1 ? lead.second_max : 0xBF;
        if (byte < low || byte > high) return i;
    }
    whole = true;
    return lead.length;
}

}  // namespace

bool is_valid_utf8(std::string_view bytes) {
    return bytes.empty() || simdjson::validate_utf8(bytes.data(), bytes.size());
}

std::string to_valid_utf8(std::string_view bytes) {
    if (is_valid_utf8(bytes)) return std::string(bytes);
    std::string out;
    out.reserve(bytes.size() + 16);
    while (!bytes.empty()) {
        bool whole = false;
        const std::size_t length = take(bytes, whole);
        out += whole ? bytes.substr(0, length) : std::string_view("\xEF\xBF\xBD");
        bytes.remove_prefix(length);
    }
    return out;
}

std::string_view utf8_prefix(std::string_view text, std::size_t bytes_max) {
    if (text.size() <= bytes_max) return text;
    std::size_t end = bytes_max;
    while (end > 0 && (static_cast<std::uint8_t>(text[end]) & 0xC0) == 0x80) --end;
    return text.substr(0, end);
}

}  // namespace tapline
