#include "config/mistake.h"

#include <algorithm>

namespace tapline {

namespace {

// Longer words are no slips of the pen, and the table of distances is quadratic.
constexpr std::size_t kWordBytesMax = 64;

std::string lower_case(std::string_view text) {
    std::string lower(text);
    for (char& c : lower) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return lower;
}

// Damerau-Levenshtein distance with neighbouring swaps (optimal string alignment).
std::size_t distance(std::string_view a, std::string_view b) {
    const std::size_t width = b.size() + 1;
    std::vector<std::size_t> before(width);
    std::vector<std::size_t> previous(width);
    std::vector<std::size_t> row(width);
    for (std::size_t j = 0; j < width; ++j) previous[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j < width; ++j) {
            const std::size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
            row[j] = std::min({previous[j] + 1, row[j - 1] + 1, previous[j - 1] + change});
            const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
        }
        std::swap(before, previous);
        std::swap(previous, row);
    }
    return previous.back();
}

}  // namespace

std::string to_string(const Mistake& mistake) {
    std::string text = mistake.file;
    if (mistake.line > 0) {
        text += ":" + std::to_string(mistake.line) + ":" + std::to_string(mistake.column);
    }
    if (!text.empty()) text += ": ";
    if (mistake.severity == Mistake::Severity::warning) text += "warning: ";
    return text + mistake.message;
}

std::string nearest(std::string_view written, const std::vector<std::string>& names) {
    if (written.size() < 2 || written.size() > kWordBytesMax) return "";
    const std::string word = lower_case(written);
    std::size_t best = std::max<std::size_t>(1, word.size() / 3) + 1;
    std::string found;
    for (const std::string& name : names) {
        const std::size_t longer = std::max(name.size(), word.size());
        if (longer - std::min(name.size(), word.size()) >= best) continue;
        const std::size_t edits = distance(word, lower_case(name));
        if (edits < best) {
            best = edits;
            found = name;
        }
    }
    return found;
}

}  // namespace tapline
