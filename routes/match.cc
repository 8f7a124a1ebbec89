#include "routes/match.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <utility>

#include "routes/identity_keys.h"
#include "routes/region.h"

namespace tapline {

namespace {

constexpr std::string_view kUnknown = "unknown";

bool is_one_of(const std::vector<std::string>& wanted, std::string_view value) {
    return !value.empty() && std::find(wanted.begin(), wanted.end(), value) != wanted.end();
}

// "pt-br" lies in "pt" as "US-GA" does in "US".
bool is_in_one_of(const std::vector<std::string>& wanted, std::string_view value) {
    return std::any_of(wanted.begin(), wanted.end(),
                       [value](const std::string& outer) { return region_contains(outer, value); });
}

bool is_attributed(const When& when, MatchContext& context) {
    return std::all_of(when.attribution.begin(), when.attribution.end(),
                       [&](const auto& one) { return holds(one, context.event.attribution); });
}

bool is_said(const When& when, MatchContext& context) {
    const std::string& folded = context.folded();
    return std::any_of(when.text.begin(), when.text.end(),
                       [&](const WordPattern& one) { return one.matches(folded); });
}

bool is_written(const When& when, MatchContext& context) {
    const std::string& text = context.unfolded();
    return std::any_of(when.pattern.begin(), when.pattern.end(),
                       [&](const Pattern& one) { return one.matches(text); });
}

bool has_contacted(const When& when, MatchContext& context) {
    const ContactsCondition& wanted = *when.contacts;
    const auto& recent = context.customer.recent;
    const Time since = context.now - wanted.within;
    return std::count_if(recent.begin(), recent.end(),
                         [since](Time contact) { return contact >= since; }) >= wanted.at_least;
}

bool has_open_journey(const When& when, MatchContext& context) {
    const auto& open = context.customer.open_journey;
    return open && open->last_at >= context.now - *when.open_journey;
}

bool is_in_table(const When& when, MatchContext& context) {
    const auto& tables = context.brand.tables;
    return std::any_of(
        when.customer_in.begin(), when.customer_in.end(), [&](const std::string& name) {
            const auto table = tables.find(name);
            if (table == tables.end()) return false;
            const auto& values = table->second.values;
            const auto& identities = context.identities();
            return std::any_of(identities.begin(), identities.end(),
                               [&](const std::string& one) { return values.contains(one); });
        });
}

bool is_switched(const When& when, MatchContext& context) {
    return std::any_of(when.switches.begin(), when.switches.end(), [&](const std::string& name) {
        return is_on(context.situation, name, context.place.region, context.now);
    });
}

bool is_time(const When& when, MatchContext& context) {
    const auto& hours = context.brand.hours;
    return std::any_of(when.time.begin(), when.time.end(), [&](const std::string& name) {
        const auto found = hours.find(name);
        return found != hours.end() && is_open(found->second, context.now);
    });
}

bool any_holds(const std::vector<When>& whens, MatchContext& context) {
    return std::any_of(whens.begin(), whens.end(),
                       [&](const When& one) { return holds(one, context); });
}

bool all_hold(const When& when, MatchContext& context) {
    return std::all_of(when.all.begin(), when.all.end(),
                       [&](const When& one) { return holds(one, context); });
}

struct Condition {
    std::string_view name;
    bool (*is_asked)(const When&);
    bool (*holds)(const When&, MatchContext&);
};

// In the order in which they are asked, the cheap ones first. What RouteIndex decides by itself
// stands before what it does not.
constexpr std::array kIndexed = {
    Condition{"source", [](const When& w) { return !w.source.empty(); },
              [](const When& w, MatchContext& c) { return is_one_of(w.source, c.place.source); }},
    Condition{"profile", [](const When& w) { return !w.profile.empty(); },
              [](const When& w, MatchContext& c) { return is_one_of(w.profile, c.place.profile); }},
    Condition{"channel", [](const When& w) { return !w.channel.empty(); },
              [](const When& w, MatchContext& c) {
                  return std::find(w.channel.begin(), w.channel.end(), c.event.channel) !=
                         w.channel.end();
              }},
    Condition{"button", [](const When& w) { return !w.button.empty(); },
              [](const When& w, MatchContext& c) { return is_one_of(w.button, c.place.button); }},
    Condition{
        "campaign", [](const When& w) { return !w.campaign.empty(); },
        [](const When& w, MatchContext& c) { return is_one_of(w.campaign, c.place.campaign); }},
    Condition{"line", [](const When& w) { return !w.line.empty(); },
              [](const When& w, MatchContext& c) { return is_one_of(w.line, c.event.line); }},
    Condition{
        "region", [](const When& w) { return !w.region.empty(); },
        [](const When& w, MatchContext& c) { return is_in_one_of(w.region, c.place.region); }},
    Condition{
        "language", [](const When& w) { return !w.language.empty(); },
        [](const When& w, MatchContext& c) { return is_in_one_of(w.language, c.language()); }},
    Condition{"auth", [](const When& w) { return !w.auth.empty(); },
              [](const When& w, MatchContext& c) { return is_one_of(w.auth, c.event.auth); }},
    Condition{"customer", [](const When& w) { return w.customer_known.has_value(); },
              [](const When& w, MatchContext& c) { return c.customer.known == w.customer_known; }},
    Condition{"attribution", [](const When& w) { return !w.attribution.empty(); }, is_attributed},
    Condition{"switch", [](const When& w) { return !w.switches.empty(); }, is_switched},
    Condition{"text", [](const When& w) { return !w.text.empty(); }, is_said},
};
constexpr std::array kUnindexed = {
    Condition{"open_journey", [](const When& w) { return w.open_journey.has_value(); },
              has_open_journey},
    Condition{"contacts", [](const When& w) { return w.contacts.has_value(); }, has_contacted},
    Condition{"customer_in", [](const When& w) { return !w.customer_in.empty(); }, is_in_table},
    Condition{"time", [](const When& w) { return !w.time.empty(); }, is_time},
    Condition{"not", [](const When& w) { return !w.none.empty(); },
              [](const When& w, MatchContext& c) { return !any_holds(w.none, c); }},
    Condition{"any", [](const When& w) { return !w.any.empty(); },
              [](const When& w, MatchContext& c) { return any_holds(w.any, c); }},
    Condition{"all", [](const When& w) { return !w.all.empty(); }, all_hold},
    Condition{"pattern", [](const When& w) { return !w.pattern.empty(); }, is_written},
};

template <class Conditions>
bool each_holds(const Conditions& conditions, const When& when, MatchContext& context) {
    return std::all_of(conditions.begin(), conditions.end(), [&](const Condition& one) {
        return !one.is_asked(when) || one.holds(when, context);
    });
}

// One walk along the routes, writing down what each condition says.
class Walk {
  public:
    explicit Walk(MatchContext& context) : context_(context) {}

