// Reading the conditions of a route: the map behind `when`.
//
// Every condition is checked for a meaning: names must exist, values must be possible, and what can
// never hold beside the others of its map is a mistake. docs/config.md has all conditions.
#pragma once

#include <string>
#include <vector>

#include "config/brand_file.h"

namespace tapline {

// `what` names the route in messages. REQUIRES: all sections but the routes are read.
When read_when(const YamlNode* node, const std::string& what, BrandReading& reading);

void read_attribution(const YamlNode* node, const std::string& what, Report& report,
                      std::vector<AttributionCondition>& conditions);

// Reports a map of conditions that no event can meet; in checks/possible.cc.
void check_possible(const When& when, const Where& where, const std::string& what,
                    const BrandReading& reading);

}  // namespace tapline
