#include "config/notes/patience.h"

#include <algorithm>

#include "config/checks/reach.h"
#include "config/report.h"
#include "config/tools/local_time.h"
#include "routes/due.h"

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

void note_lateness(const Brand& brand, std::vector<std::string>& notes) {
    for (const Route& route : brand.routes) {
        if (!route.patience) continue;
        const auto within = shortest_within(brand, route);
        if (!within || *within > route.patience->at_most) continue;
        notes.push_back("brand " + brand.name + ": route " + shown(route.name) +
                        " gathers messages for up to " + duration_text(route.patience->at_most) +
                        ", and contacts of it are due within " + duration_text(*within) +
                        " of the first one, so whoever writes on and on is late; make at_most "
                        "shorter, or respond_within longer");
    }
}

}  // namespace

std::optional<std::chrono::seconds> shortest_within(const Brand& brand, const Route& route) {
    std::optional<std::chrono::seconds> shortest;
    for (const Queue* queue : queues_of(brand, route)) {
        for (int i = 0; i < kChannels; ++i) {
            const auto channel = static_cast<Channel>(i);
            if (channel == Channel::call ||
                chance_of(brand, route.when, channel) == Chance::never) {
                continue;
            }
            const auto within =
                route.respond_within ? route.respond_within : respond_within(*queue, {channel});
            if (within && (!shortest || *within < *shortest)) shortest = within;
        }
    }
    return shortest;
}

std::vector<std::string> patience_notes(const Config& config) {
    std::vector<std::string> notes;
    for (const auto& [name, brand] : config.brands) {
        note_lateness(*brand, notes);
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
