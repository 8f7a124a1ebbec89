// The order and reach of a brand's routes.
#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <set>

#include "config/brand_checks.h"

namespace tapline {

namespace {

constexpr std::string_view kDefault = "default";

std::vector<std::string> channel_names(const When& when) {
    std::vector<std::string> names;
    for (const Channel channel : when.channel) names.emplace_back(to_string(channel));
    return names;
}

// Patterns that match the same are spelt the same: "Cancel*" and "cancel*".
std::vector<std::string> word_keys(const When& when) {
    std::vector<std::string> keys;
    for (const WordPattern& words : when.text) {
        const std::string& written = words.written();
        keys.push_back(fold(written) + (written.back() == '*' ? "*" : ""));
    }
    return keys;
}

std::vector<std::string> pattern_keys(const When& when) {
    std::vector<std::string> keys;
    for (const Pattern& pattern : when.pattern) keys.push_back(pattern.written());
    return keys;
}

// The conditions of a route as sorted lists, one per key: implication becomes inclusion. Maps below
// any, all and not are compared by equality.
struct Conditions {
    std::array<std::vector<std::string>, 13> lists;
    std::map<std::string, std::set<std::string>> attribution;
    std::optional<bool> customer_known;
    std::optional<ContactsCondition> contacts;
    std::optional<std::chrono::seconds> open_journey;
    std::set<std::string> nested;

    explicit Conditions(const When& when)
        : lists{when.source,   when.profile, channel_names(when), when.button,
                when.campaign, when.region,  word_keys(when),     when.line,
                when.language, when.auth,    pattern_keys(when),  when.customer_in,
                when.time},
          customer_known(when.customer_known),
          contacts(when.contacts),
          open_journey(when.open_journey) {
        for (auto& list : lists) std::sort(list.begin(), list.end());
        // Which switches are on together nobody knows; those of two routes are compared as a whole.
        if (!when.switches.empty()) nested.insert("switch" + joined(when.switches));
        for (const AttributionCondition& condition : when.attribution) {
            auto& values = attribution[attribution_key(condition.field)];
            for (const auto& value : condition.values) values.insert(attribution_key(value));
        }
        if (!when.any.empty()) nested.insert("any" + joined(when.any));
        for (const When& one : when.all) nested.insert("all" + text_of(one));
        for (const When& one : when.none) nested.insert("not" + text_of(one));
    }

    // Whether everything that `later` matches is matched here too.
    bool covers(const Conditions& later) const {
        for (std::size_t i = 0; i < lists.size(); ++i) {
            const auto& mine = lists.at(i);
            const auto& other = later.lists.at(i);
            if (mine.empty()) continue;
            if (other.empty()) return false;
            if (!std::includes(mine.begin(), mine.end(), other.begin(), other.end())) return false;
        }
        return covers_customer(later) && covers_attribution(later) &&
               std::includes(later.nested.begin(), later.nested.end(), nested.begin(),
                             nested.end());
    }

  private:
    bool covers_customer(const Conditions& later) const {
        if (customer_known && later.customer_known != customer_known) return false;
        const bool fewer =
            !contacts || (later.contacts && contacts->at_least <= later.contacts->at_least &&
                          contacts->within >= later.contacts->within);
        return fewer &&
               (!open_journey || (later.open_journey && *later.open_journey <= *open_journey));
    }

    bool covers_attribution(const Conditions& later) const {
        return std::all_of(attribution.begin(), attribution.end(), [&](const auto& mine) {
            const auto other = later.attribution.find(mine.first);
            if (other == later.attribution.end()) return false;
            return mine.second.contains(std::string(kAnyValue)) ||
                   std::includes(mine.second.begin(), mine.second.end(), other->second.begin(),
                                 other->second.end());
        });
    }

    static std::string joined(std::vector<std::string> names) {
        std::sort(names.begin(), names.end());
        std::string text;
        for (const std::string& name : names) {
            text += std::to_string(name.size()) + ':' + name;
        }
        return text;
    }

