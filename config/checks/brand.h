// What must hold between the parts of one brand, once they are read.
#pragma once

#include "config/brand_file.h"

namespace tapline {

// Reports lines, addresses and accounts that two share; a missing, misplaced or unreachable route;
// queues that would let a caller hear silence; and warns of what nothing uses.
// A draft that is not complete is left alone: what it lacks may stand in the broken file.
void check_brand(const BrandDraft& draft, Report& report);

// Reports queues with hours that say nothing of a channel by which the routes bring contacts to
// them, and queues with "closed" that are always open; in closed.cc.
void check_closed(const BrandDraft& draft, Report& report);

// Warns of settings that defeat each other; in futile.cc.
void warn_of_futile(const BrandDraft& draft, Report& report);

// Reports routes that an earlier one covers; in reached.cc.
void check_reached(const BrandDraft& draft, Report& report);

// The routes part of check_brand, in routes.cc.
void check_routes(const BrandDraft& draft, Report& report);

}  // namespace tapline
