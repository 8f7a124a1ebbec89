// What a reported outcome is about: its journey, and the entry that it names.
//
// An entry is found on any lane of the brand, also one that the config lost: journeys change queues
// while their entries stay. What was acknowledged is found for a while after it was removed: where
// an acknowledgement is no answer until it is answered, elsewhere for half a minute to a minute.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "gateway/steward/duty.h"

namespace tapline {

struct ReportedEntry {
    std::string journey;  // packed; "" = none
    std::string lane;     // that has the entry, or had it; "" = it is nowhere
    std::vector<std::pair<std::string, std::string>> fields;  // of the entry, where asked for
};

struct ReportQuestion {
    std::string compact_number;
    std::string shown_number;
    std::string entry;  // "" = none
    bool wants_fields = false;
};

// All that a brand has or is known to have had.
Result<std::vector<std::string>> lanes_with_entries(redis::Link& link, const Brand& brand);

// One answer for each question, in one round trip for all of them. The error of one is its own.
std::vector<Result<ReportedEntry>> look_up_reported(const Duty& duty,
                                                    const std::vector<std::string>& lanes,
                                                    const std::vector<ReportQuestion>& questions);

// Where the fields of an entry that is acknowledged now are kept: two hashes in turn, of which each
// is written for half its life. Neither holds more than kAcknowledgedMax; of a brand with one
// queue, and while Redis is full, nothing is kept.
inline constexpr Milliseconds kAcknowledgedTurn = std::chrono::seconds(30);
inline constexpr int kAcknowledgedMax = 5000;
std::string acknowledged_key(const std::string& brand, Time now);
// How long the hash of this moment stays.
Milliseconds acknowledged_life(Time now);

}  // namespace tapline
