// The automatic answer: its text, and whether it may be given.
//
//     fill_in(text, "{opens_at}", "Monday 08:00")    // "We open at Monday 08:00."
//     spoken(std::chrono::minutes(90))               // "1 hour 30 minutes"
//     withheld(event, customer, now)                 // "opted_out"
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "routes/customer_facts.h"
#include "routes/event.h"

namespace tapline {

// At most one automatic reply per journey in this time.
inline constexpr std::chrono::hours kReplyPause{12};

// Replaces the name each time it occurs. An empty value takes the spaces and commas before it with
// it: "{source} call, {campaign}" becomes "Instagram call". Values are not looked into again.
void fill_in(std::string& text, std::string_view name, std::string_view value);

// "20 seconds", "1 hour 30 minutes", "2 days".
std::string spoken(std::chrono::seconds duration);

// Why no automatic reply may go out: "opted_out", "auto_reply" (what came was written by a
// machine, which would answer back), "recently_replied"; "" where nothing speaks against it.
std::string_view withheld(const Event& event, const CustomerFacts& customer, Time now);

}  // namespace tapline
