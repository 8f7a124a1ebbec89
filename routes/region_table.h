// Who has which phone prefix: the area codes of the North American Numbering Plan and the country
// calling codes of ITU-T E.164.
//
// Complete for area codes in service or assigned as overlays in 2026. Regions are ISO 3166 names:
// country ("DE"), or country and state or province for the United States and Canada ("US-GA").
//
// Where several share a prefix, the table says one of them:
// - 902 and 782 (Nova Scotia and Prince Edward Island) are CA-NS, the bigger. 867 (Yukon, Northwest
//   Territories, Nunavut), where none is much bigger, and the non-geographic codes are CA.
// - Territories of the United States and the Caribbean states stand under their own country: PR,
//   GU, JM.
// - 7 is RU, but 76 and 77 are KZ. 44 is GB, but the fixed lines of GG, JE and IM are told apart;
//   their mobile numbers are GB. 47 is NO, but 4779 is SJ. 358 is FI, but 35818 is AX. 61 is AU,
//   but CC and CX are told apart.
// - 39 is IT, and only the exchange that the Vatican uses is VA, as is its own code 379.
// - 262 is RE, but 262269 and 262639 are YT. 590 is GP (also BL and MF). 599 is BQ, but 5999 is CW.
//   672 is NF (also Antarctic stations). 212 is MA
//   (also EH).
// - AC (Ascension, 247) and XK (Kosovo, 383) are not assigned by ISO, but reserved and in use.
// - Codes of no country (800, 808, 870, 878, 881 to 883, 888, 979) are not listed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace tapline {

// The three digits after +1.
struct AreaCode {
    std::uint16_t code = 0;
    std::string_view region;
};

// The first digits after the plus; the longest that fits wins.
struct CallingCode {
    std::string_view digits;
    std::string_view region;
};

inline constexpr std::size_t kCallingCodeDigitsMax = 7;

std::span<const AreaCode> area_codes();        // sorted by code
std::span<const CallingCode> calling_codes();  // sorted by digits, as text

}  // namespace tapline
