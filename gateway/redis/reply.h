// A reply of Redis as a value, and the encoding of commands.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tapline::redis {

// nil is also what a missing array is. RESP3 types do not occur: the link speaks RESP2.
struct Reply {
    enum class Kind { nil, integer, text, status, error, array };
    Kind kind = Kind::nil;
    std::int64_t integer = 0;
    std::string text;          // text, status and error ("WRONGTYPE Operation ...")
    std::vector<Reply> items;  // array

    bool is_error(std::string_view prefix = {}) const {
        return kind == Kind::error && text.starts_with(prefix);
    }
};

// The bytes of one command (RESP array of bulk strings); binary-safe.
std::string encode(std::span<const std::string_view> words);
std::string encode(std::initializer_list<std::string_view> words);

// The parts of `encode`, for callers that build a command in a buffer of their own.
void append_command_header(std::string& out, std::size_t words);
void append_word(std::string& out, std::string_view word);

}  // namespace tapline::redis
