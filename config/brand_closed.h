// What becomes of contacts outside a queue's hours, by channel: the key `closed` of queues and
// routes.
//
//     closed:
//       call:  {say: "We open at {opens_at}.", then: voicemail}
//       other: {reply: "We open at {opens_at}.", then: hold}
#pragma once

#include <string>

#include "config/brand_file.h"

namespace tapline {

// `what` names the queue or route in messages. Null: nothing is said.
Closed read_closed(const YamlNode* node, const std::string& what, BrandReading& reading);

// Reports queues with hours that say nothing of a channel by which the routes bring contacts to
// them, and queues with "closed" that are always open.
void check_closed(const BrandDraft& draft, Report& report);

}  // namespace tapline
