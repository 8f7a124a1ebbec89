#include "routes/utf8.h"

#include <string>

#include <doctest/doctest.h>

namespace tapline {
namespace {

TEST_CASE("utf8: decodes each length at its borders") {
    struct Row {
        std::string_view text;
        char32_t value;
        std::size_t bytes;
    };
    const Row rows[] = {
        {"A", 'A', 1},
        {std::string_view("\0", 1), 0, 1},
        {"\x7F", 0x7F, 1},
        {"\xC2\x80", 0x80, 2},
        {"\xDF\xBF", 0x7FF, 2},
        {"\xE0\xA0\x80", 0x800, 3},
        {"\xED\x9F\xBF", 0xD7FF, 3},
        {"\xEE\x80\x80", 0xE000, 3},
        {"\xEF\xBF\xBF", 0xFFFF, 3},
        {"\xF0\x90\x80\x80", 0x10000, 4},
        {"\xF4\x8F\xBF\xBF", 0x10FFFF, 4},
        {"\xC3\xA9tat", 0xE9, 2},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        CHECK(decode_utf8(row.text).value == row.value);
        CHECK(decode_utf8(row.text).bytes == row.bytes);
    }
}

TEST_CASE("utf8: goes on by one byte after what is invalid") {
    const std::string_view rows[] = {
        "\x80",              // continuation without a lead
        "\xC0\x80",          // overlong NUL
        "\xC1\xBF",          // overlong
        "\xE0\x9F\xBF",      // overlong
        "\xF0\x8F\xBF\xBF",  // overlong
        "\xED\xA0\x80",      // surrogate
        "\xED\xBF\xBF",      // surrogate
        "\xF4\x90\x80\x80",  // above U+10FFFF
        "\xF5\x80\x80\x80",  // no lead
        "\xFF",              // no lead
        "\xC3",              // torn
        "\xE2\x80",          // torn
        "\xF0\x9F\x98",      // torn
        "\xC3(",             // lead without continuation
        "\xE2\x80(",         // the same, later
    };
    for (const std::string_view text : rows) {
        CAPTURE(static_cast<int>(static_cast<unsigned char>(text.front())));
        CHECK(decode_utf8(text).value == kInvalidCodePoint);
        CHECK(decode_utf8(text).bytes == 1);
    }
}

}  // namespace
}  // namespace tapline
