// What holds for a brand while its gateways run: set by people and by the steward, not by the
// config.
//
// The steward reads it from Redis once a second and the routes see one immutable value of it, so
// that `evaluate` stays pure and every gateway decides alike within a second.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "routes/event.h"

namespace tapline {

// A switch that is on. It holds until its end, and only in its regions where it has any ("US"
// holds for "US-GA").
struct SwitchState {
    Time until{};
    std::vector<std::string> regions;
};

struct Situation {
    std::map<std::string, SwitchState, std::less<>> switches;  // those that are on
    std::set<std::string, std::less<>> stopped_pilots;         // whose guard has tripped
    bool has_suppressions = false;  // whether anybody is suppressed: else nobody is looked up
};

// Whether the switch is on at `now` for a customer of the region. A customer of region "unknown" is
// in no region, so that a switch with regions lets them pass.
bool is_on(const Situation& situation, std::string_view name, std::string_view region, Time now);

}  // namespace tapline