    static std::string joined(const std::vector<When>& whens) {
        std::vector<std::string> texts;
        texts.reserve(whens.size());
        for (const When& one : whens) texts.push_back(text_of(one));
        return joined(std::move(texts));
    }

    // Equal for maps that ask for the same in another order.
    static std::string text_of(const When& when) {
        const Conditions own(when);
        std::string text;
        for (const auto& list : own.lists) text += joined(list) + '\x1F';
        for (const auto& [field, values] : own.attribution) {
            text += field + joined(std::vector<std::string>(values.begin(), values.end())) + '\x1F';
        }
        if (when.customer_known) text += *when.customer_known ? "known" : "new";
        if (when.contacts) {
            text += std::to_string(when.contacts->at_least) + '/' +
                    std::to_string(when.contacts->within.count());
        }
        if (when.open_journey) text += '<' + std::to_string(when.open_journey->count());
        for (const std::string& one : own.nested) text += '(' + one + ')';
        return text;
    }
};

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

void check_reached(const BrandDraft& draft, Report& report) {
    const auto& routes = draft.brand.routes;
    std::vector<Conditions> earlier;
    std::vector<const Route*> names;
    for (const Route& route : routes) {
        // Routes without conditions have their own mistake, and so have those whose conditions
        // could not all be read.
        if (route.when.empty() || is_faulty(draft, route)) continue;
        Conditions own(route.when);
        const auto cover = std::find_if(earlier.begin(), earlier.end(),
                                        [&](const Conditions& one) { return one.covers(own); });
        if (cover == earlier.end()) {
            earlier.push_back(std::move(own));
            names.push_back(&route);
            continue;
        }
        const Route& winner = *names[static_cast<std::size_t>(cover - earlier.begin())];
        const Where where = draft.at("route", route.name);
        report.error(where, "route " + shown(route.name) + " is never reached: route " +
                                shown(winner.name) + " (" +
                                pointer_to(draft.at("route", winner.name), where) +
                                ") takes everything that it matches; move it up or remove it");
    }
}

template <class T>
bool allows(const std::vector<T>& list, const T& value) {
    return list.empty() || std::find(list.begin(), list.end(), value) != list.end();
}

enum class Match { never, sometimes, always };

// Whether a call that came by the button takes the route. A call has no text; what is asked for
// beside button, profile, source and line is known only when it comes.
Match match_call(const Brand& brand, const Button& button, const When& when) {
    const auto profile = brand.profiles.find(button.profile);
    const std::string source = profile == brand.profiles.end() ? "" : profile->second.source;
    const bool possible = when.text.empty() && when.pattern.empty() &&
                          allows(when.channel, Channel::call) && allows(when.line, button.line) &&
                          allows(when.button, button.name) &&
                          allows(when.profile, button.profile) && allows(when.source, source);
    if (!possible) return Match::never;
    When rest = when;
    rest.channel.clear();
    rest.button.clear();
    rest.profile.clear();
    rest.source.clear();
    rest.line.clear();
    const bool always = rest.empty();
    return always ? Match::always : Match::sometimes;
}

void check_calls_ring(const BrandDraft& draft, Report& report) {
    const Brand& brand = draft.brand;
    std::set<std::string> reported;
    for (const auto& [name, button] : brand.buttons) {
        if (button.channel != Channel::call) continue;
        for (const Route& route : brand.routes) {
            const Match match = match_call(brand, button, route.when);
            if (match == Match::never || is_faulty(draft, route)) continue;
            const auto queue = brand.queues.find(route.to);
            const bool silent = queue != brand.queues.end() && queue->second.dial.to.empty() &&
                                !draft.places.contains({"dial", route.to});
            if (silent && reported.insert(route.to).second) {
                report.error(draft.at("queue", route.to),
                             "queue " + shown(route.to) +
                                 " has no phones to dial, but calls of "
                                 "button " +
                                 shown(name) + " reach it by route " + shown(route.name) +
                                 ", and the caller would hear silence; add dial: {to: "
                                 "[\"+...\"]}");
            }
            if (match == Match::always) break;
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
