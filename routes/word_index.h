// Which of many word patterns occur in a text, found in one pass over the text.
//
//     WordIndex words;
//     const std::size_t leaving = words.add(WordPattern("cancel*"));
//     words.find(fold("Please cancel it"))   -> {leaving}
//
// A trie of the patterns is walked from the beginning of every word: the time grows with the text
// and with the longest pattern, hardly with the number of patterns.
//
// Thread-safety: find() is safe from any thread once nothing is added any more.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "routes/text.h"

namespace tapline {

class WordIndex {
  public:
    // The pattern's number, from 0; equal patterns have the same.
    std::size_t add(const WordPattern& pattern);

    std::size_t size() const { return patterns_; }

    // The numbers of the patterns that match, each once, in order of appearance. `folded` is what
    // fold() returned.
    std::vector<std::size_t> find(std::string_view folded) const;

  private:
    struct Node {
        std::vector<std::pair<char, std::size_t>> next;
        std::optional<std::size_t> pattern;  // ends here
    };

    std::optional<std::size_t> step(std::size_t node, char byte) const;

    std::vector<Node> nodes_{1};
    std::size_t patterns_ = 0;
};

}  // namespace tapline
