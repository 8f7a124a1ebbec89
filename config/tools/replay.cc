#include "config/tools/replay.h"

#include <algorithm>
#include <memory>
#include <optional>

#include "adapters/click.h"
#include "config/tools/describe.h"
#include "routes/evaluate.h"
#include "routes/region.h"

namespace tapline {

namespace {

// Known to hold, known not to, or nothing.
using Truth = std::optional<bool>;

Truth both(Truth a, Truth b) {
    if (a == false || b == false) return false;
    if (a == true && b == true) return true;
    return std::nullopt;
}

Truth opposite(Truth a) {
    return a ? Truth(!*a) : std::nullopt;
}

template <class Value>
Truth one_of(const std::vector<Value>& wanted, const Value& value) {
    return wanted.empty() || std::find(wanted.begin(), wanted.end(), value) != wanted.end();
}

Truth attribution_holds(const AttributionCondition& condition, const PastContact& contact) {
    if (holds(condition, contact.event.attribution)) return true;
    if (is_click_field(condition.field)) return false;
    return std::nullopt;
}

Truth time_holds(const Brand& brand, const std::vector<std::string>& names, Time at) {
    return names.empty() || std::any_of(names.begin(), names.end(), [&](const std::string& name) {
               const auto hours = brand.hours.find(name);
               return hours != brand.hours.end() && is_open(hours->second, at);
           });
}

bool asks_the_unknown(const When& when) {
    return !when.line.empty() || !when.language.empty() || !when.auth.empty() ||
           !when.text.empty() || !when.pattern.empty() || when.customer_known || when.contacts ||
           when.open_journey || !when.customer_in.empty() || !when.switches.empty();
}

Truth when_holds(const Brand& brand, const When& when, const PastContact& contact, int depth) {
    const Place& place = contact.place;
    Truth truth = one_of(when.source, place.source);
    truth = both(truth, one_of(when.profile, place.profile));
    truth = both(truth, one_of(when.channel, contact.event.channel));
    truth = both(truth, one_of(when.button, place.button));
    truth = both(truth, one_of(when.campaign, place.campaign));
    truth = both(truth, when.region.empty() || std::any_of(when.region.begin(), when.region.end(),
                                                           [&](const std::string& name) {
                                                               return region_contains(name,
                                                                                      place.region);
                                                           }));
    truth = both(truth, time_holds(brand, when.time, contact.at));
    for (const auto& one : when.attribution) truth = both(truth, attribution_holds(one, contact));
    if (asks_the_unknown(when) || depth == 0) truth = both(truth, std::nullopt);
    if (depth == 0) return truth;
    Truth none_of_any = true;
    for (const When& one : when.any) {
        none_of_any = both(none_of_any, opposite(when_holds(brand, one, contact, depth - 1)));
    }
    if (!when.any.empty()) truth = both(truth, opposite(none_of_any));
    for (const When& one : when.all) {
        truth = both(truth, when_holds(brand, one, contact, depth - 1));
    }
    for (const When& one : when.none) {
        truth = both(truth, opposite(when_holds(brand, one, contact, depth - 1)));
    }
    return truth;
}

// What one route decides, with everything else of the brand as it is.
class Deciders {
  public:
    explicit Deciders(const Brand& brand) : brand_(brand) {}

    Decision decide(const Route& route, const PastContact& contact) {
        auto& one = by_route_[route.name];
        if (one == nullptr) {
            one = std::make_unique<Brand>(brand_);
            one->routes = {route};
            one->routes.front().when = {};
            one->index();
        }
        return evaluate(*one, {contact.event, contact.place, CustomerFacts{}}, Situation{},
                        contact.at);
    }

  private:
    const Brand& brand_;
    std::map<std::string, std::unique_ptr<Brand>> by_route_;
};

const Route* route_named(const Brand& brand, const std::string& name) {
    const auto found = std::find_if(brand.routes.begin(), brand.routes.end(),
                                    [&](const Route& route) { return route.name == name; });
    return found == brand.routes.end() ? nullptr : &*found;
}

// The route of the new config that surely decides; null where it cannot be told.
class NewRoute {
  public:
    NewRoute(const Brand& before, const Brand& after) : before_(before), after_(after) {
        for (const Route& route : after.routes) {
            const Route* old = route_named(before, route.name);
            same_[route.name] = old != nullptr && when_texts(old->when) == when_texts(route.when);
        }
    }

    const Route* of(const PastContact& contact) const {
        for (const Route& route : after_.routes) {
            const Truth truth = holds_now(route, contact);
            if (truth == true) return &route;
            if (!truth) return nullptr;
        }
        return nullptr;
    }

  private:
    Truth holds_now(const Route& route, const PastContact& contact) const {
        const Truth truth = when_holds(after_, route.when, contact, 32);
        if (truth || !same_.at(route.name)) return truth;
        if (route.name == contact.route) return true;
        for (const Route& old : before_.routes) {
            if (old.name == contact.route) return std::nullopt;  // it was never asked
            if (old.name == route.name) return false;            // it was, and did not hold
        }
        return std::nullopt;
    }

    const Brand& before_;
    const Brand& after_;
    std::map<std::string, bool> same_;
};

double cost_of(const Brand& brand, Channel channel) {
    return brand.costs.at(static_cast<std::size_t>(channel)).value_or(0);
}

}  // namespace

std::size_t ReplayResult::moved() const {
    std::size_t count = 0;
    for (const auto& move : moves) count += move.second;
    return count;
}

ReplayResult replay(const Brand& before, const Brand& after,
                    const std::vector<PastContact>& contacts) {
    ReplayResult result;
    Deciders old_deciders(before);
    Deciders new_deciders(after);
    const NewRoute new_route(before, after);
    for (const PastContact& contact : contacts) {
        ++result.contacts;
        const Route* old = route_named(before, contact.route);
        const Route* now = new_route.of(contact);
        if (old == nullptr || now == nullptr) {
            ++result.cannot_tell;
            continue;
        }
        const Decision was = old_deciders.decide(*old, contact);
        const Decision is = new_deciders.decide(*now, contact);
        if (was.queue != is.queue) ++result.moves[{was.queue, is.queue}];
        result.cost_before += cost_of(before, contact.event.channel);
        result.cost_after += cost_of(after, contact.event.channel);
        if (!was.due_at || !is.due_at) continue;
        const auto change =
            std::chrono::duration_cast<std::chrono::seconds>(*is.due_at - *was.due_at);
        if (change.count() < 0) ++result.due_sooner;
        if (change.count() > 0) ++result.due_later;
        result.due_change += change;
    }
    return result;
}

}  // namespace tapline
