// The routes of a brand, prepared so that the first match among a thousand is found in about a
// microsecond.
//
// A set of routes is one bit per route. For each condition (a facet) the index has the set of
// routes that do not restrict it and, for each value, the routes that name the value. The routes
// that an event fits are the intersection over all conditions; the lowest bit wins. Texts are
// folded and searched only when a route with words is reached, and what no set can tell (patterns,
// tables, times, `any`, `all`, `not` and the customer's history) is asked of a route only when it
// is reached.
//
// Thread-safety: immutable after construction.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "routes/event.h"
#include "routes/value_index.h"
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

    // Conditions other than `text`; the fields of `attribution` follow them.
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

    // What the event is, as far as routes ask for it.
    using Asked = std::vector<ValueIndex::Key>;

    void add_route(std::size_t number, const Route& route);
    void add_words(std::size_t number, const Route& route);
    void add_attribution(std::size_t number, const Route& route);
    void add_values(std::uint32_t facet, std::size_t number,
                    const std::vector<std::string>& values);
    void pack();
    void ask(std::uint32_t facet, std::string_view value, Asked& asked) const;
    void ask_wider(std::uint32_t facet, std::string_view value, Asked& asked) const;
    void ask_switches(const MatchContext& context, Asked& asked) const;
    void ask_attribution(const Event& event, std::vector<std::string>& keys, Asked& asked) const;
    RouteSet candidates(const MatchContext& context) const;
    RouteSet routes_by_text(MatchContext& context) const;

    RouteSet all_;
    // Of facet f, the routes that restrict it; after pack() those that do not, from word
    // f * all_.size() on.
    std::vector<RouteSet> restricting_{kFacets};
    RouteSet unrestricted_;
    std::vector<bool> is_asked_;  // whether any route restricts the facet
    ValueIndex routes_by_value_;
    // Numbers of facets by attribution_key of the field; their values are such keys too, kAnyValue
    // among them.
    std::unordered_map<std::string, std::uint32_t> fields_;
    WordIndex words_;
    std::vector<std::vector<std::size_t>> routes_by_word_;  // by the word's number in words_
    RouteSet without_words_;
    std::vector<std::uint8_t> unindexed_;  // unindexed_of each route
};

// What a route's words are looked for in: subject and text, folded. No phrase spans both.
std::string folded_words(const Event& event);

}  // namespace tapline
