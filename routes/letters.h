// The table behind fold(): what one code point outside ASCII becomes.
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace tapline {

enum class LetterKind {
    letter,     // `text` replaces it; empty: it stays as it is
    dropped,    // it is written, but not read: accents, joiners
    separator,  // punctuation and symbols
};

struct FoldedLetter {
    LetterKind kind = LetterKind::letter;
    // One or two ASCII letters, or one letter of two bytes; no more than fits into the array.
    std::array<char, 2> bytes{};
    std::size_t size = 0;

    std::string_view text() const { return {bytes.data(), size}; }
};

// REQUIRES: point >= 0x80.
FoldedLetter fold_letter(char32_t point);

}  // namespace tapline
