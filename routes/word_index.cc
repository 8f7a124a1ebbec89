#include "routes/word_index.h"

#include <string>

namespace tapline {

std::optional<std::size_t> WordIndex::step(std::size_t node, char byte) const {
    for (const auto& [next_byte, next_node] : nodes_[node].next) {
        if (next_byte == byte) return next_node;
    }
    return std::nullopt;
}

std::size_t WordIndex::add(const WordPattern& pattern) {
    std::size_t node = 0;
    // Every needle begins with the space before a word, which find() looks for itself.
    for (const char byte : std::string_view(pattern.needle()).substr(1)) {
        const auto known = step(node, byte);
        if (!known) {
            nodes_[node].next.emplace_back(byte, nodes_.size());
            node = nodes_.size();
            nodes_.emplace_back();
        } else {
            node = *known;
        }
    }
    if (!nodes_[node].pattern) nodes_[node].pattern = patterns_++;
    return *nodes_[node].pattern;
}

std::vector<std::size_t> WordIndex::find(std::string_view folded) const {
    std::vector<std::size_t> found;
    std::vector<bool> is_found(patterns_);
    for (std::size_t space = folded.find(' '); space != std::string_view::npos;
         space = folded.find(' ', space + 1)) {
        std::size_t node = 0;
        for (std::size_t at = space + 1; at < folded.size(); ++at) {
            const auto next = step(node, folded[at]);
            if (!next) break;
            node = *next;
            const auto& pattern = nodes_[node].pattern;
            if (!pattern || is_found[*pattern]) continue;
            is_found[*pattern] = true;
            found.push_back(*pattern);
        }
    }
    return found;
}

}  // namespace tapline
