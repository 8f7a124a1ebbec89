// The character classes of RFC 9110 and the lines of RFC 9112, read strictly. Pure.
#pragma once

#include <optional>
#include <string_view>

namespace tapline::http {

// A token of RFC 9110 section 5.6.2: methods and header names. Not empty.
bool is_token(std::string_view text);

// A header value: visible ASCII, bytes above 0x7F, spaces and tabs. No CR, LF, NUL or control.
bool is_field_value(std::string_view text);

// Visible ASCII (no space) without "#", which ends a URI before its fragment.
bool is_target(std::string_view text);

// The characters of host[:port] in a Host header or an absolute target. Not empty.
bool is_host(std::string_view text);

// Only 0-9, at least one.
bool is_digits(std::string_view text);

char to_lower(char c);
bool equals_ignoring_case(std::string_view left, std::string_view right);

// Without the spaces and tabs at both ends.
std::string_view trim(std::string_view text);

// Whether a comma-separated list holds the word, ignoring case.
bool list_contains(std::string_view list, std::string_view word);

struct FieldLine {
    std::string_view name;
    std::string_view value;  // trimmed
};

// One header or trailer line without its CRLF. Nothing when it is folded (begins with a space), has
// no colon, a space before the colon, a name that is no token, or a control character in the value.
std::optional<FieldLine> parse_field_line(std::string_view line);

}  // namespace tapline::http
