// Sets of numbers by name and value: which routes ask for button "ig-dm", which for channel "call".
//
//     ValueIndex index;
//     index.add(kButton, "ig-dm", 7);
//     index.pack();
//     const auto key = ValueIndex::key_of(kButton, "ig-dm");
//     index.prefetch(key);                 // and others, before the first is looked up
//     index.unite(index.find(key), set);   // sets bit 7
//
// A gateway has many brands, and the one that an event is for has rarely been touched by the event
// before: time is spent waiting for memory. So a set lies beside its value in one block, and
// look-ups can be announced so that they wait together. A set is kept as the words that are not
// zero.
//
// Thread-safety: const functions are safe from any thread after pack().
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tapline {

class ValueIndex {
  public:
    // What is looked up. The value must outlive it.
    struct Key {
        std::uint32_t name = 0;
        std::string_view value;
        std::uint64_t hash = 0;
    };
    static Key key_of(std::uint32_t name, std::string_view value);

    void add(std::uint32_t name, std::string_view value, std::size_t number);
    // Call once, after the last add().
    void pack();

    // Tells the processor what comes next. find() before unite() of several keys waits once.
    void prefetch(const Key& key) const;
    // Where the set is; 0 for none.
    std::size_t find(const Key& key) const;
    // Adds it to a set of one bit a number. REQUIRES: `set` has bits for all numbers.
    void unite(std::size_t found, std::vector<std::uint64_t>& set) const;

  private:
    // Part of the hash, and the block's place in pool_; 0 for an empty slot.
    struct Slot {
        std::uint32_t tag = 0;
        std::uint32_t place = 0;
    };
    struct Header {
        std::uint32_t name = 0;
        std::uint16_t value_bytes = 0;
        std::uint16_t words = 0;
    };

    std::uint32_t pack(const std::pair<std::uint32_t, std::string>& key,
                       const std::vector<std::size_t>& numbers);

    std::map<std::pair<std::uint32_t, std::string>, std::vector<std::size_t>> numbers_;
    std::vector<Slot> slots_;  // a power of two, at most half full
    // Blocks: Header, the value filled up with zeros, then number and content of each word.
    std::vector<std::uint64_t> pool_;
};

}  // namespace tapline
