// Releasing what is held: for the hours, for the end of a switch, for a customer's next post.
//
// Each release is one script that finds out whether the entry is still held (intake/release.h), so
// any number of stewards may release at once.
//
// None is released while its queue is closed; and one whose due time is over goes only while its
// lane is shorter than the queue's `backfill_below`, else it is asked again some seconds on. What a
// switch held waits on `delayed` then, as if the hours held it.
//
// One that cannot be released (Redis answers with an error) keeps nobody else waiting: it stays
// held and is tried again after kStuckPause. `stuck` is a hash of those, member of the timer by
// reason.
#pragma once

#include "gateway/steward/duty.h"

namespace tapline {

// A late entry waits this long before it is asked again whether its queue has room for it.
inline constexpr std::chrono::seconds kBackfillPause{5};
inline constexpr std::chrono::seconds kStuckPause{60};
// Of a switch that the config does not have any more.
inline constexpr int kReleasePerSecond = 10;

// Releases what `delayed` has by now.
Result<void> release_due(const Duty& duty);

// Releases what switches held that are off by now, oldest first, at no more than the switch's
// `release_per_second` for all gateways together.
Result<void> release_switched(const Duty& duty);

// Sets the release time of every entry that is held for the hours anew, as the brand's hours say
// now; due times stay. For a gateway that starts or has loaded another config. Answers how many.
Result<int> retime_held(const Duty& duty);

// The alarm "held_stuck.BRAND" stands while something that is held could not be released.
Result<void> watch_stuck(const Duty& duty);

// Whether something that is held goes to this lane, or a copy of it does. Also true where looking
// through what is held takes longer than a turn may.
Result<bool> is_held_for(const Duty& duty, const std::string& lane);

}  // namespace tapline
