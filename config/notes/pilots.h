// Pilots that are over, for `tapline check`.
#pragma once

#include <string>
#include <vector>

#include "config/config.h"
#include "routes/event.h"

namespace tapline {

// A sentence for each pilot that ended before `now`: it gives nobody an arm any more.
std::vector<std::string> pilot_notes(const Config& config, Time now);

}  // namespace tapline
