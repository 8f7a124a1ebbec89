// application/x-www-form-urlencoded bodies, query strings and percent-encoding.
//
// Values are decoded exactly once: "+" is a space, "%xx" is a byte. The bytes that come out are
// whatever was sent; they need not be UTF-8 (see utf8.h). Pure; safe from any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "routes/error.h"
#include "routes/event.h"

namespace tapline {

inline constexpr std::size_t kFormPairsMax = 1000;

// The pairs in the order in which they stand; a name without "=" has an empty value. Error
// bad_request: an invalid escape, an empty pair ("a=1&&b=2"), or more than kFormPairsMax pairs.
Result<Fields> parse_form(std::string_view body);

// The same for the query of a link that people follow: pairs that cannot be decoded are left out,
// and what follows the limit is not read, so there is always an answer.
Fields parse_query(std::string_view query);

// The value of the first pair of that name, or null.
const std::string* find_field(const Fields& fields, std::string_view name);

std::string encode_form(const Fields& fields);  // a space becomes "+"

// Everything but the unreserved characters of RFC 3986 becomes %XX; a space becomes "%20".
std::string percent_encode(std::string_view bytes);

enum class PlusSign { literal, space };

// Nothing when an escape is not two hex digits.
std::optional<std::string> percent_decode(std::string_view text, PlusSign plus);

}  // namespace tapline