    // Whether all conditions of the route hold.
    bool visit(const Route& route) {
        route_ = &route.name;
        return route.when.empty() ? step("", true) : visit(route.when, "");
    }

    std::vector<TrailStep> take_trail() { return std::move(trail_); }

  private:
    bool step(std::string condition, bool holds) {
        trail_.push_back({*route_, std::move(condition), holds});
        return holds;
    }

    bool visit(const When& when, const std::string& prefix) {
        bool all = true;
        for (const Condition& one : kIndexed) all = visit(one, when, prefix) && all;
        for (const Condition& one : kUnindexed) all = visit(one, when, prefix) && all;
        return all;
    }

    bool visit(const Condition& condition, const When& when, const std::string& prefix) {
        if (!condition.is_asked(when)) return true;
        const std::string name = prefix + std::string(condition.name);
        if (condition.name == "attribution") return visit_attribution(when, name);
        if (condition.name == "any") visit_all(when.any, name);
        if (condition.name == "all") visit_all(when.all, name);
        if (condition.name == "not" && when.none.size() == 1) visit(when.none.front(), name + ".");
        if (condition.name == "not" && when.none.size() > 1) visit_all(when.none, name);
        return step(name, condition.holds(when, context_));
    }

    bool visit_attribution(const When& when, const std::string& name) {
        bool all = true;
        for (const AttributionCondition& one : when.attribution) {
            all = step(name + "." + one.field, holds(one, context_.event.attribution)) && all;
        }
        return all;
    }

    void visit_all(const std::vector<When>& whens, const std::string& name) {
        for (std::size_t i = 0; i < whens.size(); ++i) {
            visit(whens[i], name + "[" + std::to_string(i) + "].");
        }
    }

    MatchContext& context_;
    const std::string* route_ = nullptr;
    std::vector<TrailStep> trail_;
};

}  // namespace

MatchContext::MatchContext(const Brand& its_brand, const Arrival& arrival,
                           const Situation& its_situation, Time its_now)
    : brand(its_brand),
      event(arrival.event),
      place(arrival.place),
      customer(arrival.customer),
      situation(its_situation),
      now(its_now) {}

std::string_view MatchContext::language() const {
    if (!event.language.empty()) return event.language;
    return place.language.empty() ? kUnknown : std::string_view(place.language);
}

const std::string& MatchContext::folded() {
    if (!folded_) folded_ = folded_words(event);
    return *folded_;
}

const std::string& MatchContext::unfolded() {
    if (!unfolded_) unfolded_ = event.subject + "\n" + event.text;
    return *unfolded_;
}

std::string handle_key(std::string_view handle) {
    if (handle.starts_with('@')) handle.remove_prefix(1);
    return handle.empty() ? std::string() : '@' + address_key(handle);
}

const std::vector<std::string>& MatchContext::identities() {
    if (identities_) return *identities_;
    identities_.emplace({event.customer.phone, address_key(event.customer.email),
                         event.customer.platform_id, handle_key(event.customer.handle)});
    std::erase(*identities_, "");
    return *identities_;
}

bool holds(const When& when, MatchContext& context) {
    return each_holds(kIndexed, when, context) && each_holds(kUnindexed, when, context);
}

std::uint8_t unindexed_of(const When& when) {
    static_assert(kUnindexed.size() <= 8);
    unsigned asked = 0;
    for (std::size_t i = 0; i < kUnindexed.size(); ++i) {
        if (kUnindexed.at(i).is_asked(when)) asked |= 1U << i;
    }
    return static_cast<std::uint8_t>(asked);
}

bool unindexed_hold(std::uint8_t asked, const When& when, MatchContext& context) {
    for (unsigned rest = asked; rest != 0; rest &= rest - 1) {
        const auto i = static_cast<std::size_t>(std::countr_zero(rest));
        if (!kUnindexed.at(i).holds(when, context)) return false;
    }
    return true;
}

const Route* first_match(const Brand& brand, const Arrival& arrival, const Situation& situation,
                         Time now) {
    if (brand.routes.empty()) return nullptr;
    MatchContext context(brand, arrival, situation, now);
    const std::size_t last = brand.routes.size() - 1;
    return &brand.routes[std::min(brand.route_index.first_match(context).value_or(last), last)];
}

std::vector<TrailStep> explain(const Brand& brand, const Arrival& arrival,
                               const Situation& situation, Time now) {
    MatchContext context(brand, arrival, situation, now);
    Walk walk(context);
    for (const Route& route : brand.routes) {
        if (walk.visit(route)) break;
    }
    return walk.take_trail();
}

}  // namespace tapline
