// When somebody is there: the opening hours that queues name.
//
//     is_open(store, now)     // false on Sunday
//     opens_at(store, now)    // "Monday 08:00"; "13:00" within the lunch break
//
// Pure: the time zone is a table of UTC offsets that the config layer fills. Safe from any thread.
#pragma once

#include <array>
#include <chrono>
#include <map>
#include <optional>
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

// A day that is not as its weekday: open otherwise, or not at all.
struct SpecialDay {
    std::vector<OpenInterval> open;  // empty = closed
    std::string name;                // "Thanksgiving"; may be ""
};

struct Hours {
    // By weekday from Sunday; the intervals of a day are sorted and apart from each other.
    std::array<std::vector<OpenInterval>, 7> days;
    ZoneOffsets zone;
    std::map<std::chrono::local_days, SpecialDay> special;  // in place of the weekday's
};

bool is_open(const Hours& hours, Time now);

// When it opens next, by its own clock: "13:00" today, else "Monday 08:00". Empty where it never
// does, and while it is open.
std::string opens_at(const Hours& hours, Time now);

// `now` while it is open, else the first moment at which it opens again; nothing where it does not
// within 400 days.
std::optional<Time> next_open(const Hours& hours, Time now);

// The moment at which `within` of open time has gone by since `from`; nothing where there is not as
// much within 400 days.
std::optional<Time> after_business_time(const Hours& hours, Time from, std::chrono::seconds within);

}  // namespace tapline
