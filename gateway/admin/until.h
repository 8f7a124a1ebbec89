// When something that a person turns on ends: "+6h", "+1h30m", or "2026-03-09 18:00" by the brand's
// own clock.
#pragma once

#include <string>
#include <string_view>

#include "routes/error.h"
#include "routes/event.h"

namespace tapline {

// Error bad_request: neither of the two, not after `now`, or more than 400 days ahead; the message
// says what to write. Where clocks go back the first of the two moments is meant, where they go
// forward the moment they jump.
Result<Time> parse_until(std::string_view written, Time now, const std::string& timezone);

}  // namespace tapline
