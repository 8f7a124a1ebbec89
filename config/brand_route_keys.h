// What a route yields: all of its keys but `name` and `when`.
#pragma once

#include <string>

#include "config/brand_file.h"

namespace tapline {

// Fills the route; `what` names it in messages. REQUIRES: route.name and route.when are read.
void read_route_keys(KeyReader& fields, const std::string& what, BrandReading& reading,
                     Route& route);

// Once all routes are read: an owner's route falls back to the default's queue.
// Reports a default route that has no queue of its own.
void settle_owner_routes(BrandReading& reading);

// Reports routes that hold by no switch or by several, and those that would hold calls.
void check_holds(const BrandDraft& draft, Report& report);

}  // namespace tapline
