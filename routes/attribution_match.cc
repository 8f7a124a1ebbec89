#include "routes/attribution_match.h"

#include <algorithm>

namespace tapline {

std::string attribution_key(std::string_view text) {
    std::string key(text);
    std::transform(key.begin(), key.end(), key.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return key;
}

bool holds(const AttributionCondition& condition, const Fields& attribution) {
    const std::string field = attribution_key(condition.field);
    return std::any_of(attribution.begin(), attribution.end(), [&](const auto& pair) {
        if (pair.second.empty() || attribution_key(pair.first) != field) return false;
        const std::string value = attribution_key(pair.second);
        return std::any_of(condition.values.begin(), condition.values.end(),
                           [&](const std::string& wanted) {
                               return wanted == kAnyValue || attribution_key(wanted) == value;
                           });
    });
}

}  // namespace tapline
