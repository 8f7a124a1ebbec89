// JSON without its very long strings, so that an attachment in a webhook costs no parser memory.
#pragma once

#include <string>
#include <string_view>

namespace tapline::json {

// The same text with every string literal of more than `bytes_max` bytes replaced by "". One pass;
// what is no JSON before is none after. Pure; safe from any thread.
std::string without_long_strings(std::string_view text, std::size_t bytes_max);

}  // namespace tapline::json
