// Where automatic replies go, for `tapline check`: only callers and writers of texts get them from
// Tapline itself.
#pragma once

#include <string>
#include <vector>

#include "config/config.h"

namespace tapline {

// A sentence for each brand that has a reply which other channels can get as a suggestion only.
std::vector<std::string> reply_notes(const Config& config);

}  // namespace tapline
