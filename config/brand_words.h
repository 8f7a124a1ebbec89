// Words and phrases, shares, and texts in the language of routes.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/read.h"
#include "routes/text.h"

namespace tapline {

// A word or a phrase like "cancel*".
Parsed<std::string> parse_words(std::string_view written);

// "10%", "0.5%": more than nothing and at most 100%; 0.1 for 10%.
Parsed<double> parse_share(std::string_view written);

inline constexpr ValueKind<std::string> kWords = {"a word or words like \"cancel*\"", parse_words};
inline constexpr ValueKind<double> kShare = {"a share like 10% or 0.5%", parse_share};

// The words of `node`, one or a list.
std::vector<WordPattern> read_words(const YamlNode* node, Report& report);

// An automatic answer of at most 1600 bytes, what Twilio takes as one message; "" where there is
// none. `names` stand in braces.
std::string read_reply(const YamlNode* node, std::span<const std::string_view> names,
                       Report& report);

}  // namespace tapline
