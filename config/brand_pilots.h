// The keys `pilot` and `patience` of a route.
#pragma once

#include <string>

#include "config/brand_file.h"

namespace tapline {

// `what` names the route in messages. Nothing where there is none, or none that can be used.
std::optional<Pilot> read_pilot(const YamlNode* node, const std::string& what,
                                BrandReading& reading);
std::optional<Patience> read_patience(const YamlNode* node, const std::string& what,
                                      Report& report);

}  // namespace tapline
