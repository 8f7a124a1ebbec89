// Phone numbers as providers and configs must write them. Pure; safe from any thread.
#pragma once

#include <string_view>

namespace tapline {

// "+", a digit other than 0, then 6 to 14 digits, and nothing else. No separator is accepted:
// what people write goes through to_e164 (routes/region.h) first.
bool is_e164(std::string_view text);

}  // namespace tapline
