// What a brand leaves in Redis when the config loses it: nobody releases what is held for it, reads
// its outcomes, keeps its clocks, removes what its consumers acknowledge. Nothing of it is touched;
// the alarm `brand_left.BRAND` stands until nothing is left or the brand is back.
//
//     tapline:{_}:brands   set: brands that a gateway has served
#pragma once

#include "gateway/intake/gateway_state.h"
#include "gateway/redis/link.h"

namespace tapline {

// Raises and clears the alarms; notes the brands of the config, forgets those that left nothing.
// Waits for Redis. Error unavailable: Redis is away.
Result<void> watch_brands_left(GatewayState& state, redis::Link& link);

}  // namespace tapline
