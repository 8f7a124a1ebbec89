// The default queue format: a flat entry of a Redis stream with one JSON body.
//
// Field order is fixed and every field always stands, empty when unknown: Redis packs entries of
// equal fields tightly, and a person with redis-cli can read them. docs/queue-contract.md is the
// public form of this; changes within v=1 only add.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "routes/evaluate.h"
#include "routes/event.h"
#include "routes/place.h"

namespace tapline {

inline constexpr std::string_view kContractVersion = "1";

struct EntryContext {
    const Brand& brand;
    const Event& event;
    const Place& place;
    const Decision& decision;
    const CustomerFacts& customer;
    std::string_view tracking_number;  // display form
    std::string_view journey_outcome;  // last outcome of the journey that the event joined
    Time accepted_at;
    std::string_view durability;  // what was required: "redis"
};

// Names and values of the entry, in order. gateway/redis/scripts/accept.lua is sent the values
// alone and has the names, in the same order: a name is added in both places or in neither.
std::vector<std::pair<std::string_view, std::string>> stream_entry(const EntryContext& context);

// The entry's `data`: CloudEvents 1.0 in structured JSON form.
std::string entry_data(const EntryContext& context);

}  // namespace tapline
