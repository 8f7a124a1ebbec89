#include "config/checks/reach.h"

#include <algorithm>
#include <set>

namespace tapline {

namespace {

template <class T>
bool has(const std::vector<T>& list, const T& value) {
    return std::find(list.begin(), list.end(), value) != list.end();
}

Chance certain(bool holds) {
    return holds ? Chance::always : Chance::never;
}

Chance opposite(Chance chance) {
    if (chance == Chance::sometimes) return chance;
    return certain(chance == Chance::never);
}

// Only of a call the line tells the button: a message may name the tracking number of another.
Chance of_line(const std::vector<std::string>& lines, const WayIn& way) {
    switch (way.channel) {
        case Channel::call:
            if (way.button == nullptr) return Chance::sometimes;
            return certain(has(lines, way.button->line));
        case Channel::text:
        case Channel::dm:  // by WhatsApp
            return Chance::sometimes;
        default:
            return Chance::never;
    }
}

Chance of_source(const Brand& brand, const std::vector<std::string>& sources, const WayIn& way) {
    if (way.button == nullptr) return Chance::sometimes;
    const auto profile = brand.profiles.find(way.button->profile);
    if (profile == brand.profiles.end()) return Chance::sometimes;
    return certain(has(sources, profile->second.source));
}

// Conditions of which nothing is known before the contact comes.
bool asks_more(const When& when) {
    return !when.campaign.empty() || !when.region.empty() || !when.language.empty() ||
           !when.auth.empty() || !when.attribution.empty() || !when.customer_in.empty() ||
           !when.switches.empty() || !when.time.empty() || !when.text.empty() ||
           !when.pattern.empty() || when.contacts || when.open_journey;
}

// What a call or a new customer cannot have.
bool asks_too_much(const When& when, const WayIn& way) {
    const bool written = !when.text.empty() || !when.pattern.empty();
    return (written && way.channel == Channel::call) ||
           ((when.contacts || when.open_journey) && !way.known);
}

Chance of_own(const Brand& brand, const When& when, const WayIn& way) {
    if (asks_too_much(when, way)) return Chance::never;
    Chance chance = asks_more(when) ? Chance::sometimes : Chance::always;
    const auto need = [&chance](Chance other) { chance = std::min(chance, other); };
    if (!when.channel.empty()) need(certain(has(when.channel, way.channel)));
    if (when.customer_known) need(certain(*when.customer_known == way.known));
    if (!when.line.empty()) need(of_line(when.line, way));
    if (!when.source.empty()) need(of_source(brand, when.source, way));
    const bool named = way.button != nullptr;
    if (!when.button.empty()) need(certain(named && has(when.button, way.button->name)));
    if (!when.profile.empty()) {
        need(named ? certain(has(when.profile, way.button->profile)) : Chance::sometimes);
    }
    return chance;
}

void add_ways(Channel channel, const Button* button, std::vector<WayIn>& ways) {
    for (const bool known : {false, true}) ways.push_back({channel, button, known});
}

void add_names(const When& when, std::vector<std::string>& buttons, bool& by_place) {
    buttons.insert(buttons.end(), when.button.begin(), when.button.end());
    by_place = by_place || !when.profile.empty() || !when.source.empty() || !when.line.empty();
    for (const auto* branches : {&when.any, &when.all, &when.none}) {
        for (const When& one : *branches) add_names(one, buttons, by_place);
    }
}

std::vector<WayIn> calls_in(const Brand& brand) {
    std::vector<WayIn> ways;
    for (const auto& [name, button] : brand.buttons) {
        if (button.channel == Channel::call) add_ways(Channel::call, &button, ways);
    }
    return ways;
}

}  // namespace

Chance chance_of(const Brand& brand, const When& when, const WayIn& way) {
    Chance chance = of_own(brand, when, way);
    for (const When& one : when.all) chance = std::min(chance, chance_of(brand, one, way));
    for (const When& one : when.none) {
        chance = std::min(chance, opposite(chance_of(brand, one, way)));
    }
    if (when.any.empty()) return chance;
    Chance best = Chance::never;
    for (const When& one : when.any) best = std::max(best, chance_of(brand, one, way));
    return std::min(chance, best);
}

std::vector<WayIn> ways_in(const Brand& brand, const When& when) {
    std::vector<std::string> names;
    bool by_place = false;
    add_names(when, names, by_place);
    std::vector<const Button*> buttons = {nullptr};
    for (const auto& [name, button] : brand.buttons) {
        if (by_place || has(names, name)) buttons.push_back(&button);
    }
    std::vector<WayIn> ways;
    for (const Button* button : buttons) {
        for (int i = 0; i < kChannels; ++i) add_ways(static_cast<Channel>(i), button, ways);
    }
    return ways;
}

Chance chance_of(const Brand& brand, const When& when, Channel channel) {
    bool possible = false;
    bool sure = true;
    const bool is_call = channel == Channel::call;
    for (const WayIn& way : is_call ? calls_in(brand) : ways_in(brand, when)) {
        if (way.channel != channel) continue;
        const Chance chance = chance_of(brand, when, way);
        possible = possible || chance != Chance::never;
        sure = sure && chance == Chance::always;
    }
    if (!possible) return Chance::never;
    return sure ? Chance::always : Chance::sometimes;
}

std::vector<const Queue*> queues_of(const Brand& brand, const Route& route) {
    std::vector<const Queue*> queues;
    const auto add = [&](const std::string& name) {
        const auto found = brand.queues.find(name);
        if (found != brand.queues.end()) queues.push_back(&found->second);
    };
    add(route.to);
    if (!route.pilot) return queues;
    for (const Arm& arm : route.pilot->arms) add(arm.to);
    return queues;
}

namespace {

bool never_closes(const Brand& brand, const Queue& queue) {
    const auto hours = brand.hours.find(queue.hours);
    if (hours == brand.hours.end()) return queue.hours.empty();
    return longest_closed_gap(hours->second) == std::chrono::seconds(0);
}

const ClosedOther* said_of(const Route* route, const Queue& queue, Channel channel) {
    const ClosedOther* own = route == nullptr ? nullptr : route->closed.of(channel);
    return own == nullptr ? queue.closed.of(channel) : own;
}

}  // namespace

std::vector<ClosedStop> closed_stops(const Brand& brand, const Route& route, const Queue& first,
                                     Channel channel) {
    std::vector<ClosedStop> stops;
    std::set<std::string> seen;
    const Queue* queue = &first;
    while (!never_closes(brand, *queue)) {
        seen.insert(queue->name);
        if (channel == Channel::call) {
            stops.push_back({queue, route.closed.call || queue->closed.call, false});
            return stops;
        }
        // What the route says stands in place of the first one's words only.
        const ClosedOther* said = said_of(stops.empty() ? &route : nullptr, *queue, channel);
        const bool hands_on = said != nullptr && !said->queue.empty();
        stops.push_back({queue, said != nullptr, !hands_on || seen.contains(said->queue)});
        const auto next = hands_on ? brand.queues.find(said->queue) : brand.queues.end();
        if (next == brand.queues.end() || seen.contains(next->first)) return stops;
        queue = &next->second;
    }
    return stops;
}

}  // namespace tapline
