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

}  // namespace tapline
