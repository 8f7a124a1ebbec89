// The region that a phone number's prefix names.
//
// A prefix tells where a number was given out, not where the customer is: numbers move house.
// Pure; safe from any thread.
#pragma once

#include <string>
#include <string_view>

namespace tapline {

// "US-GA" for +1404..., "CA-ON" for +1416..., "DE" for +49..., "US" for toll-free and other +1
// numbers without a state, "unknown" when the number is not E.164 or its prefix is not listed.
// What is chosen where countries share a prefix stands in routes/region_table.h.
std::string region_of(std::string_view e164);

// Whether `region` is a name that region_of can return, "unknown" among them (so that a route
// cannot wait for ever).
bool is_region(std::string_view region);

// Whether `inner` lies in `outer`: "US-GA" lies in "US" and in itself. "unknown" lies in itself.
bool region_contains(std::string_view outer, std::string_view inner);

// E.164 of what a provider or person wrote: "+1 (404) 555-0100" -> "+14045550100". Empty when it
// is not "+" and 7 to 15 digits, the first not 0 (separators " -.()" are dropped), and when it has
// "(0)", of which nobody can say whether to dial it: "+44 (0)20 7946 0000".
std::string to_e164(std::string_view written);

}  // namespace tapline
