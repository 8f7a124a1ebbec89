#include "config/brand_words.h"

#include <algorithm>
#include <charconv>

#include "config/brand_dial.h"

namespace tapline {

namespace {

constexpr std::size_t kReplyBytesMax = 1'600;

}  // namespace

Parsed<std::string> parse_words(std::string_view written) {
    if (WordPattern::is_valid(written)) return std::string(written);
    const bool has_star = written.find('*') != std::string_view::npos;
    return tl::unexpected<std::string>(has_star ? "a star stands only at the end, after letters"
                                                : "it has no letter or digit");
}

Parsed<double> parse_share(std::string_view written) {
    if (!written.ends_with('%')) {
        const bool plain =
            !written.empty() && written.find_first_not_of("0123456789.") == std::string_view::npos;
        return tl::unexpected(plain ? "write " + std::string(written) + "%" : "");
    }
    const std::string_view digits = written.substr(0, written.size() - 1);
    const bool plain = !digits.empty() && digits.front() != '.' &&
                       digits.find_first_not_of("0123456789.") == std::string_view::npos;
    double percent = 0;
    const auto [end, fault] =
        std::from_chars(digits.data(), digits.data() + digits.size(), percent);
    if (!plain || fault != std::errc() || end != digits.data() + digits.size()) {
        return tl::unexpected<std::string>("");
    }
    if (percent <= 0) return tl::unexpected<std::string>("it must be more than nothing");
    if (percent > 100) return tl::unexpected<std::string>("at most 100%");
    return percent / 100;
}

std::vector<WordPattern> read_words(const YamlNode* node, Report& report) {
    std::vector<WordPattern> words;
    for (const YamlNode* item : read_items(node, "words", report)) {
        if (const auto one = read_value(item, kWords, report)) words.emplace_back(*one);
    }
    return words;
}

std::string read_reply(const YamlNode* node, std::span<const std::string_view> names,
                       Report& report) {
    const auto reply = read_text(node, report);
    if (!reply) return "";
    check_placeholders(*node, names, report);
    if (reply->size() > kReplyBytesMax) {
        report.error(node->where, "a reply has at most 1600 bytes; shorten it");
    }
    return *reply;
}

}  // namespace tapline
