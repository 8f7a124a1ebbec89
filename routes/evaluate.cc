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
               is_attributed(when.attribution) && is_said(when.text);
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

    bool is_attributed(const std::vector<AttributionCondition>& conditions) {
        return std::all_of(conditions.begin(), conditions.end(), [this](const auto& one) {
            return step("attribution." + one.field, holds(one, event_.attribution));
        });
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

// "{source} call, {campaign}" becomes "Instagram call, spring", and "Instagram call" where there is
// no campaign: what leads to an empty name is left out with it.
void fill_in(std::string& text, std::string_view name, std::string_view value) {
    for (std::size_t at = text.find(name); at != std::string::npos; at = text.find(name, at)) {
        std::size_t begin = at;
        if (value.empty()) {
            while (begin > 0 && (text[begin - 1] == ' ' || text[begin - 1] == ',')) --begin;
        }
        text.replace(begin, at + name.size() - begin, value);
        at = begin + value.size();
    }
}

std::string whisper_of(std::string text, const Place& place) {
    std::string source = place.source;
    if (!source.empty() && source[0] >= 'a' && source[0] <= 'z') {
        source[0] = static_cast<char>(source[0] - 'a' + 'A');
    }
    fill_in(text, "{source}", source);
    fill_in(text, "{campaign}", place.campaign);
    fill_in(text, "{profile}", place.profile);
    fill_in(text, "{button}", place.button);
    return text;
}

// What a caller is answered while the department is away.
std::optional<Dial> closed_dial(const Brand& brand, const Queue& queue, const Event& event,
                                Time now) {
    if (event.channel != Channel::call || event.call_step || queue.hours.empty()) {
        return std::nullopt;
    }
    const auto hours = brand.hours.find(queue.hours);
    if (hours == brand.hours.end() || is_open(hours->second, now)) return std::nullopt;
    Dial dial;
    const ClosedCall closed = queue.closed.call.value_or(ClosedCall{});
    dial.say = closed.say;
    fill_in(dial.say, "{opens_at}", opens_at(hours->second, now));
    dial.voicemail = closed.then == ClosedCall::Then::voicemail;
    return dial;
}

std::optional<std::chrono::seconds> respond_within(const Queue& queue, const Event& event,
                                                   bool closed) {
    const auto of = [&](Channel channel) {
        return queue.respond_within_by_channel.at(static_cast<std::size_t>(channel));
    };
    // Nobody waits on the line any more, so the time for a ringing phone is not that for a call
    // back.
    const bool missed = event.call_step || closed;
    auto within = missed ? queue.respond_within_missed_call : of(event.channel);
    if (!within && missed) within = of(Channel::text);
    return within ? within : queue.respond_within;
}

}  // namespace

Decision evaluate(const Brand& brand, const Event& event, const Place& place,
                  const CustomerFacts& /*customer*/, const Situation& /*situation*/, Time now) {
    Decision decision;
    const Route* route = find_route(brand, event, place);
    if (route != nullptr) {
        decision.route = route->name;
        decision.respond_within = route->respond_within;
    }
    const Queue* queue = find_queue(brand, route);
    if (queue != nullptr) {
        decision.queue = queue->name;
        const auto closed = closed_dial(brand, *queue, event, now);
        decision.closed = closed.has_value();
        decision.dial = closed.value_or(queue->dial);
        if (!decision.dial.whisper.empty()) {
            decision.dial.whisper = whisper_of(std::move(decision.dial.whisper), place);
        }
        decision.reply = queue->reply;
        if (!decision.respond_within)
            decision.respond_within = respond_within(*queue, event, decision.closed);
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
