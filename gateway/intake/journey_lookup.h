// Which live journey a contact belongs to, by what it names: its conversation, or tracking numbers.
//
//     JourneyLookup query{brand, event, numbers, thread, is_contact};
//     look_up_journey(parts, query, [](Result<FoundJourney> found) { ... });
//
// A conversation's journey is the one that its number is derived for, unless its first contact
// named another: then the thread's key says which, and keeps saying so.
//
// Completions run on the link's thread, or at once where nothing is to be looked up; an error is as
// `checked` (script_answer.h) says.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "gateway/intake/acceptor.h"

namespace tapline {

struct JourneyLookup {
    std::string brand;
    std::vector<TrackingNumber> numbers;  // that the contact names, best first
    std::optional<Identity> thread;       // of its conversation
    bool is_contact = true;
};

struct FoundJourney {
    std::optional<JourneyRecord> record;
    std::string packed;  // as it stood; "" = none
    // Where a live one was found or a conversation has one: its number.
    std::optional<TrackingNumber> number;
};

using OnJourney = std::function<void(Result<FoundJourney>)>;

void look_up_journey(const AcceptorParts& parts, JourneyLookup query, OnJourney done);

// By the numbers alone.
void look_up_numbers(const AcceptorParts& parts, JourneyLookup query, OnJourney done);

}  // namespace tapline
