#include "adapters/json_writer.h"

#include <array>
#include <cstring>

#include "routes/utf8.h"

namespace tapline {

namespace {

void append_escape(std::string& out, char c) {
    switch (c) {
        case '"':
            out += "\\\"";
            return;
        case '\\':
            out += "\\\\";
            return;
        case '\n':
            out += "\\n";
            return;
        case '\r':
            out += "\\r";
            return;
        case '\t':
            out += "\\t";
            return;
        default:
            break;
    }
    constexpr std::string_view kHex = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(c);
    out += "\\u00";
    out += kHex[byte >> 4];
    out += kHex[byte & 15];
}

// What stands in a JSON string as it is, one byte a character. DEL is no part of it, for terminals.
constexpr std::array<bool, 256> kPlain = [] {
    std::array<bool, 256> plain{};
    for (std::size_t c = 0x20; c < 0x7F; ++c) plain[c] = c != '"' && c != '\\';
    return plain;
}();

std::size_t plain_prefix(std::string_view text) {
    std::size_t i = 0;
    while (i < text.size() && kPlain[static_cast<unsigned char>(text[i])]) ++i;
    return i;
}

bool is_ascii(char c) {
    return static_cast<unsigned char>(c) < 0x80;
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
    std::size_t i = plain_prefix(text);
    std::size_t plain = 0;
    const auto flush = [&] { out.append(text.substr(plain, i - plain)); };
    out += '"';
    while (i < text.size()) {
        const std::size_t bytes = is_ascii(text[i]) ? 1 : decode_utf8(text.substr(i)).bytes;
        if (bytes > 1) {
            i += bytes;
        } else {
            flush();
            if (is_ascii(text[i])) {
                append_escape(out, text[i]);
            } else {
                out += "\xEF\xBF\xBD";
            }
            plain = ++i;
        }
        i += plain_prefix(text.substr(i));
    }
    flush();
    out += '"';
}

void JsonWriter::comma() {
    if (!first_) text_ += ',';
    first_ = false;
}

JsonWriter& JsonWriter::open(char bracket) {
    comma();
    text_ += bracket;
    first_ = true;
    return *this;
}

JsonWriter& JsonWriter::close(char bracket) {
    text_ += bracket;
    first_ = false;
    return *this;
}

JsonWriter& JsonWriter::key(std::string_view name) {
    comma();
    const std::size_t begin = text_.size();
    text_.resize(begin + name.size() + 3);
    char* to = text_.data() + begin;
    *to = '"';
    std::memcpy(to + 1, name.data(), name.size());
    to[1 + name.size()] = '"';
    to[2 + name.size()] = ':';
    first_ = true;
    return *this;
}

JsonWriter& JsonWriter::any_key(std::string_view name) {
    comma();
    append_json_string(text_, name);
    text_ += ':';
    first_ = true;
    return *this;
}

JsonWriter& JsonWriter::value(std::string_view text) {
    comma();
    append_json_string(text_, text);
    return *this;
}

JsonWriter& JsonWriter::value(std::int64_t number) {
    comma();
    text_ += std::to_string(number);
    return *this;
}

JsonWriter& JsonWriter::null() {
    comma();
    text_ += "null";
    return *this;
}

JsonWriter& JsonWriter::raw(std::string_view json) {
    comma();
    text_.append(json);
    return *this;
}

}  // namespace tapline
