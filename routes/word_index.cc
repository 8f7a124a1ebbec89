#include "routes/word_index.h"

namespace tapline {

std::uint32_t WordIndex::step(std::uint32_t node, char byte) const {
    std::uint32_t next = nodes_[node].child;
    while (next != 0 && nodes_[next].byte != byte) next = nodes_[next].sibling;
    return next;
}

std::size_t WordIndex::begin_of(std::string_view text) {
    std::uint32_t bytes = 0;
    for (const char byte : text.substr(0, kBeginBytes)) {
        bytes = bytes << 8 | static_cast<unsigned char>(byte);
    }
    return (bytes * 0x9E3779B1U >> 16) % kBegins;
}

bool WordIndex::may_begin(std::string_view text) const {
    if (text.empty()) return false;
    if (short_[static_cast<unsigned char>(text.front())]) return true;
    return text.size() >= kBeginBytes && begins_[begin_of(text)];
}

std::size_t WordIndex::add(const WordPattern& pattern) {
    // Every needle begins with the space before a word, which find() looks for itself.
    const std::string_view needle = std::string_view(pattern.needle()).substr(1);
    const auto first = static_cast<unsigned char>(needle.front());
    if (needle.size() < kBeginBytes) {
        short_.set(first);
    } else {
        begins_.set(begin_of(needle));
    }
    std::uint32_t node = 0;
    for (std::size_t i = 0; i < needle.size(); ++i) {
        std::uint32_t next = i == 0 ? first_.at(first) : step(node, needle[i]);
        if (next == 0) {
            next = static_cast<std::uint32_t>(nodes_.size());
            nodes_.push_back({0, i == 0 ? 0 : nodes_[node].child, kNone, needle[i]});
            (i == 0 ? first_.at(first) : nodes_[node].child) = next;
        }
        node = next;
    }
    std::uint32_t& number = nodes_[node].pattern;
    if (number == kNone) number = static_cast<std::uint32_t>(patterns_++);
    return number;
}

std::vector<std::size_t> WordIndex::find(std::string_view folded) const {
    std::vector<std::size_t> found;
    std::vector<bool> is_found(patterns_);
    for (std::size_t space = folded.find(' '); space != std::string_view::npos;
         space = folded.find(' ', space + 1)) {
        const std::string_view rest = folded.substr(space + 1);
        if (!may_begin(rest)) continue;
        std::uint32_t node = first_.at(static_cast<unsigned char>(rest.front()));
        for (std::size_t at = 1; node != 0; ++at) {
            const std::uint32_t pattern = nodes_[node].pattern;
            if (pattern != kNone && !is_found[pattern]) {
                is_found[pattern] = true;
                found.push_back(pattern);
            }
            node = at < rest.size() ? step(node, rest[at]) : 0;
        }
    }
    return found;
}

}  // namespace tapline
