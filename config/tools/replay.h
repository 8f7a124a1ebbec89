// What another config would have done with contacts of the past.
//
//     const ReplayResult result = replay(old_brand, new_brand, contacts);
//     result.moves[{"sales", "care"}]   // so many would have gone to care in place of sales
//
// The feed keeps no texts and little of customers, so that conditions on them are known only as far
// as the route that decided then tells: it held, and those before it did not. A contact that this
// leaves open is counted as one that cannot be told. Pure; safe from any thread.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "routes/brand.h"
#include "routes/place.h"

namespace tapline {

struct PastContact {
    Time at{};
    Event event;        // channel and the click's fields
    Place place;        // as it was found
    std::string route;  // that decided
};

struct ReplayResult {
    std::size_t contacts = 0;
    std::size_t cannot_tell = 0;
    std::map<std::pair<std::string, std::string>, std::size_t> moves;  // by old and new queue
    std::size_t due_sooner = 0;
    std::size_t due_later = 0;
    std::chrono::seconds due_change{0};  // of all together
    double cost_before = 0;              // by the channel's costs, of those that can be told
    double cost_after = 0;

    std::size_t moved() const;
};

// REQUIRES: both brands are indexed.
ReplayResult replay(const Brand& before, const Brand& after,
                    const std::vector<PastContact>& contacts);

}  // namespace tapline
