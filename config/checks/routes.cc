// A default route that takes what is left, and calls that ring.
#include <algorithm>
#include <set>

#include "config/checks/brand.h"
#include "config/checks/reach.h"

namespace tapline {

namespace {

constexpr std::string_view kDefault = "default";

bool is_faulty(const BrandDraft& draft, const Route& route) {
    return draft.places.contains({"faulty route", route.name});
}

void check_default(const BrandDraft& draft, Report& report) {
    if (!draft.places.contains({"routes", ""})) return;  // that is a mistake of its own
    const auto& routes = draft.brand.routes;
    const auto place = std::find_if(routes.begin(), routes.end(),
                                    [](const Route& route) { return route.name == kDefault; });
    if (place == routes.end()) {
        report.error(draft.at("routes", ""),
                     "there is no default route; end the routes with \"- name: default\" and its "
                     "\"to:\", for everything that no other route takes");
        return;
    }
    if (place + 1 == routes.end()) return;
    report.error(draft.at("route", "default"),
                 "route \"default\" takes everything, so the routes after it, from " +
                     shown((place + 1)->name) + " on, are never reached; put it last");
}

// A queue where the caller would hear nothing; one whose dial plan is faulty has that mistake.
bool is_silent(const BrandDraft& draft, const Queue& queue) {
    return queue.dial.to.empty() && !draft.places.contains({"dial", queue.name});
}

void tell_silent(const BrandDraft& draft, const Queue& queue, const Button& button,
                 const Route& route, Report& report) {
    report.error(draft.at("queue", queue.name),
                 "queue " + shown(queue.name) + " has no phones to dial, but calls of button " +
                     shown(button.name) + " reach it by route " + shown(route.name) +
                     ", and the caller would hear silence; add dial: {to: [\"+...\"]}");
}

// The most and the least that is known of a call that came by the button.
std::pair<Chance, Chance> chances_of_call(const Brand& brand, const Button& button,
                                          const When& when) {
    const Chance of_new = chance_of(brand, when, {Channel::call, &button, false});
    const Chance of_known = chance_of(brand, when, {Channel::call, &button, true});
    return std::minmax(of_new, of_known);
}

// Queues that are told of already are passed over.
void tell_silent_queues(const BrandDraft& draft, const Button& button, const Route& route,
                        std::set<std::string>& told, Report& report) {
    for (const Queue* queue : queues_of(draft.brand, route)) {
        if (!is_silent(draft, *queue) || !told.insert(queue->name).second) continue;
        tell_silent(draft, *queue, button, route, report);
    }
}

void check_calls_ring(const BrandDraft& draft, Report& report) {
    const Brand& brand = draft.brand;
    std::set<std::string> told;
    for (const auto& [name, button] : brand.buttons) {
        if (button.channel != Channel::call) continue;
        for (const Route& route : brand.routes) {
            const auto [least, most] = chances_of_call(brand, button, route.when);
            if (most == Chance::never || is_faulty(draft, route)) continue;
            tell_silent_queues(draft, button, route, told, report);
            if (least == Chance::always) break;
        }
    }
}

}  // namespace

void check_routes(const BrandDraft& draft, Report& report) {
    check_default(draft, report);
    check_reached(draft, report);
    check_calls_ring(draft, report);
}

}  // namespace tapline
