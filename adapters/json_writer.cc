#include "adapters/json_writer.h"

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

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
    out += '"';
    std::size_t plain = 0;
    std::size_t i = 0;
    const auto flush = [&] { out.append(text.substr(plain, i - plain)); };
    while (i < text.size()) {
        const auto byte = static_cast<unsigned char>(text[i]);
        if (byte < 0x80 && byte >= 0x20 && byte != '"' && byte != '\\' && byte != 0x7F) {
            ++i;
            continue;
        }
        if (byte >= 0x80) {
            const CodePoint point = decode_utf8(text.substr(i));
            if (point.bytes > 1) {
                i += point.bytes;
                continue;
            }
            flush();
            out += "\xEF\xBF\xBD";
        } else {
            flush();
            append_escape(out, text[i]);
        }
        plain = ++i;
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
    text_.append("\"").append(name).append("\":");
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
