#include "adapters/mail/html_text.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <utility>

namespace tapline {
namespace {

using Named = std::pair<std::string_view, std::string_view>;

constexpr std::array<Named, 24> kEntities = {{
    {"amp", "&"},        {"apos", "'"},        {"bull", "\u2022"},  {"cent", "\u00A2"},
    {"copy", "\u00A9"},  {"euro", "\u20AC"},   {"gt", ">"},         {"hellip", "\u2026"},
    {"laquo", "\u00AB"}, {"ldquo", "\u201C"},  {"lsquo", "\u2018"}, {"lt", "<"},
    {"mdash", "\u2014"}, {"middot", "\u00B7"}, {"nbsp", " "},       {"ndash", "\u2013"},
    {"pound", "\u00A3"}, {"quot", "\""},       {"raquo", "\u00BB"}, {"rdquo", "\u201D"},
    {"reg", "\u00AE"},   {"rsquo", "\u2019"},  {"szlig", "\u00DF"}, {"trade", "\u2122"},
}};

// Elements whose content nobody sees.
constexpr std::array<std::string_view, 6> kHidden = {"script", "style",    "head",
                                                     "title",  "template", "noscript"};

constexpr std::array<std::string_view, 22> kBlocks = {
    "address", "article", "blockquote", "br", "dd", "div", "dl", "dt",    "footer", "h1", "h2",
    "h3",      "h4",      "header",     "hr", "li", "ol",  "p",  "table", "td",     "tr", "ul"};

constexpr std::size_t kNameBytesMax = 12;
constexpr std::size_t kReferenceBytesMax = 10;
// How far a quoted attribute may reach; bounds the work that tags of open quotes make.
constexpr std::size_t kTagBytesMax = 2048;

template <std::size_t N>
bool is_one_of(const std::array<std::string_view, N>& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_letter(char c) {
    return lower(c) >= 'a' && lower(c) <= 'z';
}

bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

void append_utf8(std::string& out, std::uint32_t point) {
    const auto byte = [&](std::uint32_t value) { out.push_back(static_cast<char>(value)); };
    if (point < 0x80) {
        byte(point);
    } else if (point < 0x800) {
        byte(0xC0 | point >> 6);
        byte(0x80 | (point & 0x3F));
    } else if (point < 0x10000) {
        byte(0xE0 | point >> 12);
        byte(0x80 | (point >> 6 & 0x3F));
        byte(0x80 | (point & 0x3F));
    } else {
        byte(0xF0 | point >> 18);
        byte(0x80 | (point >> 12 & 0x3F));
        byte(0x80 | (point >> 6 & 0x3F));
        byte(0x80 | (point & 0x3F));
    }
}

// "#8364" or "#x20AC"; nothing for what is no character or would not print.
std::optional<std::uint32_t> numeric_reference(std::string_view name) {
    name.remove_prefix(1);
    const bool is_hex = !name.empty() && lower(name.front()) == 'x';
    if (is_hex) name.remove_prefix(1);
    if (name.empty()) return std::nullopt;
    std::uint32_t point = 0;
    for (const char c : name) {
        const char digit = lower(c);
        const bool decimal = digit >= '0' && digit <= '9';
        const bool hex = is_hex && digit >= 'a' && digit <= 'f';
        if (!decimal && !hex) return std::nullopt;
        const auto value = static_cast<std::uint32_t>(decimal ? digit - '0' : digit - 'a' + 10);
        point = point * (is_hex ? 16 : 10) + value;
        if (point > 0x10FFFF) return std::nullopt;
    }
    const bool surrogate = point >= 0xD800 && point <= 0xDFFF;
    if (surrogate || (point < 0x20 && point != '\n' && point != '\t') || point == 0x7F) {
        return std::nullopt;
    }
    return point;
}

class Reader {
  public:
    explicit Reader(std::string_view html) : html_(html) { text_.reserve(html.size() / 2); }

    std::string read() {
        while (at_ < html_.size()) {
            const char c = html_[at_];
            if (c == '<' && take_markup()) continue;
            if (c == '&' && take_reference()) continue;
            if (is_space(c)) {
                space_ = true;
            } else {
                put(std::string_view(&html_[at_], 1));
            }
            ++at_;
        }
        return std::move(text_);
    }

  private:
    // White space and line breaks are put only before something that follows them.
    void put(std::string_view bytes) {
        if (!text_.empty() && breaks_ > 0) text_.append(std::min<std::size_t>(breaks_, 2), '\n');
        if (!text_.empty() && breaks_ == 0 && space_) text_.push_back(' ');
        breaks_ = 0;
        space_ = false;
        text_.append(bytes);
    }

    bool take_markup() {
        if (html_.substr(at_, 4) == "<!--") {
            const std::size_t end = html_.find("-->", at_ + 4);
            at_ = end == html_.npos ? html_.size() : end + 3;
            return true;
        }
        std::size_t i = at_ + 1;
        if (i >= html_.size()) return false;
        const bool is_end = html_[i] == '/';
        if (html_[i] == '/' || html_[i] == '!' || html_[i] == '?') ++i;
        const bool is_declaration = i > at_ + 1 && !is_end;
        if (!is_declaration && (i >= html_.size() || !is_letter(html_[i]))) return false;
        std::string name;
        for (; i < html_.size() && name.size() < kNameBytesMax; ++i) {
            const char c = lower(html_[i]);
            if (!is_letter(c) && (c < '0' || c > '9')) break;
            name.push_back(c);
        }
        at_ = end_of_tag(i);
        if (is_one_of(kBlocks, name)) ++breaks_;
        if (!is_end && is_one_of(kHidden, name)) skip_hidden(name);
        return true;
    }

    // Behind the ">" of a tag; one inside of quotes does not end it.
    std::size_t end_of_tag(std::size_t i) const {
        const std::size_t plain = html_.find('>', i);
        char quote = 0;
        const std::size_t most = std::min(html_.size(), i + kTagBytesMax);
        for (; i < most; ++i) {
            const char c = html_[i];
            if (quote != 0) {
                if (c == quote) quote = 0;
            } else if (c == '"' || c == '\'') {
                quote = c;
            } else if (c == '>') {
                return i + 1;
            }
        }
        // A quote that never ends must not swallow the mail.
        return plain == html_.npos ? html_.size() : plain + 1;
    }

    void skip_hidden(const std::string& name) {
        for (std::size_t i = html_.find("</", at_); i != html_.npos; i = html_.find("</", i + 2)) {
            const std::string_view found = html_.substr(i + 2, name.size());
            const bool same = std::equal(found.begin(), found.end(), name.begin(), name.end(),
                                         [](char a, char b) { return lower(a) == b; });
            if (same) {
                at_ = end_of_tag(i + 2 + name.size());
                return;
            }
        }
        at_ = html_.size();
    }

    bool take_reference() {
        const std::size_t end = html_.substr(at_ + 1, kReferenceBytesMax).find(';');
        if (end == html_.npos || end == 0) return false;
        const std::string_view name = html_.substr(at_ + 1, end);
        if (name.front() == '#') {
            const auto point = numeric_reference(name);
            if (!point) return false;
            std::string bytes;
            append_utf8(bytes, *point);
            put(bytes);
        } else {
            const auto found = std::find_if(kEntities.begin(), kEntities.end(),
                                            [&](const Named& one) { return one.first == name; });
            if (found == kEntities.end()) return false;
            if (found->second == " ") {
                space_ = true;
            } else {
                put(found->second);
            }
        }
        at_ += end + 2;
        return true;
    }

    std::string_view html_;
    std::size_t at_ = 0;
    std::string text_;
    std::size_t breaks_ = 0;
    bool space_ = false;
};

}  // namespace

std::string html_to_text(std::string_view html) {
    return Reader(html).read();
}

}  // namespace tapline
