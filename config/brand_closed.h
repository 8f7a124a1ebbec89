// What becomes of contacts outside a queue's hours, by channel: the key `closed` of queues and
// routes.
//
//     closed:
//       call:  {say: "We open at {opens_at}.", then: voicemail}
//       other: {reply: "We open at {opens_at}.", then: hold}
#pragma once

#include <string>
#include <vector>

#include "config/brand_file.h"

namespace tapline {

// `what` names the queue or route in messages. Null: nothing is said.
Closed read_closed(const YamlNode* node, const std::string& what, BrandReading& reading);

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

// Reports queues with hours that say nothing of a channel by which the routes bring contacts to
// them, and queues with "closed" that are always open.
void check_closed(const BrandDraft& draft, Report& report);

}  // namespace tapline
