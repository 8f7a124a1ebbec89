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

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <string_view>
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
    // Children are a list, and the nodes of one pattern mostly lie in a row: a walk touches little
    // memory.
    struct Node {
        std::uint32_t child = 0;  // 0: none, since no node leads to the root
        std::uint32_t sibling = 0;
        std::uint32_t pattern = kNone;  // ends here
        char byte = 0;
    };
    static constexpr std::uint32_t kNone = 0xFFFFFFFF;
    static constexpr std::size_t kBeginBytes = 3;
    static constexpr std::size_t kBegins = 4096;

    std::uint32_t step(std::uint32_t node, char byte) const;
    static std::size_t begin_of(std::string_view text);
    // False for most words that begin as no pattern does.
    bool may_begin(std::string_view text) const;

    std::vector<Node> nodes_{1};
    std::array<std::uint32_t, 256> first_{};  // by the first byte, the root's children
    std::bitset<kBegins> begins_;             // by begin_of the patterns
    std::bitset<256> short_;                  // first bytes of patterns below kBeginBytes
    std::size_t patterns_ = 0;
};

}  // namespace tapline
