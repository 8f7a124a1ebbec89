#include "routes/tracking_number.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "routes/utf8.h"

namespace tapline {

namespace {

constexpr std::size_t kSymbols = 9;
constexpr std::size_t kGroup = 3;
constexpr std::size_t kGapMax = 3;  // "7K3 - M9Q": two spaces and a dash
constexpr std::string_view kAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr unsigned kWeight = 0b10101;       // a = x^4 + x^2 + 1
constexpr unsigned kPolynomial = 0b100101;  // x^5 + x^2 + 1
constexpr std::uint64_t kLow40 = 0xFFFFFFFFFFU;

constexpr unsigned multiply(unsigned left, unsigned right) {
    unsigned product = 0;
    for (; right != 0; right >>= 1U) {
        if ((right & 1U) != 0) product ^= left;
        left <<= 1U;
        if ((left & 32U) != 0) left ^= kPolynomial;
    }
    return product;
}

using Symbols = std::array<unsigned, kSymbols>;

// The sum of a^i * c_i over the first `count` symbols, the last of them with i = 0.
constexpr unsigned weighted_sum(const Symbols& symbols, std::size_t count) {
    unsigned sum = 0;
    for (std::size_t i = 0; i < count; ++i) sum = multiply(sum, kWeight) ^ symbols.at(i);
    return sum;
}

Symbols symbols_of(std::uint64_t bits) {
    Symbols symbols{};
    for (std::size_t i = 0; i + 1 < kSymbols; ++i) {
        symbols.at(i) = static_cast<unsigned>(bits >> (5 * (kSymbols - 2 - i))) & 31U;
    }
    symbols.back() = multiply(weighted_sum(symbols, kSymbols - 1), kWeight);
    return symbols;
}

std::optional<std::uint64_t> bits_of(const Symbols& symbols) {
    if (weighted_sum(symbols, kSymbols) != 0) return std::nullopt;
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i + 1 < kSymbols; ++i) bits = (bits << 5U) | symbols.at(i);
    return bits;
}

constexpr std::uint8_t kNoSymbol = 0xFF;

// Symbols by character, with those that people read in their place: O is 0, I and L are 1.
constexpr std::array<std::uint8_t, 128> kValues = [] {
    std::array<std::uint8_t, 128> values{};
    values.fill(kNoSymbol);
    for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
        const auto c = static_cast<unsigned char>(kAlphabet[i]);
        values[c] = static_cast<std::uint8_t>(i);
    }
    values['O'] = 0;
    values['I'] = values['L'] = 1;
    for (std::size_t c = 'A'; c <= 'Z'; ++c) values[c + 'a' - 'A'] = values[c];
    return values;
}();

std::optional<unsigned> symbol_value(char32_t point) {
    if (point >= kValues.size() || kValues[point] == kNoSymbol) return std::nullopt;
    return kValues[point];
}

// Dashes and spaces, with those that phones and word processors put in their place, and the
// invisible marks (soft hyphen, zero-width space) that come along when a number is pasted.
bool is_separator(char32_t point) {
    if (point < 0x80) return point == ' ' || point == '-' || (point >= '\t' && point <= '\r');
    return point == 0xA0 || point == 0xAD || (point >= 0x2000 && point <= 0x200B) ||
           (point >= 0x2010 && point <= 0x2015) || point == 0x202F || point == 0x2212;
}

// Letters of scripts that put spaces between words, and digits. Scripts from U+2E80 on (Chinese,
// Japanese, ...) do not, so a number stands directly beside their letters.
bool is_word(char32_t point) {
    if (point < 0x80) {
        return (point >= '0' && point <= '9') || (point >= 'A' && point <= 'Z') ||
               (point >= 'a' && point <= 'z');
    }
    return point >= 0xC0 && point < 0x2000 && point != 0xD7 && point != 0xF7;
}

std::size_t skip_gap(std::string_view text) {
    std::size_t at = 0;
    for (std::size_t i = 0; i < kGapMax && at < text.size(); ++i) {
        const CodePoint point = decode_utf8(text.substr(at));
        if (!is_separator(point.value)) break;
        at += point.bytes;
    }
    return at;
}

// The number that `text` begins with.
// REQUIRES: no word character stands before `text`.
std::optional<TrackingNumber> number_at(std::string_view text) {
    Symbols symbols{};
    std::size_t at = 0;
    for (std::size_t i = 0; i < kSymbols; ++i) {
        if (i > 0 && i % kGroup == 0) at += skip_gap(text.substr(at));
        if (at == text.size()) return std::nullopt;
        const auto value = symbol_value(static_cast<unsigned char>(text[at]));
        if (!value) return std::nullopt;
        symbols.at(i) = *value;
        ++at;
    }
    if (at < text.size() && is_word(decode_utf8(text.substr(at)).value)) return std::nullopt;
    const auto bits = bits_of(symbols);
    if (!bits) return std::nullopt;
    return TrackingNumber::from_bits(*bits);
}

}  // namespace

TrackingNumber TrackingNumber::from_bits(std::uint64_t bits) {
    return TrackingNumber(bits & kLow40);
}

std::optional<TrackingNumber> TrackingNumber::parse(std::string_view written) {
    Symbols symbols{};
    std::size_t count = 0;
    for (std::size_t at = 0; at < written.size();) {
        const CodePoint point = decode_utf8(written.substr(at));
        at += point.bytes;
        if (is_separator(point.value)) continue;
        const auto value = symbol_value(point.value);
        if (!value || count == kSymbols) return std::nullopt;
        symbols.at(count++) = *value;
    }
    if (count != kSymbols) return std::nullopt;
    const auto bits = bits_of(symbols);
    if (!bits) return std::nullopt;
    return TrackingNumber(*bits);
}

std::string TrackingNumber::compact() const {
    const Symbols symbols = symbols_of(bits_);
    std::string out(kSymbols, ' ');
    for (std::size_t i = 0; i < kSymbols; ++i) out[i] = kAlphabet[symbols[i]];
    return out;
}

std::string TrackingNumber::display() const {
    const std::string all = compact();
    return all.substr(0, kGroup) + '-' + all.substr(kGroup, kGroup) + '-' + all.substr(2 * kGroup);
}

std::vector<TrackingNumber> find_tracking_numbers(std::string_view text, std::size_t most) {
    std::vector<TrackingNumber> found;
    bool after_word = false;
    for (std::size_t at = 0; at < text.size() && found.size() < most;) {
        const CodePoint point = decode_utf8(text.substr(at));
        const bool in_word = is_word(point.value);
        if (in_word && !after_word) {
            // A number that was found does not hide one that begins inside it: three-letter words
            // before a number can pass the check together with its first groups.
            const auto number = number_at(text.substr(at));
            if (number && std::find(found.begin(), found.end(), *number) == found.end()) {
                found.push_back(*number);
            }
        }
        after_word = in_word;
        at += point.bytes;
    }
    return found;
}

}  // namespace tapline
