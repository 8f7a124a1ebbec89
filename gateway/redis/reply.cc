#include "gateway/redis/reply.h"

#include <charconv>

namespace tapline::redis {
namespace {

void append_header(std::string& out, char mark, std::size_t value) {
    char digits[24];
    const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
    out += mark;
    out.append(digits, end);
    out += "\r\n";
}

}  // namespace

void append_command_header(std::string& out, std::size_t words) {
    append_header(out, '*', words);
}

void append_word(std::string& out, std::string_view word) {
    append_header(out, '$', word.size());
    out += word;
    out += "\r\n";
}

std::string encode(std::span<const std::string_view> words) {
    std::size_t size = 16;
    for (const auto word : words) size += word.size() + 16;
    std::string out;
    out.reserve(size);
    append_command_header(out, words.size());
    for (const auto word : words) append_word(out, word);
    return out;
}

std::string encode(std::initializer_list<std::string_view> words) {
    return encode(std::span(words.begin(), words.size()));
}

}  // namespace tapline::redis
