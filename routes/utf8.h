// Reading UTF-8 one code point at a time, strictly: what customers send is not to be trusted.
//
//     for (std::size_t i = 0; i < text.size();) {
//         const CodePoint point = decode_utf8(text.substr(i));
//         i += point.bytes;
//     }
//
// Pure; safe from any thread.
#pragma once

#include <cstddef>
#include <string_view>

namespace tapline {

// What an invalid byte decodes to. The real U+FFFD decodes to the same: neither is a letter.
inline constexpr char32_t kInvalidCodePoint = 0xFFFD;

struct CodePoint {
    char32_t value = kInvalidCodePoint;
    std::size_t bytes = 1;  // how far to go on; 1 for an invalid byte
};

// The first code point of `text`. Overlong forms, surrogates, values above U+10FFFF and torn
// sequences are invalid (RFC 3629).
// REQUIRES: text is not empty.
CodePoint decode_long_utf8(std::string_view text);  // of anything but ASCII
inline CodePoint decode_utf8(std::string_view text) {
    const auto byte = static_cast<unsigned char>(text.front());
    return byte < 0x80 ? CodePoint{byte, 1} : decode_long_utf8(text);
}

}  // namespace tapline
