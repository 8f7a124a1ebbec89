// The route condition `attribution`: what the event's attribution fields say.
//
//     when: {attribution: {utm_source: [instagram, ig], gclid: "*"}}
//
// Fields are and-ed, the values of one field or-ed. Names and values are compared with ASCII
// letters in lower case and nothing else changed: whoever writes links writes "Instagram" as often
// as "instagram". A field with an empty value is absent. Where an event has a field twice, either
// may match. Pure; safe from any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "routes/event.h"

namespace tapline {

// The value that stands for any: the field is there.
inline constexpr std::string_view kAnyValue = "*";

struct AttributionCondition {
    std::string field;
    std::vector<std::string> values;  // not empty; may hold kAnyValue
};

// How names and values are compared.
std::string attribution_key(std::string_view text);

bool holds(const AttributionCondition& condition, const Fields& attribution);

}  // namespace tapline
