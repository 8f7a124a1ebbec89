// What an accepted event names and its brand does not declare.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "routes/brand.h"
#include "routes/event.h"

namespace tapline {

// The event is routed all the same, by what else it says: a sender may be newer than the config.
struct Unknown {
    std::vector<std::string_view> kinds;  // for the counter
    std::string note;                     // for the sender; "" for none
};

// `passed_over` is a member of the event's JSON that means nothing; "" for none.
Unknown unknown_names(const Brand& brand, const Event& event, const std::string& passed_over);

}  // namespace tapline
