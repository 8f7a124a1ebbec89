#include "routes/value_index.h"

#include <bit>
#include <cstring>
#include <functional>
#include <limits>

namespace tapline {

namespace {

constexpr std::size_t kBits = 64;
constexpr std::size_t kWord = sizeof(std::uint64_t);

std::size_t words_of(std::size_t bytes) {
    return (bytes + kWord - 1) / kWord;
}

std::uint32_t tag_of(std::uint64_t hash) {
    return static_cast<std::uint32_t>(hash >> 32);
}

}  // namespace

ValueIndex::Key ValueIndex::key_of(std::uint32_t name, std::string_view value) {
    const std::uint64_t hash = std::hash<std::string_view>{}(value);
    return {name, value, (hash ^ name) * 0x9E3779B97F4A7C15U};
}

void ValueIndex::add(std::uint32_t name, std::string_view value, std::size_t number) {
    // So long a value is nobody's.
    if (value.size() > std::numeric_limits<std::uint16_t>::max()) return;
    numbers_[{name, std::string(value)}].push_back(number);
}

std::uint32_t ValueIndex::pack(const std::pair<std::uint32_t, std::string>& key,
                               const std::vector<std::size_t>& numbers) {
    std::map<std::size_t, std::uint64_t> words;
    for (const std::size_t number : numbers) {
        words[number / kBits] |= std::uint64_t{1} << (number % kBits);
    }
    const auto& [name, value] = key;
    const Header header{name, static_cast<std::uint16_t>(value.size()),
                        static_cast<std::uint16_t>(words.size())};
    const std::size_t place = pool_.size();
    pool_.push_back(std::bit_cast<std::uint64_t>(header));
    pool_.resize(pool_.size() + words_of(value.size()));
    std::memcpy(&pool_[place] + 1, value.data(), value.size());
    for (const auto& [at, word] : words) {
        pool_.push_back(at);
        pool_.push_back(word);
    }
    return static_cast<std::uint32_t>(place);
}

void ValueIndex::pack() {
    slots_.assign(std::bit_ceil(2 * numbers_.size() + 1), Slot{});
    pool_.assign(1, 0);
    for (const auto& [key, numbers] : numbers_) {
        const std::uint64_t hash = key_of(key.first, key.second).hash;
        std::size_t at = hash & (slots_.size() - 1);
        while (slots_[at].place != 0) at = (at + 1) & (slots_.size() - 1);
        slots_[at] = {tag_of(hash), pack(key, numbers)};
    }
    numbers_.clear();
    pool_.shrink_to_fit();
}

void ValueIndex::prefetch(const Key& key) const {
    if (slots_.empty()) return;
    __builtin_prefetch(&slots_[key.hash & (slots_.size() - 1)]);
}

std::size_t ValueIndex::find(const Key& key) const {
    if (slots_.empty()) return 0;
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t at = key.hash & mask; slots_[at].place != 0; at = (at + 1) & mask) {
        const Slot& slot = slots_[at];
        if (slot.tag != tag_of(key.hash)) continue;
        const std::uint64_t* block = &pool_[slot.place];
        const auto header = std::bit_cast<Header>(*block);
        if (header.name == key.name && header.value_bytes == key.value.size() &&
            std::memcmp(block + 1, key.value.data(), key.value.size()) == 0) {
            return slot.place;
        }
    }
    return 0;
}

void ValueIndex::unite(std::size_t found, std::vector<std::uint64_t>& set) const {
    if (found == 0) return;
    const std::uint64_t* block = &pool_[found];
    const auto header = std::bit_cast<Header>(*block);
    block += 1 + words_of(header.value_bytes);
    for (std::size_t i = 0; i < header.words; ++i, block += 2) set[block[0]] |= block[1];
}

}  // namespace tapline
