#include "routes/language.h"

#include <algorithm>
#include <cstddef>

#include "routes/brand.h"

namespace tapline {

namespace {

constexpr std::size_t kBytesMax = 35;
constexpr std::size_t kPartBytesMax = 8;

bool is_letter(char c) {
    return c >= 'a' && c <= 'z';
}

bool is_part(std::string_view part) {
    return !part.empty() && part.size() <= kPartBytesMax &&
           std::all_of(part.begin(), part.end(),
                       [](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

// ISO 639 keeps qaa to qtz for private use.
bool is_undetermined(std::string_view language) {
    return language == "und" || language == "zxx" || language == "mul" || language == "mis" ||
           (language.size() == 3 && language[0] == 'q' && language[1] <= 't');
}

}  // namespace

std::string language_tag(std::string_view written) {
    written = written.substr(0, written.find_first_of(",;"));
    while (!written.empty() && written.front() == ' ') written.remove_prefix(1);
    while (!written.empty() && written.back() == ' ') written.remove_suffix(1);
    if (written.size() > kBytesMax) return "";
    std::string tag = address_key(written);
    std::replace(tag.begin(), tag.end(), '_', '-');
    const std::string_view language = std::string_view(tag).substr(0, tag.find('-'));
    const bool is_language = language.size() >= 2 && language.size() <= 3 &&
                             std::all_of(language.begin(), language.end(), is_letter);
    if (!is_language || is_undetermined(language)) return "";
    for (std::string_view rest = tag;;) {
        const std::size_t dash = rest.find('-');
        if (!is_part(rest.substr(0, dash))) return "";
        if (dash == std::string_view::npos) return tag;
        rest.remove_prefix(dash + 1);
    }
}

}  // namespace tapline
