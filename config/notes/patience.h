// Routes with patience that do less than they seem to, for `tapline check`.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "config/config.h"

namespace tapline {

// A sentence for each route that asks for the customer's open journey, has no patience and stands
// above one that has it: once a first entry is out, the messages after it match the upper route.
// Another for each route that may gather for longer than its contacts have until they are due.
std::vector<std::string> patience_notes(const Config& config);

// The shortest time to respond that a contact of the route can have; calls wait for nothing.
std::optional<std::chrono::seconds> shortest_within(const Brand& brand, const Route& route);

}  // namespace tapline
