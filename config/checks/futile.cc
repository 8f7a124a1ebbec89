// Settings that defeat each other: each is right alone, and together one of them does nothing.
#include <algorithm>

#include "config/checks/brand.h"
#include "config/checks/reach.h"
#include "config/notes/patience.h"
#include "config/tools/local_time.h"

namespace tapline {

namespace {

using Within = std::optional<std::chrono::seconds>;

bool takes_calls_alone(const Brand& brand, const When& when) {
    for (int i = 0; i < kChannels; ++i) {
        const auto channel = static_cast<Channel>(i);
        if (channel != Channel::call && chance_of(brand, when, channel) != Chance::never) {
            return false;
        }
    }
    return true;
}

void warn_of_patience(const BrandDraft& draft, const Route& route, Report& report) {
    const auto warn = [&](const std::string& why) {
        report.warning(draft.at("route", route.name), "route " + shown(route.name) + " " + why);
    };
    if (takes_calls_alone(draft.brand, route.when)) {
        warn("has patience and takes calls alone, which never wait; remove patience");
        return;
    }
    if (!route.hold_by.empty()) {
        warn(
            "has patience and a hold: while the switch is on, its posts are held one by one and "
            "none is gathered; remove patience");
    }
    const Within within = shortest_within(draft.brand, route);
    if (within && *within <= route.patience->quiet) {
        warn("waits for more posts for " + duration_text(route.patience->quiet) +
             ", and its contacts are due within " + duration_text(*within) +
             ", so each is late; make quiet shorter, or respond_within longer");
    }
}

void warn_of_max_age(const BrandDraft& draft, const Queue& queue, Report& report) {
    Within longest = queue.respond_within;
    for (const Within& one : queue.respond_within_by_channel) longest = std::max(longest, one);
    if (queue.max_age.count() == 0 || !longest || queue.max_age > *longest) return;
    report.warning(draft.at("queue", queue.name),
                   "queue " + shown(queue.name) + " ends contacts after " +
                       duration_text(queue.max_age) + " (max_age), before they are due after " +
                       duration_text(*longest) +
                       " (respond_within), so they are never late; make max_age longer");
}

}  // namespace

void warn_of_futile(const BrandDraft& draft, Report& report) {
    for (const auto& [name, queue] : draft.brand.queues) warn_of_max_age(draft, queue, report);
    for (const Route& route : draft.brand.routes) {
        if (route.patience && !draft.places.contains({"faulty route", route.name})) {
            warn_of_patience(draft, route, report);
        }
    }
}

}  // namespace tapline
