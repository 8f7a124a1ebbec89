// When somebody is there: the opening hours that queues and conditions name, and time that is
// counted only while somebody is there.
//
//     is_open(store, now)                           // false on Sunday
//     opens_at(store, now)                          // "Monday 08:00"; "13:00" within the lunch
//     break after_business_time(store, now, minutes(30))  // Friday 19:50 -> Monday 08:20
//
// An interval belongs to the day on which it begins, also where it runs past midnight:
// "22:00-02:00" of Friday ends on Saturday, whatever Saturday is. Its ends are what the clock on
// the wall shows: where clocks skip an end, the moment of the skip; where the clock shows it twice,
// the first of the two. What is counted is time that goes by: a night shift is an hour shorter in
// spring and an hour longer in autumn.
//
// Pure: the time zone is a table of UTC offsets that the config layer fills. Safe from any thread.
// A look-up costs about a microsecond while the next opening is days away at most.
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

// When it opens next, by its own clock: "13:00" today, else "Monday 08:00", and from a week on
// "Monday, March 30, 08:00". Empty where it does not within 400 days, and while it is open.
std::string opens_at(const Hours& hours, Time now);

// `now` while it is open, else the first moment at which it opens again; nothing where it does not
// within 400 days.
std::optional<Time> next_open(const Hours& hours, Time now);

// The moment at which `within` of open time has gone by since `from`; nothing where there is not as
// much within 400 days. Where that is the moment of closing, it is that and not the next opening.
std::optional<Time> after_business_time(const Hours& hours, Time from, std::chrono::seconds within);

// The special day that the local day of `now` is; null on ordinary days.
const SpecialDay* special_day(const Hours& hours, Time now);

// The longest time for which nobody is there, in ordinary weeks and around the special days, by the
// clock on the wall; nothing where it never opens.
std::optional<std::chrono::seconds> longest_closed_gap(const Hours& hours);

}  // namespace tapline
