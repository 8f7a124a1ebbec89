#include "adapters/mail/message.h"

#include <algorithm>

#include "adapters/utf8.h"

namespace tapline {
namespace {

constexpr std::size_t kNameBytesMax = 100;
constexpr std::size_t kFileNameBytesMax = 255;

bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

bool is_control(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7F;
}

// RFC 5322 section 2.2: printable ASCII but the colon.
bool is_header_name(std::string_view name) {
    return !name.empty() && name.size() <= kNameBytesMax &&
           std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c < 0x7F; });
}

std::string lower(std::string_view text) {
    std::string low(text);
    std::transform(low.begin(), low.end(), low.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return low;
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
    return text;
}

// Takes one line off the front, without its end.
std::string_view take_line(std::string_view& rest) {
    const std::size_t end = rest.find('\n');
    std::string_view line = rest.substr(0, end);
    rest = end == rest.npos ? std::string_view() : rest.substr(end + 1);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    return line;
}

}  // namespace

const std::string* MailMessage::header(std::string_view name) const {
    const auto found = std::find_if(headers.begin(), headers.end(),
                                    [&](const auto& one) { return one.first == name; });
    return found == headers.end() ? nullptr : &found->second;
}

std::size_t MailMessage::count(std::string_view name) const {
    return static_cast<std::size_t>(std::count_if(
        headers.begin(), headers.end(), [&](const auto& one) { return one.first == name; }));
}

MailHeaders parse_header_block(std::string_view block) {
    MailHeaders headers;
    bool readable = false;
    while (!block.empty()) {
        const std::string_view line = take_line(block);
        if (line.empty()) break;
        if (is_blank(line.front())) {
            if (!readable) continue;
            std::string& value = headers.back().second;
            if (value.size() + line.size() < kMailValueBytesMax) {
                value.append(" ").append(trimmed(line));
            }
            continue;
        }
        const std::size_t colon = line.find(':');
        const std::string_view name = trimmed(line.substr(0, colon));
        readable = colon != line.npos && is_header_name(name);
        if (!readable) continue;
        if (headers.size() >= kMailHeadersMax) break;
        std::string value(trimmed(line.substr(colon + 1)).substr(0, kMailValueBytesMax));
        value.erase(std::remove(value.begin(), value.end(), '\0'), value.end());
        headers.emplace_back(lower(name), std::move(value));
    }
    return headers;
}

std::string one_line(std::string_view text, std::size_t bytes_max) {
    std::string line;
    const std::string valid = to_valid_utf8(text.substr(0, bytes_max * 4));
    for (const char c : valid) {
        if (!is_control(c) && c != ' ') {
            line.push_back(c);
        } else if (!line.empty() && line.back() != ' ') {
            line.push_back(' ');
        }
    }
    line.resize(utf8_prefix(line, bytes_max).size());
    while (!line.empty() && line.back() == ' ') line.pop_back();
    return line;
}

std::string clean_text(std::string_view text) {
    std::string clean;
    const std::string valid = to_valid_utf8(text.substr(0, kMailTextBytesMax * 2));
    for (std::size_t i = 0; i < valid.size(); ++i) {
        const char c = valid[i];
        const bool bare_return = c == '\r' && (i + 1 == valid.size() || valid[i + 1] != '\n');
        if (bare_return) clean.push_back('\n');
        if (!is_control(c) || c == '\n' || c == '\t') clean.push_back(c);
    }
    const std::size_t begin = clean.find_first_not_of(" \t\n");
    if (begin == clean.npos) return {};
    clean.erase(0, begin);
    clean.resize(utf8_prefix(clean, kMailTextBytesMax).size());
    clean.erase(clean.find_last_not_of(" \t\n") + 1);
    return clean;
}

std::string bare_message_id(std::string_view value) {
    std::string id = one_line(value, 512);
    const std::size_t open = id.find('<');
    const std::size_t close = id.find('>', open == id.npos ? 0 : open);
    if (open != id.npos && close != id.npos) id = id.substr(open + 1, close - open - 1);
    return id;
}

std::string bare_file_name(std::string_view name) {
    const std::size_t folder = name.find_last_of("/\\");
    if (folder != name.npos) name.remove_prefix(folder + 1);
    return one_line(name, kFileNameBytesMax);
}

}  // namespace tapline
