// Routes that are never reached, because an earlier one takes everything that they match.
#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>

#include "config/checks/brand.h"
#include "routes/region.h"

namespace tapline {

namespace {

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

// "US" holds for "US-GA", and "en" for "en-gb".
constexpr std::size_t kRegionList = 5;
constexpr std::size_t kLanguageList = 8;

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
            if (other.empty() || !covers_all(i, mine, other)) return false;
        }
        return covers_customer(later) && covers_attribution(later) &&
               std::includes(later.nested.begin(), later.nested.end(), nested.begin(),
                             nested.end());
    }

  private:
    static bool covers_all(std::size_t list, const std::vector<std::string>& mine,
                           const std::vector<std::string>& other) {
        if (list != kRegionList && list != kLanguageList) {
            return std::includes(mine.begin(), mine.end(), other.begin(), other.end());
        }
        return std::all_of(other.begin(), other.end(), [&mine](const std::string& inner) {
            return std::any_of(mine.begin(), mine.end(), [&inner](const std::string& outer) {
                return region_contains(outer, inner);
            });
        });
    }

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

// The routes above, found by one of the values that they ask for: a route can only cover one that
// asks for that value, too.
class RoutesAbove {
  public:
    void add(const Route& route, Conditions conditions) {
        const std::size_t at = routes_.size();
        routes_.push_back(&route);
        for (const std::string& key : keys_of(conditions)) by_key_[key].push_back(at);
        conditions_.push_back(std::move(conditions));
    }

    // The first that covers it; null where none does.
    const Route* find(const Conditions& later) const {
        std::size_t best = routes_.size();
        const auto look = [&](const std::string& key) {
            const auto found = by_key_.find(key);
            if (found == by_key_.end()) return;
            for (const std::size_t at : found->second) {
                if (at >= best) return;
                if (conditions_[at].covers(later)) best = at;
            }
        };
        look("");
        for (std::size_t i = 0; i < later.lists.size(); ++i) {
            if (later.lists.at(i).empty()) continue;
            const std::string& value = later.lists.at(i).front();
            look(key_of(i, value));
            if (i != kRegionList && i != kLanguageList) continue;
            for (auto at = value.find('-'); at != std::string::npos; at = value.find('-', at + 1)) {
                look(key_of(i, value.substr(0, at)));
            }
        }
        for (const auto& [field, values] : later.attribution) {
            look(key_of(field, *values.begin()));
            look(key_of(field, kAnyValue));
        }
        return best == routes_.size() ? nullptr : routes_[best];
    }

  private:
    static std::string key_of(std::string kind, std::string_view value) {
        return std::move(kind.append("\n")).append(value);
    }
    static std::string key_of(std::size_t list, std::string_view value) {
        return key_of(std::to_string(list), value);
    }

    // All values of one of its conditions, that with the fewest; "" where it has none of these.
    static std::vector<std::string> keys_of(const Conditions& own) {
        std::vector<std::string> keys;
        for (std::size_t i = 0; i < own.lists.size(); ++i) {
            const auto& list = own.lists.at(i);
            if (list.empty() || (!keys.empty() && keys.size() <= list.size())) continue;
            keys.resize(list.size());
            std::transform(list.begin(), list.end(), keys.begin(),
                           [i](const std::string& value) { return key_of(i, value); });
        }
        for (const auto& [field, values] : own.attribution) {
            if (!keys.empty() && keys.size() <= values.size()) continue;
            keys.clear();
            keys.reserve(values.size());
            for (const std::string& value : values) keys.push_back(key_of(field, value));
        }
        if (keys.empty()) keys.emplace_back();
        return keys;
    }

    std::vector<const Route*> routes_;
    std::vector<Conditions> conditions_;
    std::unordered_map<std::string, std::vector<std::size_t>> by_key_;
};

}  // namespace

void check_reached(const BrandDraft& draft, Report& report) {
    RoutesAbove above;
    for (const Route& route : draft.brand.routes) {
        // Routes without conditions have their own mistake, and so have those whose conditions
        // could not all be read.
        if (route.when.empty() || draft.places.contains({"faulty route", route.name})) continue;
        Conditions own(route.when);
        const Route* winner = above.find(own);
        if (winner == nullptr) {
            above.add(route, std::move(own));
            continue;
        }
        const Where where = draft.at("route", route.name);
        report.error(where, "route " + shown(route.name) + " is never reached: route " +
                                shown(winner->name) + " (" +
                                pointer_to(draft.at("route", winner->name), where) +
                                ") takes everything that it matches; move it up or remove it");
    }
}

}  // namespace tapline
