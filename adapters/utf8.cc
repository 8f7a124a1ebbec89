#include "adapters/utf8.h"

#include <cstdint>

#include "routes/utf8.h"

namespace tapline {

namespace {

bool is_invalid(const CodePoint& point, std::string_view at) {
    return point.bytes == 1 && static_cast<unsigned char>(at.front()) >= 0x80;
}

}  // namespace

bool is_valid_utf8(std::string_view bytes) {
    while (!bytes.empty()) {
        const CodePoint point = decode_utf8(bytes);
        if (is_invalid(point, bytes)) return false;
        bytes.remove_prefix(point.bytes);
    }
    return true;
}

std::string to_valid_utf8(std::string_view bytes) {
    std::string out;
    out.reserve(bytes.size());
    while (!bytes.empty()) {
        const CodePoint point = decode_utf8(bytes);
        out += is_invalid(point, bytes) ? std::string_view("\xEF\xBF\xBD")
                                        : bytes.substr(0, point.bytes);
        bytes.remove_prefix(point.bytes);
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
