#include "gateway/redis/reply.h"

#include <charconv>
#include <cstring>

namespace tapline::redis {
namespace {

constexpr std::size_t kHeaderMax = 24;

// "$12\r\n"; returns behind its end. REQUIRES: room for kHeaderMax bytes.
char* put_header(char* to, char mark, std::size_t value) {
    *to++ = mark;
    to = std::to_chars(to, to + kHeaderMax - 3, value).ptr;
    *to++ = '\r';
    *to++ = '\n';
    return to;
}

}  // namespace

void append_command_header(std::string& out, std::size_t words) {
    char header[kHeaderMax];
    out.append(header, put_header(header, '*', words));
}

void append_word(std::string& out, std::string_view word) {
    char header[kHeaderMax];
    const auto size = static_cast<std::size_t>(put_header(header, '$', word.size()) - header);
    const std::size_t begin = out.size();
    out.resize(begin + size + word.size() + 2);
    char* to = out.data() + begin;
    std::memcpy(to, header, size);
    word.copy(to + size, word.size());  // an empty word may have no address
    to[size + word.size()] = '\r';
    to[size + word.size() + 1] = '\n';
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
