// The routes of a brand, prepared so that the first match among a thousand is found in about a
// microsecond.
//
// A set of routes is one bit per route. For each condition the index has the set of routes that do
// not restrict it and, for each value, the routes that name the value. The routes that an event
// fits are the intersection over all conditions; the lowest bit wins. Texts are folded and searched
// only when a route with words is reached.
//
// Thread-safety: immutable after construction.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "routes/event.h"
#include "routes/word_index.h"

namespace tapline {

struct Place;
struct Route;

class RouteIndex {
  public:
    RouteIndex() = default;
    explicit RouteIndex(const std::vector<Route>& routes);

    // The number of the first route, in written order, whose conditions all hold.
    std::optional<std::size_t> first_match(const Event& event, const Place& place) const;

  private:
    using RouteSet = std::vector<std::uint64_t>;

    // The routes that name a value, in whichever form is smaller.
    struct Naming {
        std::vector<std::size_t> numbers;
        RouteSet set;
    };
    // One condition other than `text`.
    struct Facet {
        RouteSet unrestricted;
        std::unordered_map<std::string, Naming> routes_by_value;
    };
    enum FacetName { kSource, kProfile, kChannel, kButton, kCampaign, kRegion, kFacets };

    void add_route(std::size_t number, const Route& route);
    void add_values(FacetName name, std::size_t number, const std::vector<std::string>& values);
    void add_attribution(const std::vector<Route>& routes);
    void pack();
    RouteSet candidates(const Event& event, const Place& place) const;
    static void allow(const Facet& facet, const std::string& value, RouteSet& allowed);
    void restrict_by_attribution(const Event& event, RouteSet& candidates) const;
    RouteSet routes_by_text(const Event& event) const;

    RouteSet all_;
    std::array<Facet, kFacets> facets_;
    // By attribution_key of the field, as are the values; kAnyValue stands among them.
    std::unordered_map<std::string, Facet> attribution_;
    WordIndex words_;
    std::vector<std::vector<std::size_t>> routes_by_word_;  // by the word's number in words_
    RouteSet without_words_;
};

// What a route's words are looked for in: subject and text, folded. No phrase spans both.
std::string folded_words(const Event& event);

}  // namespace tapline
