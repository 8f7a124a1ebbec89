#include "routes/letters.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <span>

namespace tapline {

namespace {

// From `first` to `last` every letter, upper or lower case and with whatever accent, is `base`.
struct Bases {
    char32_t first;
    char32_t last;
    std::string_view base;
};

constexpr auto kBases = std::to_array<Bases>({
    // Latin-1
    {0xAA, 0xAA, "a"},
    {0xB5, 0xB5, "μ"},
    {0xBA, 0xBA, "o"},
    {0xC0, 0xC5, "a"},
    {0xC6, 0xC6, "ae"},
    {0xC7, 0xC7, "c"},
    {0xC8, 0xCB, "e"},
    {0xCC, 0xCF, "i"},
    {0xD0, 0xD0, "d"},
    {0xD1, 0xD1, "n"},
    {0xD2, 0xD6, "o"},
    {0xD8, 0xD8, "o"},
    {0xD9, 0xDC, "u"},
    {0xDD, 0xDD, "y"},
    {0xDE, 0xDE, "th"},
    {0xDF, 0xDF, "ss"},
    {0xE0, 0xE5, "a"},
    {0xE6, 0xE6, "ae"},
    {0xE7, 0xE7, "c"},
    {0xE8, 0xEB, "e"},
    {0xEC, 0xEF, "i"},
    {0xF0, 0xF0, "d"},
    {0xF1, 0xF1, "n"},
    {0xF2, 0xF6, "o"},
    {0xF8, 0xF8, "o"},
    {0xF9, 0xFC, "u"},
    {0xFD, 0xFD, "y"},
    {0xFE, 0xFE, "th"},
    {0xFF, 0xFF, "y"},
    // Latin Extended-A
    {0x100, 0x105, "a"},
    {0x106, 0x10D, "c"},
    {0x10E, 0x111, "d"},
    {0x112, 0x11B, "e"},
    {0x11C, 0x123, "g"},
    {0x124, 0x127, "h"},
    {0x128, 0x131, "i"},
    {0x132, 0x133, "ij"},
    {0x134, 0x135, "j"},
    {0x136, 0x138, "k"},
    {0x139, 0x142, "l"},
    {0x143, 0x14B, "n"},
    {0x14C, 0x151, "o"},
    {0x152, 0x153, "oe"},
    {0x154, 0x159, "r"},
    {0x15A, 0x161, "s"},
    {0x162, 0x167, "t"},
    {0x168, 0x173, "u"},
    {0x174, 0x175, "w"},
    {0x176, 0x178, "y"},
    {0x179, 0x17E, "z"},
    {0x17F, 0x17F, "s"},
    // Latin Extended-B: the accented letters, and the Azerbaijani schwa
    {0x18F, 0x18F, "ə"},
    {0x1A0, 0x1A1, "o"},
    {0x1AF, 0x1B0, "u"},
    {0x1CD, 0x1CE, "a"},
    {0x1CF, 0x1D0, "i"},
    {0x1D1, 0x1D2, "o"},
    {0x1D3, 0x1DC, "u"},
    {0x1DE, 0x1E1, "a"},
    {0x1E2, 0x1E3, "ae"},
    {0x1E6, 0x1E7, "g"},
    {0x1E8, 0x1E9, "k"},
    {0x1EA, 0x1ED, "o"},
    {0x1F0, 0x1F0, "j"},
    {0x1F4, 0x1F5, "g"},
    {0x1F8, 0x1F9, "n"},
    {0x1FA, 0x1FB, "a"},
    {0x1FC, 0x1FD, "ae"},
    {0x1FE, 0x1FF, "o"},
    {0x200, 0x203, "a"},
    {0x204, 0x207, "e"},
    {0x208, 0x20B, "i"},
    {0x20C, 0x20F, "o"},
    {0x210, 0x213, "r"},
    {0x214, 0x217, "u"},
    {0x218, 0x219, "s"},
    {0x21A, 0x21B, "t"},
    {0x21E, 0x21F, "h"},
    {0x226, 0x227, "a"},
    {0x228, 0x229, "e"},
    {0x22A, 0x231, "o"},
    {0x232, 0x233, "y"},
    // Greek; U+03C2 is the final sigma
    {0x386, 0x386, "α"},
    {0x388, 0x388, "ε"},
    {0x389, 0x389, "η"},
    {0x38A, 0x38A, "ι"},
    {0x38C, 0x38C, "ο"},
    {0x38E, 0x38E, "υ"},
    {0x38F, 0x38F, "ω"},
    {0x390, 0x390, "ι"},
    {0x3AA, 0x3AA, "ι"},
    {0x3AB, 0x3AB, "υ"},
    {0x3AC, 0x3AC, "α"},
    {0x3AD, 0x3AD, "ε"},
    {0x3AE, 0x3AE, "η"},
    {0x3AF, 0x3AF, "ι"},
    {0x3B0, 0x3B0, "υ"},
    {0x3C2, 0x3C2, "σ"},
    {0x3CA, 0x3CA, "ι"},
    {0x3CB, 0x3CB, "υ"},
    {0x3CC, 0x3CC, "ο"},
    {0x3CD, 0x3CD, "υ"},
    {0x3CE, 0x3CE, "ω"},
    // Cyrillic
    {0x400, 0x401, "е"},
    {0x403, 0x403, "г"},
    {0x407, 0x407, "і"},
    {0x40C, 0x40C, "к"},
    {0x40D, 0x40D, "и"},
    {0x40E, 0x40E, "у"},
    {0x419, 0x419, "и"},
    {0x439, 0x439, "и"},
    {0x450, 0x451, "е"},
    {0x453, 0x453, "г"},
    {0x457, 0x457, "і"},
    {0x45C, 0x45C, "к"},
    {0x45D, 0x45D, "и"},
    {0x45E, 0x45E, "у"},
    {0x476, 0x477, "ѵ"},
    {0x4C1, 0x4C2, "ж"},
    {0x4D0, 0x4D3, "а"},
    {0x4D6, 0x4D7, "е"},
    {0x4DA, 0x4DB, "ә"},
    {0x4DC, 0x4DD, "ж"},
    {0x4DE, 0x4DF, "з"},
    {0x4E2, 0x4E5, "и"},
    {0x4E6, 0x4E7, "о"},
    {0x4EA, 0x4EB, "ө"},
    {0x4EC, 0x4ED, "э"},
    {0x4EE, 0x4F3, "у"},
    {0x4F4, 0x4F5, "ч"},
    {0x4F8, 0x4F9, "ы"},
    // Latin Extended Additional: Vietnamese from U+1EA0 on
    {0x1E00, 0x1E01, "a"},
    {0x1E02, 0x1E07, "b"},
    {0x1E08, 0x1E09, "c"},
    {0x1E0A, 0x1E13, "d"},
    {0x1E14, 0x1E1D, "e"},
    {0x1E1E, 0x1E1F, "f"},
    {0x1E20, 0x1E21, "g"},
    {0x1E22, 0x1E2B, "h"},
    {0x1E2C, 0x1E2F, "i"},
    {0x1E30, 0x1E35, "k"},
    {0x1E36, 0x1E3D, "l"},
    {0x1E3E, 0x1E43, "m"},
    {0x1E44, 0x1E4B, "n"},
    {0x1E4C, 0x1E53, "o"},
    {0x1E54, 0x1E57, "p"},
    {0x1E58, 0x1E5F, "r"},
    {0x1E60, 0x1E69, "s"},
    {0x1E6A, 0x1E71, "t"},
    {0x1E72, 0x1E7B, "u"},
    {0x1E7C, 0x1E7F, "v"},
    {0x1E80, 0x1E89, "w"},
    {0x1E8A, 0x1E8D, "x"},
    {0x1E8E, 0x1E8F, "y"},
    {0x1E90, 0x1E95, "z"},
    {0x1E96, 0x1E96, "h"},
    {0x1E97, 0x1E97, "t"},
    {0x1E98, 0x1E98, "w"},
    {0x1E99, 0x1E99, "y"},
    {0x1E9B, 0x1E9B, "s"},
    {0x1E9E, 0x1E9E, "ss"},
    {0x1EA0, 0x1EB7, "a"},
    {0x1EB8, 0x1EC7, "e"},
    {0x1EC8, 0x1ECB, "i"},
    {0x1ECC, 0x1EE3, "o"},
    {0x1EE4, 0x1EF1, "u"},
    {0x1EF2, 0x1EF9, "y"},
    // Polytonic Greek
    {0x1F00, 0x1F0F, "α"},
    {0x1F10, 0x1F1D, "ε"},
    {0x1F20, 0x1F2F, "η"},
    {0x1F30, 0x1F3F, "ι"},
    {0x1F40, 0x1F4D, "ο"},
    {0x1F50, 0x1F5F, "υ"},
    {0x1F60, 0x1F6F, "ω"},
    {0x1F70, 0x1F71, "α"},
    {0x1F72, 0x1F73, "ε"},
    {0x1F74, 0x1F75, "η"},
    {0x1F76, 0x1F77, "ι"},
    {0x1F78, 0x1F79, "ο"},
    {0x1F7A, 0x1F7B, "υ"},
    {0x1F7C, 0x1F7D, "ω"},
    {0x1F80, 0x1F8F, "α"},
    {0x1F90, 0x1F9F, "η"},
    {0x1FA0, 0x1FAF, "ω"},
    {0x1FB0, 0x1FBC, "α"},
    {0x1FBE, 0x1FBE, "ι"},
    {0x1FC2, 0x1FC7, "η"},
    {0x1FC8, 0x1FC9, "ε"},
    {0x1FCA, 0x1FCC, "η"},
    {0x1FD0, 0x1FDB, "ι"},
    {0x1FE0, 0x1FE3, "υ"},
    {0x1FE4, 0x1FE5, "ρ"},
    {0x1FE6, 0x1FEB, "υ"},
    {0x1FEC, 0x1FEC, "ρ"},
    {0x1FF2, 0x1FF7, "ω"},
    {0x1FF8, 0x1FF9, "ο"},
    {0x1FFA, 0x1FFC, "ω"},
});

// Upper case to lower case, where a step does it. Step 1 means that the cases alternate and that
// `first` is an upper case letter.
struct Step {
    char32_t first;
    char32_t last;
    char32_t step;
};

constexpr auto kSteps = std::to_array<Step>({
    {0x391, 0x3A9, 0x20},  // Greek
    {0x3D8, 0x3EF, 1},
    {0x400, 0x40F, 0x50},  // Cyrillic
    {0x410, 0x42F, 0x20},
    {0x460, 0x481, 1},
    {0x48A, 0x4BF, 1},
    {0x4C0, 0x4C0, 0x0F},
    {0x4C1, 0x4CE, 1},
    {0x4D0, 0x52F, 1},
    {0x531, 0x556, 0x30},  // Armenian
});

struct Kinds {
    char32_t first;
    char32_t last;
    LetterKind kind;
};

constexpr auto kKinds = std::to_array<Kinds>({
    {0x80, 0xA9, LetterKind::separator},
    {0xAB, 0xAC, LetterKind::separator},
    {0xAD, 0xAD, LetterKind::dropped},  // soft hyphen
    {0xAE, 0xB4, LetterKind::separator},
    {0xB6, 0xB9, LetterKind::separator},
    {0xBB, 0xBF, LetterKind::separator},
    {0xD7, 0xD7, LetterKind::separator},
    {0xF7, 0xF7, LetterKind::separator},
    {0x2BC, 0x2BC, LetterKind::separator},  // modifier letter apostrophe
    {0x300, 0x36F, LetterKind::dropped},    // combining accents
    {0x37E, 0x37E, LetterKind::separator},  // Greek question mark
    {0x384, 0x385, LetterKind::separator},
    {0x387, 0x387, LetterKind::separator},
    {0x482, 0x482, LetterKind::separator},
    {0x483, 0x489, LetterKind::dropped},    // combining Cyrillic marks
    {0x55A, 0x55F, LetterKind::separator},  // Armenian, Hebrew, Arabic, Devanagari punctuation
    {0x589, 0x58A, LetterKind::separator},
    {0x5BE, 0x5BE, LetterKind::separator},
    {0x5C0, 0x5C0, LetterKind::separator},
    {0x5C3, 0x5C3, LetterKind::separator},
    {0x5F3, 0x5F4, LetterKind::separator},
    {0x60C, 0x60C, LetterKind::separator},
    {0x61B, 0x61B, LetterKind::separator},
    {0x61F, 0x61F, LetterKind::separator},
    {0x66A, 0x66D, LetterKind::separator},
    {0x6D4, 0x6D4, LetterKind::separator},
    {0x964, 0x965, LetterKind::separator},
    {0x1FBD, 0x1FBD, LetterKind::separator},  // Greek accents that stand alone
    {0x1FBF, 0x1FC1, LetterKind::separator},
    {0x1FCD, 0x1FCF, LetterKind::separator},
    {0x1FDD, 0x1FDF, LetterKind::separator},
    {0x1FED, 0x1FEF, LetterKind::separator},
    {0x1FFD, 0x1FFE, LetterKind::separator},
    {0x2000, 0x200B, LetterKind::separator},  // spaces
    {0x200C, 0x200F, LetterKind::dropped},    // joiners, writing direction
    {0x2010, 0x205F, LetterKind::separator},  // dashes, quotes, other punctuation
    {0x2060, 0x206F, LetterKind::dropped},    // invisible operators
    {0x2070, 0x2BFF, LetterKind::separator},  // superscripts, currency, arrows, symbols
    {0x2E00, 0x2E7F, LetterKind::separator},
    {0x3000, 0x3004, LetterKind::separator},  // Chinese and Japanese punctuation
    {0x3008, 0x3030, LetterKind::separator},
    {0x303D, 0x303F, LetterKind::separator},
    {0x30FB, 0x30FB, LetterKind::separator},
    {0xE000, 0xF8FF, LetterKind::separator},  // private use
    {0xFE00, 0xFE0F, LetterKind::dropped},    // variation selectors
    {0xFE10, 0xFE1F, LetterKind::separator},
    {0xFE30, 0xFE6F, LetterKind::separator},
    {0xFEFF, 0xFEFF, LetterKind::dropped},    // byte order mark
    {0xFF00, 0xFF0F, LetterKind::separator},  // full-width punctuation
    {0xFF1A, 0xFF20, LetterKind::separator},
    {0xFF3B, 0xFF40, LetterKind::separator},
    {0xFF5B, 0xFF65, LetterKind::separator},
    {0xFFE0, 0xFFFF, LetterKind::separator},
    {0x1F000, 0x1FAFF, LetterKind::separator},  // emoji
});

template <class Range>
constexpr bool is_sorted_without_overlap(std::span<const Range> ranges) {
    for (std::size_t i = 0; i < ranges.size(); ++i) {
        if (ranges[i].first > ranges[i].last) return false;
        if (i > 0 && ranges[i - 1].last >= ranges[i].first) return false;
    }
    return true;
}
static_assert(is_sorted_without_overlap(std::span<const Bases>(kBases)));
static_assert(is_sorted_without_overlap(std::span<const Step>(kSteps)));
static_assert(is_sorted_without_overlap(std::span<const Kinds>(kKinds)));
static_assert(std::all_of(kBases.begin(), kBases.end(),
                          [](const Bases& bases) { return bases.base.size() <= 2; }));

template <class Range>
const Range* find(std::span<const Range> ranges, char32_t point) {
    const auto after =
        std::upper_bound(ranges.begin(), ranges.end(), point,
                         [](char32_t value, const Range& range) { return value < range.first; });
    if (after == ranges.begin()) return nullptr;
    const Range& range = *std::prev(after);
    return point <= range.last ? &range : nullptr;
}

FoldedLetter folded(std::string_view text) {
    FoldedLetter letter;
    letter.size = text.copy(letter.bytes.data(), letter.bytes.size());
    return letter;
}

// REQUIRES: 0x80 <= point < 0x800, which all lower case letters of kSteps are.
FoldedLetter two_bytes(char32_t point) {
    FoldedLetter letter;
    letter.bytes = {static_cast<char>(0xC0U | (point >> 6U)),
                    static_cast<char>(0x80U | (point & 0x3FU))};
    letter.size = letter.bytes.size();
    return letter;
}

FoldedLetter lower_case(const Step& step, char32_t point) {
    if (step.step != 1) return two_bytes(point + step.step);
    const bool is_upper = (point - step.first) % 2 == 0;
    return two_bytes(is_upper ? point + 1 : point);
}

}  // namespace

FoldedLetter fold_letter(char32_t point) {
    if (const auto* bases = find(std::span<const Bases>(kBases), point)) return folded(bases->base);
    if (const auto* step = find(std::span<const Step>(kSteps), point)) {
        return lower_case(*step, point);
    }
    if (const auto* kinds = find(std::span<const Kinds>(kKinds), point))
        return {kinds->kind, {}, 0};
    const bool is_full_width = point >= 0xFF10 && point <= 0xFF5A;
    if (!is_full_width) return {};
    const auto ascii = static_cast<char>(point - 0xFF10 + '0');
    const bool is_upper = ascii >= 'A' && ascii <= 'Z';
    const std::array<char, 1> lower{is_upper ? static_cast<char>(ascii + ('a' - 'A')) : ascii};
    return folded({lower.data(), lower.size()});
}

}  // namespace tapline
