// Which tracking numbers a contact names: its ref, the plus-parts of the address that was written
// to, subject and text, in this order.
//
//     "hello+ig+7k3m9q2x4@acme.example"  ->  7K3-M9Q-2X4
//
// A number counts only when it names a live journey (tracking_number.h). Pure.
#pragma once

#include <vector>

#include "routes/event.h"
#include "routes/tracking_number.h"

namespace tapline {

std::vector<TrackingNumber> named_numbers(const Event& event);

}  // namespace tapline
