#include "config/brand_route_keys.h"

#include <algorithm>
#include <array>

#include "config/brand_closed.h"
#include "config/brand_pilots.h"
#include "config/brand_words.h"
#include "config/checks/reach.h"

namespace tapline {

namespace {

constexpr std::string_view kOwner = "owner";
constexpr std::string_view kDefault = "default";
constexpr std::string_view kUntilSwitchedOff = "until_switched_off";
constexpr std::array<std::string_view, 3> kReplyNames = {"{brand}", "{respond_within}",
                                                         "{tracking_number}"};

// Whether it is express.
Parsed<bool> parse_priority(std::string_view written) {
    if (written == "express") return true;
    if (written == "normal") return false;
    return tl::unexpected<std::string>("");
}

Parsed<bool> parse_hold(std::string_view written) {
    if (written == kUntilSwitchedOff) return true;
    return tl::unexpected<std::string>("what waits for the opening hours stands at closed:");
}

constexpr ValueKind<bool> kPriority = {"express or normal", parse_priority};
constexpr ValueKind<bool> kHold = {"until_switched_off", parse_hold};

void read_to(const YamlNode* node, BrandReading& reading, Route& route) {
    route.to_owner =
        node != nullptr && node->kind == YamlNode::Kind::scalar && node->text == kOwner;
    if (!route.to_owner) route.to = read_reference(node, "queue", reading.queues, reading.report);
}

void read_copies(const YamlNode* node, const std::string& what, BrandReading& reading,
                 Route& route) {
    for (std::string& name : read_references(node, "queue", reading.queues, reading.report)) {
        const bool twice =
            std::find(route.copy_to.begin(), route.copy_to.end(), name) != route.copy_to.end();
        if (twice || name == route.to) {
            reading.report.error(node->where, what + " copies to queue " + shown(name) +
                                                  (twice ? " twice; keep one"
                                                         : ", which has the contact already; "
                                                           "name another queue"));
            continue;
        }
        route.copy_to.push_back(std::move(name));
    }
}

}  // namespace

void read_route_keys(KeyReader& fields, const std::string& what, BrandReading& reading,
                     Route& route) {
    Report& report = reading.report;
    auto& places = reading.draft.places;
    read_to(fields.need("to", "add to: the queue that answers"), reading, route);
    read_copies(fields.find("copy_to"), what, reading, route);
    route.is_express = read_value(fields.find("priority"), kPriority, report).value_or(false);
    route.respond_within = read_value(fields.find("respond_within"), kDuration, report);
    const YamlNode* hold = fields.find("hold");
    if (read_value(hold, kHold, report)) {
        if (route.when.switches.size() == 1) route.hold_by = route.when.switches.front();
        places[{"route hold", route.name}] = hold->where;
    }
    const YamlNode* closed = fields.find("closed");
    route.closed = read_closed(closed, what, reading);
    if (closed != nullptr) places[{"route closed", route.name}] = closed->where;
    const YamlNode* reply = fields.find("reply");
    route.reply = read_reply(reply, kReplyNames, report);
    if (reply != nullptr) places[{"route reply", route.name}] = reply->where;
    route.pilot = read_pilot(fields.find("pilot"), what, reading);
    const YamlNode* patience = fields.find("patience");
    route.patience = read_patience(patience, what, report);
    if (route.patience && route.is_express) {
        report.error(patience->where, what +
                                          " is express and would wait for the customer's next "
                                          "post; remove patience, or priority");
    }
}

void settle_owner_routes(BrandReading& reading) {
    auto& routes = reading.draft.brand.routes;
    const auto last = std::find_if(routes.rbegin(), routes.rend(),
                                   [](const Route& route) { return route.name == kDefault; });
    if (last == routes.rend()) return;
    if (last->to_owner) {
        reading.report.error(reading.draft.at("route", std::string(kDefault)),
                             "route \"default\" also takes customers without a journey, whom no "
                             "queue owns; name a queue in its \"to\"");
        return;
    }
    for (Route& route : routes) {
        if (route.to_owner) route.to = last->to;
    }
}

void check_holds(const BrandDraft& draft, Report& report) {
    for (const Route& route : draft.brand.routes) {
        const auto hold = draft.places.find({"route hold", route.name});
        if (hold == draft.places.end() || draft.places.contains({"faulty route", route.name})) {
            continue;
        }
        const std::string what = "route " + shown(route.name);
        if (route.when.switches.size() != 1) {
            report.error(hold->second,
                         what + " holds contacts until a switch is off, and its \"when\" names " +
                             (route.when.switches.empty() ? "none" : "several") +
                             "; write when: {switch: NAME}, with one switch");
        }
        if (chance_of(draft.brand, route.when, Channel::call) != Chance::never) {
            report.error(hold->second,
                         what +
                             " would hold phone calls, and nobody waits on a line that long; "
                             "add channel: [text, email, dm, chat, post] to its \"when\", and a "
                             "route of their own for calls");
        }
    }
}

}  // namespace tapline
