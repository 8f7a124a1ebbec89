#include "adapters/traceparent.h"

#include <algorithm>

namespace tapline {
namespace {

constexpr std::size_t kLength = 55;

bool is_hex(std::string_view text) {
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_zero(std::string_view text) {
    return text.find_first_not_of('0') == std::string_view::npos;
}

}  // namespace

bool is_traceparent(std::string_view text) {
    if (text.size() < kLength || text[2] != '-' || text[35] != '-' || text[52] != '-') return false;
    const std::string_view version = text.substr(0, 2);
    const std::string_view trace = text.substr(3, 32);
    const std::string_view span = text.substr(36, 16);
    if (!is_hex(version) || !is_hex(trace) || !is_hex(span) || !is_hex(text.substr(53, 2))) {
        return false;
    }
    if (version == "ff" || is_zero(trace) || is_zero(span)) return false;
    if (text.size() == kLength) return true;
    return version != "00" && text[kLength] == '-' && text.size() <= 256;
}

}  // namespace tapline
