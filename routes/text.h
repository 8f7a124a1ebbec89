// Matching of words and phrases in what customers write.
//
// Pure; const functions are safe from any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tapline {

inline constexpr std::size_t kFoldBytesMax = std::size_t{64} * 1024;

// Lower case, without accents, every run of other characters one space, a space at both ends:
// "Où est-il?" -> " ou est il ", "" -> " ".
//
// - Latin-1, Latin Extended-A, the accented letters of Extended-B and Extended Additional
//   (Romanian, Vietnamese), Greek, Cyrillic and Armenian lose case and accents; sharp s is "ss",
//   ae and oe are two letters, thorn is "th". Combining accents (U+0300 to U+036F) are dropped, so
//   decomposed text folds as composed text does: Cyrillic short i is i, io is ie.
// - Full-width ASCII is ASCII. Other scripts pass unchanged.
// - An apostrophe, straight or curly, is a space ("l'offre" is two words), but for n't, where it
//   is dropped: "don't", "don’t" and "dont" are the same word.
// - Invisible marks inside words (soft hyphen, joiners) are dropped. Invalid UTF-8, emoji,
//   punctuation and symbols count as spaces.
//
// At most kFoldBytesMax bytes are read.
std::string fold(std::string_view text);

// A word or phrase of a route's `text:`. "cancel" matches the word, "switch to" the words in a
// row, "cancel*" every word that begins so. Case and accents are ignored.
class WordPattern {
  public:
    // REQUIRES: is_valid(written).
    explicit WordPattern(std::string_view written);

    // False when nothing is left after folding, or when a star stands elsewhere than at the end,
    // directly after a letter or digit.
    static bool is_valid(std::string_view written);

    // `folded` is what fold() returned.
    bool matches(std::string_view folded) const;

    const std::string& written() const { return written_; }
    // What must occur in the folded text: " cancel" for a prefix, " cancel " for whole words.
    const std::string& needle() const { return needle_; }
    bool operator==(const WordPattern& other) const { return needle_ == other.needle_; }

  private:
    std::string written_;
    std::string needle_;
};

}  // namespace tapline
