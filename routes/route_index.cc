#include "routes/route_index.h"

#include <bit>

#include "routes/match.h"

namespace tapline {

namespace {

constexpr std::size_t kBits = 64;

void insert(std::vector<std::uint64_t>& set, std::size_t number) {
    set[number / kBits] |= std::uint64_t{1} << (number % kBits);
}

std::vector<std::string> names_of(const std::vector<Channel>& channels) {
    std::vector<std::string> names;
    names.reserve(channels.size());
    for (const Channel channel : channels) names.emplace_back(to_string(channel));
    return names;
}

void keep(const std::vector<std::uint64_t>& allowed, std::vector<std::uint64_t>& set) {
    for (std::size_t i = 0; i < set.size(); ++i) set[i] &= allowed[i];
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
    const std::size_t words = all_.size();
    without_words_.resize(words);
    unindexed_.resize(words);
    for (Facet& facet : facets_) facet.unrestricted.resize(words);
    for (std::size_t i = 0; i < routes.size(); ++i) add_route(i, routes[i]);
    add_attribution(routes);
    pack();
}

void RouteIndex::pack() {
    const auto pack_facet = [this](Facet& facet) {
        for (auto& [value, naming] : facet.routes_by_value) {
            if (naming.numbers.size() <= all_.size()) continue;
            naming.set.resize(all_.size());
            for (const std::size_t number : naming.numbers) insert(naming.set, number);
            naming.numbers.clear();
            naming.numbers.shrink_to_fit();
        }
    };
    for (Facet& facet : facets_) pack_facet(facet);
    for (auto& [field, facet] : attribution_) pack_facet(facet);
}

void RouteIndex::add_attribution(const std::vector<Route>& routes) {
    for (std::size_t i = 0; i < routes.size(); ++i) {
        for (const AttributionCondition& condition : routes[i].when.attribution) {
            // Every route that does not name the field is unrestricted by it.
            const auto [place, is_new] = attribution_.try_emplace(attribution_key(condition.field));
            Facet& facet = place->second;
            if (is_new) facet.unrestricted = all_;
            facet.unrestricted[i / kBits] &= ~(std::uint64_t{1} << (i % kBits));
            for (const std::string& value : condition.values) {
                facet.routes_by_value[attribution_key(value)].numbers.push_back(i);
            }
        }
    }
}

void RouteIndex::add_values(FacetName name, std::size_t number,
                            const std::vector<std::string>& values) {
    Facet& facet = facets_.at(name);
    if (values.empty()) {
        insert(facet.unrestricted, number);
    } else {
        facet.is_named = true;
    }
    for (const std::string& value : values) {
        // Nothing that is told is empty; the route stays restricted.
        if (!value.empty()) facet.routes_by_value[value].numbers.push_back(number);
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
    std::vector<std::string> customer;
    if (when.customer_known) customer.emplace_back(name_of(*when.customer_known));
    add_values(kCustomer, number, customer);
    add_values(kSwitch, number, when.switches);
    if (has_unindexed(when)) insert(unindexed_, number);
    if (when.text.empty()) insert(without_words_, number);
    for (const WordPattern& pattern : when.text) {
        const std::size_t word = words_.add(pattern);
        if (word == routes_by_word_.size()) routes_by_word_.emplace_back();
        routes_by_word_[word].push_back(number);
    }
}

void RouteIndex::allow(const Facet& facet, std::string_view value, RouteSet& allowed) {
    const auto found = facet.routes_by_value.find(value);
    if (found == facet.routes_by_value.end()) return;
    const Naming& naming = found->second;
    for (const std::size_t number : naming.numbers) insert(allowed, number);
    for (std::size_t i = 0; i < naming.set.size(); ++i) allowed[i] |= naming.set[i];
}

void RouteIndex::restrict_to(FacetName name, std::string_view value, RouteSet& candidates) const {
    const Facet& facet = facets_.at(name);
    if (!facet.is_named) return;
    RouteSet allowed = facet.unrestricted;
    allow(facet, value, allowed);
    if (name == kRegion || name == kLanguage) {
        // What lies in "US-GA" lies in "US" too.
        for (std::size_t dash = value.rfind('-'); dash != std::string_view::npos;
             dash = value.rfind('-')) {
            value = value.substr(0, dash);
            allow(facet, value, allowed);
        }
    }
    keep(allowed, candidates);
}

void RouteIndex::restrict_by_switches(const MatchContext& context, RouteSet& candidates) const {
    const Facet& facet = facets_.at(kSwitch);
    if (!facet.is_named) return;
    RouteSet allowed = facet.unrestricted;
    for (const auto& [name, state] : context.situation.switches) {
        const bool on = is_on(context.situation, name, context.place.region, context.now);
        if (on) allow(facet, name, allowed);
    }
    keep(allowed, candidates);
}

RouteIndex::RouteSet RouteIndex::candidates(const MatchContext& context) const {
    RouteSet candidates = all_;
    const Place& place = context.place;
    restrict_to(kSource, place.source, candidates);
    restrict_to(kProfile, place.profile, candidates);
    restrict_to(kChannel, to_string(context.event.channel), candidates);
    restrict_to(kButton, place.button, candidates);
    restrict_to(kCampaign, place.campaign, candidates);
    restrict_to(kLine, context.event.line, candidates);
    restrict_to(kRegion, place.region, candidates);
    restrict_to(kLanguage, context.language(), candidates);
    restrict_to(kAuth, context.event.auth, candidates);
    restrict_to(kCustomer, name_of(context.customer.known), candidates);
    restrict_by_switches(context, candidates);
    if (!attribution_.empty()) restrict_by_attribution(context.event, candidates);
    return candidates;
}

void RouteIndex::restrict_by_attribution(const Event& event, RouteSet& candidates) const {
    std::unordered_map<std::string, RouteSet> allowed_by_field;
    for (const auto& [name, value] : event.attribution) {
        if (value.empty()) continue;
        const std::string field = attribution_key(name);
        const auto facet = attribution_.find(field);
        if (facet == attribution_.end()) continue;
        const auto place = allowed_by_field.try_emplace(field, facet->second.unrestricted).first;
        allow(facet->second, attribution_key(value), place->second);
        allow(facet->second, std::string(kAnyValue), place->second);
    }
    for (const auto& [field, facet] : attribution_) {
        const auto found = allowed_by_field.find(field);
        const RouteSet& allowed =
            found == allowed_by_field.end() ? facet.unrestricted : found->second;
        keep(allowed, candidates);
    }
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
            if ((lowest & unindexed_[i]) == 0 ||
                unindexed_hold(context.brand.routes[number].when, context)) {
                return number;
            }
            rest &= ~lowest;
        }
    }
    return std::nullopt;
}

}  // namespace tapline
