#include "adapters/mail/charset.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <iconv.h>
#include <memory>
#include <optional>

#include "adapters/utf8.h"

namespace tapline {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
constexpr std::size_t kNameBytesMax = 40;

std::string lower(std::string_view text) {
    std::string low(text);
    std::transform(low.begin(), low.end(), low.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return low;
}

bool is_ascii(std::string_view bytes) {
    return std::all_of(bytes.begin(), bytes.end(),
                       [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// Names as IANA has them. "//" would give iconv orders of its own.
bool is_name(std::string_view charset) {
    return !charset.empty() && charset.size() <= kNameBytesMax &&
           charset.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789._:+-") == charset.npos;
}

// Charsets whose bytes below 0x80 are ASCII and whose others are often UTF-8 in truth.
bool is_western(std::string_view charset) {
    constexpr std::array<std::string_view, 10> kWestern = {
        "",           "us-ascii",    "ascii",        "utf-8",  "utf8",
        "iso-8859-1", "iso-8859-15", "windows-1252", "latin1", "cp1252"};
    return std::find(kWestern.begin(), kWestern.end(), charset) != kWestern.end();
}

bool is_utf8(std::string_view charset) {
    return charset == "utf-8" || charset == "utf8";
}

bool has_whole_sequence(std::string_view bytes) {
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        if (static_cast<unsigned char>(bytes[i]) < 0x80) continue;
        for (const std::size_t length : {2U, 3U, 4U}) {
            if (i + length <= bytes.size() && is_valid_utf8(bytes.substr(i, length))) return true;
        }
    }
    return false;
}

// The first `bytes_max` bytes; where they are UTF-8, the cut tears no character.
std::string_view head_of(std::string_view bytes, std::size_t bytes_max) {
    const std::string_view whole = utf8_prefix(bytes, bytes_max);
    return whole.size() + 4 > std::min(bytes.size(), bytes_max) ? whole
                                                                : bytes.substr(0, bytes_max);
}

// iconv_open gives -1 for what it does not know.
bool is_open(iconv_t handle) {
    return reinterpret_cast<std::intptr_t>(handle) != -1;
}

struct IconvClose {
    using pointer = iconv_t;
    void operator()(iconv_t handle) const {
        if (is_open(handle)) iconv_close(handle);
    }
};

// Nothing when iconv does not know the charset.
std::optional<std::string> converted(std::string_view bytes, const std::string& charset,
                                     std::size_t bytes_max) {
    const std::unique_ptr<iconv_t, IconvClose> handle(iconv_open("UTF-8", charset.c_str()));
    if (!is_open(handle.get())) return std::nullopt;
    std::string input(bytes);
    char* in = input.data();
    std::size_t left = input.size();
    std::string text;
    std::array<char, 4096> buffer{};
    while (left > 0 && text.size() < bytes_max) {
        char* out = buffer.data();
        std::size_t room = buffer.size();
        const std::size_t before = left;
        const bool failed = iconv(handle.get(), &in, &left, &out, &room) == static_cast<size_t>(-1);
        const int reason = failed ? errno : 0;
        text.append(buffer.data(), buffer.size() - room);
        if (!failed || (reason == E2BIG && (left < before || room < buffer.size()))) continue;
        text += kReplacement;
        if (reason == EINVAL) break;  // torn at the end
        ++in;
        --left;
    }
    return to_valid_utf8(text);
}

}  // namespace

std::string text_to_utf8(std::string_view bytes, std::string_view charset, std::size_t bytes_max) {
    const std::string name = lower(charset);
    // A character of any charset needs at most four bytes, so this loses nothing that would fit.
    bytes = head_of(bytes, bytes_max * 4);
    const auto cut = [&](const std::string& text) {
        return std::string(utf8_prefix(text, bytes_max));
    };
    if (!is_name(name) || is_western(name)) {
        if (is_ascii(bytes) || is_valid_utf8(bytes)) return cut(std::string(bytes));
        if (is_utf8(name) && has_whole_sequence(bytes)) return cut(to_valid_utf8(bytes));
    } else if (auto text = converted(bytes, name, bytes_max)) {
        return cut(*text);
    }
    if (is_valid_utf8(bytes)) return cut(std::string(bytes));
    const std::string western = name == "iso-8859-15" ? name : "windows-1252";
    return cut(converted(bytes, western, bytes_max).value_or(to_valid_utf8(bytes)));
}

}  // namespace tapline
