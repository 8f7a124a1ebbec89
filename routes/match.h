// Which route an event takes: what each condition of `when` asks, and the walk along the routes.
//
//     const Route* route = first_match(brand, {event, place, customer}, situation, now);
//     for (const TrailStep& step : explain(brand, {event, place, customer}, situation, now)) ...
//
// What is not told matches nothing: a contact without a line is on no line, one without a handle in
// no table. Only of region and language, "unknown" can be asked for.
//
//     source, profile, button, campaign, line, auth   equal
//     region     routes/region.h: "US" holds for "US-GA"
//     language   "pt" holds for "pt-br"; the event's, else that of its place
//     text       routes/text.h, in the subject or in the text
//     pattern    routes/pattern.h, in subject, newline and text as they were written
//     contacts   at least so many of customer.recent are at most `within` old
//     open_journey   customer.open_journey was last heard of at most so long ago
//     customer_in    phone, address, platform id or handle of the customer are in the table
//     switch     is_on(), for the region of the place
//     time       is_open()
//
// Pure and total: a name that the brand does not have never holds. Safe from any number of threads.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "routes/brand.h"
#include "routes/customer_facts.h"
#include "routes/event.h"
#include "routes/place.h"
#include "routes/situation.h"

namespace tapline {

// What has come, where it belongs and whom it is from. For the time of one call: what is referred
// to must outlive it.
struct Arrival {
    const Event& event;
    const Place& place;
    const CustomerFacts& customer;
};

// All that a condition may ask about. What costs to make is made once, when it is first asked for:
// one context is for one thread. Everything referred to must outlive it.
class MatchContext {
  public:
    MatchContext(const Brand& its_brand, const Arrival& arrival, const Situation& its_situation,
                 Time its_now);

    const Brand& brand;
    const Event& event;
    const Place& place;
    const CustomerFacts& customer;
    const Situation& situation;
    const Time now;

    // Never empty: "unknown" where nothing tells it.
    std::string_view language() const;
    // Subject and text as words are looked for in them (folded_words), and as patterns are.
    const std::string& folded();
    const std::string& unfolded();
    // What the customer is looked up by in tables.
    const std::vector<std::string>& identities();

  private:
    std::optional<std::string> folded_;
    std::optional<std::string> unfolded_;
    std::optional<std::vector<std::string>> identities_;
};

// Whether all conditions hold; one that does not ends the question.
bool holds(const When& when, MatchContext& context);

// Of the conditions that RouteIndex does not decide by itself: one bit for each that is asked, and
// whether those hold.
std::uint8_t unindexed_of(const When& when);
bool unindexed_hold(std::uint8_t asked, const When& when, MatchContext& context);

// The first route, in written order, whose conditions all hold. In a brand that no config check has
// seen, the last where none does; null only where the brand has no routes. REQUIRES: brand.index()
// was called.
const Route* first_match(const Brand& brand, const Arrival& arrival, const Situation& situation,
                         Time now);

// One condition of one route, for people. `holds` tells whether it is met.
struct TrailStep {
    std::string route;
    // "channel", "text", "attribution.utm_source", ... or "" for a route without conditions. Inside
    // others: "any[1].text", "all[0].line", "not.customer_in" ("not[0].customer_in" where `not` is
    // a list of several), each followed by what comes of them: "any", "all", "not".
    std::string condition;
    bool holds = false;
};

// Every condition of every route up to the first that holds as a whole: those too that nobody need
// ask any more.
std::vector<TrailStep> explain(const Brand& brand, const Arrival& arrival,
                               const Situation& situation, Time now);

}  // namespace tapline
