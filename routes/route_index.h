// The routes of a brand, prepared so that the first match among a thousand is found in about a
// microsecond.
//
// A set of routes is one bit per route. For each condition the index has the set of routes that do
// not restrict it and, for each value, the routes that name the value. The routes that an event
// fits are the intersection over all conditions; the lowest bit wins. Texts are folded and searched
// only when a route with words is reached, and what no set can tell (patterns, tables, times,
// `any`, `all`, `not` and the customer's history) is asked of a route only when it is reached.
//
// Thread-safety: immutable after construction.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "routes/event.h"
#include "routes/word_index.h"

namespace tapline {

class MatchContext;
struct Route;

class RouteIndex {
  public:
    RouteIndex() = default;
    explicit RouteIndex(const std::vector<Route>& routes);

    // The number of the first route, in written order, whose conditions all hold. REQUIRES: the
    // context's brand has the routes that the index was made of.
    std::optional<std::size_t> first_match(MatchContext& context) const;

  private:
    using RouteSet = std::vector<std::uint64_t>;

    // The routes that name a value, in whichever form is smaller.
    struct Naming {
        std::vector<std::size_t> numbers;
        RouteSet set;
    };
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view value) const {
            return std::hash<std::string_view>{}(value);
        }
    };
    using NamingByValue = std::unordered_map<std::string, Naming, Hash, std::equal_to<>>;
    // One condition other than `text`.
    struct Facet {
        RouteSet unrestricted;
        bool is_named = false;  // some route restricts it
        NamingByValue routes_by_value;
    };
    enum FacetName {
        kSource,
        kProfile,
        kChannel,
        kButton,
        kCampaign,
        kLine,
        kRegion,
        kLanguage,
        kAuth,
        kCustomer,
        kSwitch,
        kFacets
    };

    void add_route(std::size_t number, const Route& route);
    void add_values(FacetName name, std::size_t number, const std::vector<std::string>& values);
    void add_attribution(const std::vector<Route>& routes);
    void pack();
    RouteSet candidates(const MatchContext& context) const;
    void restrict_to(FacetName name, std::string_view value, RouteSet& candidates) const;
    void restrict_by_switches(const MatchContext& context, RouteSet& candidates) const;
    static void allow(const Facet& facet, std::string_view value, RouteSet& allowed);
    void restrict_by_attribution(const Event& event, RouteSet& candidates) const;
    RouteSet routes_by_text(MatchContext& context) const;

    RouteSet all_;
    std::array<Facet, kFacets> facets_;
    // By attribution_key of the field, as are the values; kAnyValue stands among them.
    std::unordered_map<std::string, Facet> attribution_;
    WordIndex words_;
    std::vector<std::vector<std::size_t>> routes_by_word_;  // by the word's number in words_
    RouteSet without_words_;
    RouteSet unindexed_;  // that have conditions which no set can tell
};

// What a route's words are looked for in: subject and text, folded. No phrase spans both.
std::string folded_words(const Event& event);

}  // namespace tapline
