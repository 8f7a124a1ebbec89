#include "routes/route_index.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <utility>

#include "routes/match.h"

namespace tapline {

namespace {

constexpr std::size_t kBits = 64;
constexpr std::size_t kAskedUsual = 24;

void insert(std::vector<std::uint64_t>& set, std::size_t number) {
    set[number / kBits] |= std::uint64_t{1} << (number % kBits);
}

std::vector<std::string> names_of(const std::vector<Channel>& channels) {
    std::vector<std::string> names;
    names.reserve(channels.size());
    for (const Channel channel : channels) names.emplace_back(to_string(channel));
    return names;
}

std::string_view name_of(bool customer_known) {
    return customer_known ? "known" : "new";
}

}  // namespace

std::string folded_words(const Event& event) {
    // Two spaces meet between the two, which no pattern has.
    return event.subject.empty() ? fold(event.text) : fold(event.subject) + fold(event.text);
}

RouteIndex::RouteIndex(const std::vector<Route>& routes)
    : all_((routes.size() + kBits - 1) / kBits) {
    without_words_.resize(all_.size());
    for (RouteSet& facet : restricting_) facet.resize(all_.size());
    for (std::size_t i = 0; i < routes.size(); ++i) add_route(i, routes[i]);
    pack();
}

void RouteIndex::pack() {
    for (const RouteSet& facet : restricting_) {
        bool is_asked = false;
        for (std::size_t i = 0; i < all_.size(); ++i) {
            is_asked = is_asked || facet[i] != 0;
            unrestricted_.push_back(all_[i] & ~facet[i]);
        }
        is_asked_.push_back(is_asked);
    }
    restricting_.clear();
    routes_by_value_.pack();
}

void RouteIndex::add_values(std::uint32_t facet, std::size_t number,
                            const std::vector<std::string>& values) {
    if (values.empty()) return;
    insert(restricting_[facet], number);
    for (const std::string& value : values) {
        // Nothing that is told is empty; the route stays restricted.
        if (!value.empty()) routes_by_value_.add(facet, value, number);
    }
}

void RouteIndex::add_route(std::size_t number, const Route& route) {
    const When& when = route.when;
    insert(all_, number);
    add_values(kSource, number, when.source);
    add_values(kProfile, number, when.profile);
    add_values(kChannel, number, names_of(when.channel));
    add_values(kButton, number, when.button);
    add_values(kCampaign, number, when.campaign);
    add_values(kLine, number, when.line);
    add_values(kRegion, number, when.region);
    add_values(kLanguage, number, when.language);
    add_values(kAuth, number, when.auth);
    if (when.customer_known) {
        add_values(kCustomer, number, {std::string(name_of(*when.customer_known))});
    }
    add_values(kSwitch, number, when.switches);
    add_attribution(number, route);
    add_words(number, route);
    unindexed_.push_back(unindexed_of(when));
}

void RouteIndex::add_attribution(std::size_t number, const Route& route) {
    for (const AttributionCondition& condition : route.when.attribution) {
        const auto next = static_cast<std::uint32_t>(kFacets + fields_.size());
        const auto [field, is_new] = fields_.try_emplace(attribution_key(condition.field), next);
        if (is_new) restricting_.emplace_back(all_.size());
        std::vector<std::string> keys;
        for (const std::string& value : condition.values) keys.push_back(attribution_key(value));
        add_values(field->second, number, keys);
    }
}

void RouteIndex::add_words(std::size_t number, const Route& route) {
    if (route.when.text.empty()) insert(without_words_, number);
    for (const WordPattern& pattern : route.when.text) {
        const std::size_t word = words_.add(pattern);
        if (word == routes_by_word_.size()) routes_by_word_.emplace_back();
        routes_by_word_[word].push_back(number);
    }
}

void RouteIndex::ask(std::uint32_t facet, std::string_view value, Asked& asked) const {
    if (!is_asked_[facet] || value.empty()) return;
    asked.push_back(ValueIndex::key_of(facet, value));
    routes_by_value_.prefetch(asked.back());
}

// What lies in "US-GA" lies in "US" too.
void RouteIndex::ask_wider(std::uint32_t facet, std::string_view value, Asked& asked) const {
    ask(facet, value, asked);
    for (std::size_t dash = value.rfind('-'); dash != std::string_view::npos && dash > 0;
         dash = value.rfind('-', dash - 1)) {
        ask(facet, value.substr(0, dash), asked);
    }
}

void RouteIndex::ask_switches(const MatchContext& context, Asked& asked) const {
    for (const auto& [name, state] : context.situation.switches) {
        const bool on = is_on(context.situation, name, context.place.region, context.now);
        if (on) ask(kSwitch, name, asked);
    }
}

void RouteIndex::ask_attribution(const Event& event, std::vector<std::string>& keys,
                                 Asked& asked) const {
    if (fields_.empty()) return;
    keys.reserve(event.attribution.size());
    for (const auto& [name, value] : event.attribution) {
        if (value.empty()) continue;
        const auto field = fields_.find(attribution_key(name));
        if (field == fields_.end()) continue;
        keys.push_back(attribution_key(value));
        ask(field->second, keys.back(), asked);
        ask(field->second, kAnyValue, asked);
    }
}

RouteIndex::RouteSet RouteIndex::candidates(const MatchContext& context) const {
    RouteSet candidates = all_;
    if (all_.empty()) return candidates;
    Asked asked;
    asked.reserve(kAskedUsual);
    std::vector<std::string> keys;
    const Place& place = context.place;
    ask(kSource, place.source, asked);
    ask(kProfile, place.profile, asked);
    ask(kChannel, to_string(context.event.channel), asked);
    ask(kButton, place.button, asked);
    ask(kCampaign, place.campaign, asked);
    ask(kLine, context.event.line, asked);
    ask_wider(kRegion, place.region, asked);
    ask_wider(kLanguage, context.language(), asked);
    ask(kAuth, context.event.auth, asked);
    ask(kCustomer, name_of(context.customer.known), asked);
    ask_switches(context, asked);
    ask_attribution(context.event, keys, asked);

    std::vector<std::pair<std::uint32_t, std::size_t>> found;
    found.reserve(asked.size());
    for (const ValueIndex::Key& key : asked) {
        found.emplace_back(key.name, routes_by_value_.find(key));
    }
    RouteSet allowed(all_.size());
    for (std::uint32_t facet = 0; facet < is_asked_.size(); ++facet) {
        if (!is_asked_[facet]) continue;
        std::copy_n(unrestricted_.begin() + static_cast<std::ptrdiff_t>(facet * all_.size()),
                    all_.size(), allowed.begin());
        for (const auto& [name, place_of_set] : found) {
            if (name == facet) routes_by_value_.unite(place_of_set, allowed);
        }
        for (std::size_t i = 0; i < candidates.size(); ++i) candidates[i] &= allowed[i];
    }
    return candidates;
}

RouteIndex::RouteSet RouteIndex::routes_by_text(MatchContext& context) const {
    RouteSet allowed(without_words_);
    for (const std::size_t word : words_.find(context.folded())) {
        for (const std::size_t number : routes_by_word_[word]) insert(allowed, number);
    }
    return allowed;
}

std::optional<std::size_t> RouteIndex::first_match(MatchContext& context) const {
    const RouteSet fitting = candidates(context);
    RouteSet by_text;
    for (std::size_t i = 0; i < fitting.size(); ++i) {
        std::uint64_t rest = fitting[i];
        while (rest != 0) {
            const std::uint64_t lowest = rest & (~rest + 1);
            if ((lowest & ~without_words_[i]) != 0 && by_text.empty()) {
                by_text = routes_by_text(context);
            }
            if (!by_text.empty()) rest &= by_text[i];
            if ((rest & lowest) == 0) continue;
            const std::size_t number =
                i * kBits + static_cast<std::size_t>(std::countr_zero(lowest));
            if (unindexed_[number] == 0 ||
                unindexed_hold(unindexed_[number], context.brand.routes[number].when, context)) {
                return number;
            }
            rest &= ~lowest;
        }
    }
    return std::nullopt;
}

}  // namespace tapline
