// The scalar values of the language, as pure functions of what was written.
//
// Each parser answers the value, or a mend: "" or a sentence part that tells how to write it
// ("write 90s"). A ValueKind pairs the parser with the words for what was expected, so that every
// message has one form: expected a duration like 20s, 5m or 1h30m, found "90"; write 90s.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "routes/event.h"

namespace tapline {

template <class T>
using Parsed = tl::expected<T, std::string>;

template <class T>
struct ValueKind {
    std::string_view expected;
    Parsed<T> (*parse)(std::string_view written);
};

// "20s", "5m", "1h30m", "2d": days, hours, minutes, seconds in this order, each at most once;
// more than nothing and at most 366 days.
Parsed<std::chrono::seconds> parse_duration(std::string_view written);

// "4MiB", "512KiB", "1GiB" or bytes as a plain number; 1 byte to 1024 GiB.
Parsed<std::size_t> parse_size(std::string_view written);

// A whole number from 1 to 1,000,000,000, in decimal digits without a leading zero.
Parsed<std::size_t> parse_count(std::string_view written);

// A name of a thing: [a-z0-9][a-z0-9_.-]{0,63}. Names stand in URLs, Redis keys and metrics.
Parsed<std::string> parse_name(std::string_view written);

// A brand's name: [a-z0-9][a-z0-9-]{0,31}.
Parsed<std::string> parse_brand_name(std::string_view written);

// "+14045550110": "+" and 7 to 15 digits, nothing else.
Parsed<std::string> parse_phone(std::string_view written);

// A phone number or "sip:user@host".
Parsed<std::string> parse_dial_target(std::string_view written);

// One "@" with something before it and a host after it; printable ASCII.
Parsed<std::string> parse_email(std::string_view written);

Parsed<Channel> parse_channel_name(std::string_view written);

// Three upper-case letters (ISO 4217).
Parsed<std::string> parse_currency(std::string_view written);

// "en", "pt-BR", "zh-Hans": a language, perhaps with script and region (RFC 5646), in lower case.
Parsed<std::string> parse_language(std::string_view written);

inline constexpr ValueKind<std::chrono::seconds> kDuration = {
    "a duration like 20s, 5m, 1h30m or 2d", parse_duration};
inline constexpr ValueKind<std::size_t> kSize = {"a size like 512KiB or 4MiB", parse_size};
inline constexpr ValueKind<std::size_t> kCount = {"a whole number from 1 to 1000000000",
                                                  parse_count};
inline constexpr ValueKind<std::string> kName = {
    "a name of at most 64 of a-z, 0-9, \"_\", \".\" and \"-\" that begins with a letter or digit",
    parse_name};
inline constexpr ValueKind<std::string> kBrandName = {
    "a brand name of at most 32 of a-z, 0-9 and \"-\" that begins with a letter or digit",
    parse_brand_name};
inline constexpr ValueKind<std::string> kPhone = {
    "a phone number in E.164 form like \"+14045550110\"", parse_phone};
inline constexpr ValueKind<std::string> kDialTarget = {
    "a phone number like \"+14045550110\" or an address like \"sip:sales@pbx.acme.example\"",
    parse_dial_target};
inline constexpr ValueKind<std::string> kEmail = {"an e-mail address like hello@acme.example",
                                                  parse_email};
inline constexpr ValueKind<Channel> kChannel = {"a channel (call, text, email, dm, chat or post)",
                                                parse_channel_name};
inline constexpr ValueKind<std::string> kCurrency = {"a currency of three letters like USD",
                                                     parse_currency};

inline constexpr ValueKind<std::string> kLanguage = {"a language like en or pt-BR", parse_language};

}  // namespace tapline
