// Parts of a brand in words: for the tip sheet and for `tapline diff`.
//
// Pure; safe from any thread.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "routes/brand.h"

namespace tapline {

// "Monday to Friday 08:00-12:00 and 13:00-20:00", a line for days that are alike.
std::vector<std::string> hours_lines(const Hours& hours);

// "09:00-12:00 and 13:00-20:00", or "closed".
std::string day_text(const std::vector<OpenInterval>& open);

// "call 20s, email 1h, otherwise 5m"; "" where nothing is ever due.
std::string respond_within_text(const Queue& queue);

// "voicemail, after "We open at {opens_at}."": what a caller gets outside the hours.
std::string closed_call_text(const ClosedCall& closed);
std::string closed_other_text(const ClosedOther& closed);

// The conditions one by one: ("channel", "call or text"), ("not.customer", "known").
std::map<std::string, std::string> when_texts(const When& when);

// Everything that decides, by what it is about: ("to", "sales"), ("when.channel", "call or text").
std::map<std::string, std::string> route_texts(const Route& route);
std::map<std::string, std::string> queue_texts(const Queue& queue);

}  // namespace tapline
