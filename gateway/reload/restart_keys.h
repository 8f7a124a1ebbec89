// What of tapline.yaml a running gateway cannot change: what it listens on, where Redis, data and
// keys are, and the bounds that its listeners were made with.
#pragma once

#include <string>
#include <vector>

#include "config/config.h"

namespace tapline {

// Gives `next` the running values of these keys, and answers the keys whose values differed:
// "listen", "limits.connections", ...
std::vector<std::string> keep_until_restart(const Config& running, Config& next);

}  // namespace tapline
