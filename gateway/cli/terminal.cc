#include "gateway/cli/terminal.h"

#include <cstdio>

#include "adapters/utf8.h"
#include "routes/utf8.h"

namespace tapline {

namespace {

// Unicode's directional controls (UAX #9, 2) and line and paragraph separators.
bool is_layout(char32_t c) {
    return c == 0x200E || c == 0x200F || c == 0x061C || (c >= 0x2028 && c <= 0x202E) ||
           (c >= 0x2066 && c <= 0x2069);
}

bool is_control(char32_t c) {
    return c < 0x20 || (c >= 0x7F && c <= 0x9F);
}

}  // namespace

std::string printable(std::string_view text) {
    const std::string valid = to_valid_utf8(text);
    std::string shown;
    shown.reserve(valid.size());
    for (std::size_t at = 0; at < valid.size();) {
        const std::string_view rest = std::string_view(valid).substr(at);
        const CodePoint point = decode_utf8(rest);
        if (is_control(point.value) || is_layout(point.value)) {
            shown += ' ';
        } else {
            shown += rest.substr(0, point.bytes);
        }
        at += point.bytes;
    }
    return shown;
}

void print_line(std::string_view text) {
    std::printf("%s\n", printable(text).c_str());
}

std::string counted(std::size_t count, std::string_view noun) {
    std::string text = std::to_string(count) + ' ';
    text += noun;
    if (count != 1) text += 's';
    return text;
}

}  // namespace tapline
