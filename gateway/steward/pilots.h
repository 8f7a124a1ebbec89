// The guard of pilots: `stop_if: {overdue: "> 5%", after: 200}`.
//
// The hash `pilots` counts each arm's contacts ("PILOT ARM entries", by the acceptor) and its late
// ones ("PILOT ARM late", by overdue.lua). When an arm's share of late ones is above the bound, the
// field "PILOT stopped" is set, once, and stays: from then on everybody is in arm "control". A
// pilot that is to run again gets another name.
#pragma once

#include "gateway/steward/duty.h"

namespace tapline {

// Stops the pilots of the brand's routes whose guard has tripped: fact `pilot_stopped`, and the
// alarm "pilot_stopped.BRAND.PILOT" while the config has that pilot.
Result<void> guard_pilots(const Duty& duty, const Situation& situation);

}  // namespace tapline
