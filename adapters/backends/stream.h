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
    std::string_view durability;      // what was required: "redis"
    std::string_view suggested = {};  // an answer that we do not send ourselves
};

// Names and values of the entry, in order. gateway/redis/scripts/accept.lua is sent the values
// alone and has the names, in the same order, and so has release.lua: a name is added in each of
// them or in none. `copy_of` is empty: the scripts fill it in where they add a copy.
std::vector<std::pair<std::string_view, std::string>> stream_entry(const EntryContext& context);

// The entry's `data`: CloudEvents 1.0 in structured JSON form.
std::string entry_data(const EntryContext& context);

// The same of an entry that is gathered from several posts, as text to be put together:
//
//     head TEXT \n TEXT  mid  PART , PART  list  ATTACHMENT , ATTACHMENT  tail
//
// where the entry's text is that of all posts, one a line, `parts` lists them, and `attachments`
// are those of all. A post without text or attachments gives an empty piece, which is left out with
// its separator.
struct GatheredData {
    std::string head;
    std::string mid;
    std::string list;
    std::string tail;
};
GatheredData gathered_data(const EntryContext& context);

struct PostPieces {
    std::string text;  // escaped, without quotes
    std::string part;
    std::string attachments;  // several are joined by a comma
};
PostPieces post_pieces(const Event& event);

}  // namespace tapline
