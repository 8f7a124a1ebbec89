// Reading of strangers' JSON: a thin layer over simdjson's DOM.
//
//     auto root = json::parse(body);
//     if (!root) return tl::unexpected(root.error());
//     auto named = json::members(*root, std::array<std::string_view, 2>{"id", "text"});
//     if (!named) return fail(ErrorCode::bad_request, named.error());
//     std::string id = json::id_of((*named)[0]);
//
// UTF-8 is validated, depth is at most 64, numbers are never turned into doubles on the way to an
// id. Two members of one name in an object are an error wherever one of the two would be read:
// parsers differ in which one they take, so a signature over such a body says nothing.
//
// Thread-safety: each thread has its own parser. Values and views point into it and are valid until
// the same thread parses again.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <simdjson.h>

#include "routes/error.h"

namespace tapline::json {

using Value = simdjson::dom::element;
using Object = simdjson::dom::object;
using Array = simdjson::dom::array;
using MaybeValue = std::optional<Value>;

inline constexpr std::size_t kDepthMax = 64;
inline constexpr std::size_t kBytesMax = 16u << 20;

// Error bad_request: not JSON (RFC 8259), too deep, more than kBytesMax, or not UTF-8.
Result<Value> parse(std::string_view text);

// The members of `value` that are named, in the order of the names, from one pass; null counts as
// absent. An error names what is wrong: `value` is not an object, or a name stands twice.
template <std::size_t N>
tl::expected<std::array<MaybeValue, N>, std::string> members(
    const Value& value, const std::array<std::string_view, N>& names) {
    Object object;
    if (value.get(object) != simdjson::SUCCESS)
        return tl::unexpected(std::string("must be an object"));
    std::array<MaybeValue, N> found;
    std::array<bool, N> seen{};
    for (const auto& [key, member] : object) {
        for (std::size_t i = 0; i < N; ++i) {
            if (names[i] != key) continue;
            if (seen[i]) return tl::unexpected("holds \"" + std::string(key) + "\" twice");
            seen[i] = true;
            if (!member.is_null()) found[i] = member;
            break;
        }
    }
    return found;
}

// A string, or nothing when it is absent or something else.
std::optional<std::string_view> text_of(const MaybeValue& value);

// A string, or an integer in decimal (all 64 bits); empty for everything else. A fraction is never
// an id: it may be a rounded integer.
std::string id_of(const MaybeValue& value);

// A string, number or boolean in words; empty for everything else.
std::string scalar_of(const Value& value);

bool is_true(const MaybeValue& value);
// A whole number however it is written: 12, 12.0, 1.2e1. With a fraction or an exponent only up to
// 2^53, where each is exact.
std::optional<std::int64_t> integer_of(const MaybeValue& value);
std::optional<Array> array_of(const MaybeValue& value);
std::optional<Object> object_of(const MaybeValue& value);

// The same value always in the same bytes: without white space, escapes normalised, members in
// the order in which they came.
std::string minified(const Value& value);

// "a string of 12 bytes", "a number", "an array": what stands there instead of what should,
// without quoting it.
std::string describe(const Value& value);

// A JSON string literal with its quotes. Invalid UTF-8 becomes U+FFFD.
std::string quoted(std::string_view text);

}  // namespace tapline::json
