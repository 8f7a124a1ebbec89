// Who is in which arm of a pilot.
//
// The customer's key and the pilot's name are hashed to a point between 0 and 1, and the arms take
// that line in their written order, each its share. So a customer stays where they are, at every
// gateway and after a restart; pilots of different names choose independently; and an arm that
// grows keeps who is in it. Of several arms raise the last one, or add new ones after it: what
// grows before others moves their customers.
#pragma once

#include <string>
#include <string_view>

#include "routes/route.h"
#include "routes/situation.h"

namespace tapline {

inline constexpr std::string_view kControlArm = "control";

// 0 up to but not 1; the same for the same two, on every machine.
double pilot_point(std::string_view pilot, std::string_view customer);

// Whether it runs: between its dates, and not stopped by its guard.
bool is_running(const Pilot& pilot, const Situation& situation, Time now);

// The arm of the customer; null for "control". `customer` is a keyed hash of who it is.
const Arm* arm_of(const Pilot& pilot, std::string_view customer);

}  // namespace tapline
