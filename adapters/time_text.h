// Moments as text.
#pragma once

#include <string>

#include "routes/event.h"

namespace tapline {

// "2026-03-09T17:05:00.123Z" (RFC 3339, UTC). REQUIRES: the years 0 to 9999.
std::string to_rfc3339(Time time);

}  // namespace tapline
