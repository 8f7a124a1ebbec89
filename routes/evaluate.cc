#include "routes/evaluate.h"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>

#include "routes/region.h"

namespace tapline {

namespace {

template <class Value>
bool contains(const std::vector<Value>& values, const Value& value) {
    return std::find(values.begin(), values.end(), value) != values.end();
}

const Route* find_route(const Brand& brand, const Event& event, const Place& place) {
    if (brand.routes.empty()) return nullptr;
    const std::size_t last = brand.routes.size() - 1;
    return &brand
                .routes[std::min(brand.route_index.first_match(event, place).value_or(last), last)];
}

const Queue* find_queue(const Brand& brand, const Route* route) {
    if (brand.queues.empty()) return nullptr;
    if (route == nullptr) return &brand.queues.begin()->second;
    const auto found = brand.queues.find(route->to);
    return found == brand.queues.end() ? &brand.queues.begin()->second : &found->second;
}

// One walk along the routes, writing down what was looked at.
class Walk {
  public:
    Walk(const Event& event, const Place& place) : event_(event), place_(place) {}

    // Whether all conditions of the route hold.
    bool visit(const Route& route) {
        const When& when = route.when;
        route_ = &route.name;
        if (when.empty()) return step("", true);
        return is_one_of("source", when.source, place_.source) &&
               is_one_of("profile", when.profile, place_.profile) &&
               is_one_of("channel", when.channel, event_.channel) &&
               is_one_of("button", when.button, place_.button) &&
               is_one_of("campaign", when.campaign, place_.campaign) && is_in(when.region) &&
               is_said(when.text);
    }

    std::vector<TrailStep> take_trail() { return std::move(trail_); }

  private:
    bool step(std::string_view condition, bool holds) {
        trail_.push_back({*route_, std::string(condition), holds});
        return holds;
    }

    template <class Value>
    bool is_one_of(std::string_view condition, const std::vector<Value>& wanted,
                   const Value& value) {
        return wanted.empty() || step(condition, contains(wanted, value));
    }

    bool is_in(const std::vector<std::string>& regions) {
        return regions.empty() ||
               step("region", std::any_of(regions.begin(), regions.end(), [this](const auto& name) {
                        return region_contains(name, place_.region);
                    }));
    }

    bool is_said(const std::vector<WordPattern>& patterns) {
        if (patterns.empty()) return true;
        if (!folded_) folded_ = folded_words(event_);
        return step("text", std::any_of(patterns.begin(), patterns.end(),
                                        [this](const auto& one) { return one.matches(*folded_); }));
    }

    const Event& event_;
    const Place& place_;
    const std::string* route_ = nullptr;
    std::optional<std::string> folded_;
    std::vector<TrailStep> trail_;
};

}  // namespace

Decision evaluate(const Brand& brand, const Event& event, const Place& place,
                  const CustomerFacts& /*customer*/, Time now) {
    Decision decision;
    const Route* route = find_route(brand, event, place);
    if (route != nullptr) {
        decision.route = route->name;
        decision.respond_within = route->respond_within;
    }
    const Queue* queue = find_queue(brand, route);
    if (queue != nullptr) {
        decision.queue = queue->name;
        decision.dial = queue->dial;
        decision.reply = queue->reply;
        const auto& by_channel =
            queue->respond_within_by_channel.at(static_cast<std::size_t>(event.channel));
        if (!decision.respond_within) decision.respond_within = by_channel;
        if (!decision.respond_within) decision.respond_within = queue->respond_within;
    }
    if (decision.respond_within) decision.due_at = now + *decision.respond_within;
    return decision;
}

std::vector<TrailStep> explain(const Brand& brand, const Event& event, const Place& place) {
    Walk walk(event, place);
    for (const Route& route : brand.routes) {
        if (walk.visit(route)) break;
    }
    return walk.take_trail();
}

}  // namespace tapline
