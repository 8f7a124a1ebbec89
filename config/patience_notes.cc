#include "config/patience_notes.h"

#include <algorithm>

#include "config/report.h"

namespace tapline {

namespace {

template <class T>
bool may_share(const std::vector<T>& one, const std::vector<T>& other) {
    return one.empty() || other.empty() || std::any_of(one.begin(), one.end(), [&](const T& value) {
               return std::find(other.begin(), other.end(), value) != other.end();
           });
}

bool takes_next_posts(const Route& upper, const Route& patient) {
    return upper.when.open_journey && !upper.patience && !upper.is_express &&
           upper.hold_by.empty() && may_share(upper.when.channel, patient.when.channel) &&
           may_share(upper.when.source, patient.when.source) &&
           may_share(upper.when.profile, patient.when.profile) &&
           may_share(upper.when.button, patient.when.button);
}

}  // namespace

std::vector<std::string> patience_notes(const Config& config) {
    std::vector<std::string> notes;
    for (const auto& [name, brand] : config.brands) {
        const auto& routes = brand->routes;
        for (auto upper = routes.begin(); upper != routes.end(); ++upper) {
            const auto patient = std::find_if(upper + 1, routes.end(), [&](const Route& one) {
                return one.patience && takes_next_posts(*upper, one);
            });
            if (patient == routes.end()) continue;
            notes.push_back("brand " + name + ": route " + shown(patient->name) +
                            " gathers messages, but once its first entry is out the customer's "
                            "next ones take route " +
                            shown(upper->name) +
                            " above it (open_journey), which has no patience; give it some, or "
                            "put it below");
        }
    }
    return notes;
}

}  // namespace tapline
