// Which contacts can meet the conditions of a route, as far as the config tells.
//
//     chance_of(brand, {not: {channel: call}}, {Channel::dm})   ->  always
//     chance_of(brand, {text: "cancel*"}, {Channel::dm})        ->  sometimes
//     chance_of(brand, {text: "cancel*"}, {Channel::call})      ->  never
//
// "never" and "always" are certain; what nobody can tell before a contact comes is "sometimes".
// Conditions in `any`, `all` and `not` count as those beside them. Pure.
#pragma once

#include <vector>

#include "routes/brand.h"

namespace tapline {

enum class Chance { never, sometimes, always };

// How a contact can come.
struct WayIn {
    Channel channel = Channel::dm;
    const Button* button = nullptr;  // null: by none that is known
    bool known = false;              // the customer
};

Chance chance_of(const Brand& brand, const When& when, const WayIn& way);

// All ways in: by each button that the conditions tell apart and by none, over each channel, since
// a message that names a tracking number is of the button where its journey began.
std::vector<WayIn> ways_in(const Brand& brand, const When& when);

// The same of one channel as a whole; of calls, only by the buttons for calls.
Chance chance_of(const Brand& brand, const When& when, Channel channel);

// The queues that the route itself can choose: its own and those of its pilot's arms.
std::vector<const Queue*> queues_of(const Brand& brand, const Route& route);

// A closed department on the way of a contact.
struct ClosedStop {
    const Queue* queue = nullptr;
    bool says = false;   // what becomes of the channel there
    bool holds = false;  // until it opens
};

// The departments that the route's contacts of the channel come to, from `first` on, while each of
// them is closed: those that never close end the way, and so does one that was there before.
std::vector<ClosedStop> closed_stops(const Brand& brand, const Route& route, const Queue& first,
                                     Channel channel);

}  // namespace tapline
