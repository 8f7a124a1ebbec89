// When somebody is there: the opening hours that queues name.
//
//     is_open(store, now)     // false on Sunday
//     opens_at(store, now)    // "Monday 08:00"; "13:00" within the lunch break
//
// Pure: the time zone is a table of UTC offsets that the config layer fills. Safe from any thread.
#pragma once

#include <array>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "routes/event.h"

namespace tapline {

// Minutes from the beginning of the day it belongs to; one that runs past midnight ends after 24 h.
struct OpenInterval {
    std::chrono::minutes from{0};
    std::chrono::minutes until{0};
};

// A time zone's offsets from UTC, each from a moment on; sorted, and never empty.
using ZoneOffsets = std::vector<std::pair<Time, std::chrono::seconds>>;

struct Hours {
    // By weekday from Sunday; the intervals of a day are sorted and apart from each other.
    std::array<std::vector<OpenInterval>, 7> days;
    ZoneOffsets zone;
};

bool is_open(const Hours& hours, Time now);

// When it opens next, by its own clock: "13:00" today, else "Monday 08:00". Empty where it never
// does, and while it is open.
std::string opens_at(const Hours& hours, Time now);

}  // namespace tapline
