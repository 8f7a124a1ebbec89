// Routes that take a customer's next messages from a route with patience, for `tapline check`.
#pragma once

#include <string>
#include <vector>

#include "config/config.h"

namespace tapline {

// A sentence for each route that asks for the customer's open journey, has no patience and stands
// above one that has it: once a first entry is out, the messages after it match the upper route.
std::vector<std::string> patience_notes(const Config& config);

}  // namespace tapline
