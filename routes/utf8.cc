#include "routes/utf8.h"

namespace tapline {

namespace {

struct Lead {
    std::size_t bytes = 0;  // 0: no sequence begins with this byte
    char32_t bits = 0;
    char32_t least = 0;  // a smaller value would be an overlong form
};

Lead read_lead(unsigned char byte) {
    if (byte >= 0xC2 && byte <= 0xDF) return {2, byte & 0x1FU, 0x80};
    if (byte >= 0xE0 && byte <= 0xEF) return {3, byte & 0x0FU, 0x800};
    if (byte >= 0xF0 && byte <= 0xF4) return {4, byte & 0x07U, 0x10000};
    return {};
}

}  // namespace

CodePoint decode_long_utf8(std::string_view text) {
    const Lead lead = read_lead(static_cast<unsigned char>(text.front()));
    if (lead.bytes == 0 || text.size() < lead.bytes) return {};
    char32_t value = lead.bits;
    for (std::size_t i = 1; i < lead.bytes; ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        if ((byte & 0xC0U) != 0x80U) return {};
        value = (value << 6U) | (byte & 0x3FU);
    }
    const bool is_surrogate = value >= 0xD800 && value <= 0xDFFF;
    if (value < lead.least || value > 0x10FFFF || is_surrogate) return {};
    return {value, lead.bytes};
}

}  // namespace tapline
