// The journey's speakable name: nine characters, shown as 7K3-M9Q-2X4.
//
// Crockford's base 32 (0-9 and A-Z without I, L, O, U). Eight characters carry 40 bits, the most
// significant first; the ninth is a check character over GF(32) = GF(2)[x] / (x^5 + x^2 + 1):
//
//     7  K  3  M  9  Q  2  X  4        sum of a^i * c_i = 0
//     c8 c7 c6 c5 c4 c3 c2 c1 c0       a = x^4 + x^2 + 1
//
// The multiplicative group has 31 elements, a prime, so every element but 0 and 1 is primitive and
// a^0 .. a^8 are nine different weights, none of them 0. A wrong character adds a^i * e, which is
// not 0; a swap of two different characters adds (a^i + a^j) * (c_i + c_j), which is not 0. So each
// single wrong character and each swap of any two is detected
// (tests/routes/tracking_number_test.cc enumerates both). This `a` is the one that makes the number
// of all examples, 7K3-M9Q-2X4, a valid one.
//
// Thread-safety: a value type; const functions are safe from any thread.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tapline {

class TrackingNumber {
  public:
    // The number that carries the low 40 bits of `bits`.
    static TrackingNumber from_bits(std::uint64_t bits);

    // Reads what a person wrote: upper or lower case, dashes and spaces anywhere (Unicode's too),
    // O for 0, I and L for 1. Nothing when the length, a character (U stands for nothing) or the
    // check is wrong.
    static std::optional<TrackingNumber> parse(std::string_view written);

    std::uint64_t bits() const { return bits_; }
    std::string compact() const;  // "7K3M9Q2X4": key names, links
    std::string display() const;  // "7K3-M9Q-2X4": everything that a person reads

    auto operator<=>(const TrackingNumber&) const = default;

  private:
    explicit TrackingNumber(std::uint64_t bits) : bits_(bits) {}
    std::uint64_t bits_;
};

// The numbers that free text may mean, in order of appearance, each once, at most `most`. Finds
// "7k3-m9q-2x4", "7K3 M9Q 2X4", "7K3 - M9Q - 2X4" and "ref:7K3M9Q2X4" where no letter or digit of a
// spaced script stands directly before or after; up to three dashes or spaces may part the groups
// of three. One nine-letter word in 32 passes the check by chance, so a number found here counts
// only when it names a live journey. The time is linear in the length of the text.
std::vector<TrackingNumber> find_tracking_numbers(std::string_view text, std::size_t most = 4);

}  // namespace tapline
