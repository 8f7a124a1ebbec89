// UTF-8 of strangers. Pure; safe from any thread.
#pragma once

#include <string>
#include <string_view>

namespace tapline {

// Unicode 15, table 3-7: no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_valid_utf8(std::string_view bytes);

// The bytes with each invalid one replaced by U+FFFD; valid text comes back unchanged.
std::string to_valid_utf8(std::string_view bytes);

// The longest prefix of at most `bytes_max` bytes that does not cut a character.
std::string_view utf8_prefix(std::string_view text, std::size_t bytes_max);

}  // namespace tapline
