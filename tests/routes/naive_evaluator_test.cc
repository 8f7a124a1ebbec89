#include "tests/routes/naive_evaluator.h"

#include <chrono>
#include <map>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "routes/match.h"
#include "tests/routes/sample_brand.h"

namespace tapline {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using Names = std::vector<std::string>;

const Names kNames = {"a", "b", "c", "d", "e", "f"};
const Names kLines = {"+18005550100", "+18005550101", "+18005550102"};
const Names kRegions = {"US", "US-GA", "US-NY", "CA", "CA-ON", "DE", "unknown"};
const Names kLanguages = {"en", "en-gb", "pt", "pt-br", "zh", "zh-hant", "unknown"};
const Names kToldLanguages = {"", "en", "en-us", "pt-br", "zh-hant-tw", "de"};
const Names kAuth = {"signature", "api_key", "none"};
const Names kPhrases = {"red", "blue*", "cat dog", "dog", "the*", "red bl*", "Cat"};
const Names kWords = {"Red", "blue", "Bluecat", "cat", "dog", "the", "then", "red"};
const Names kTables = {"vips", "staff", "gone"};
const Names kPeople = {"1", "2", "3", "4", "x", "@y", "@1"};
const Names kSwitches = {"storm", "flood", "gone"};
const Names kHours = {"store", "night", "gone"};
const Names kFields = {"utm_source", "UTM_Source", "gclid", "other"};
const Names kValues = {"", "ig", "IG", "x", "*"};

// Routes and events of few words, so that many routes are near misses.
class Generator {
  public:
    explicit Generator(unsigned seed) : random_(seed) {}

    Brand brand(std::size_t routes) {
        Brand brand;
        add_queue(brand, "q");
        for (const char* name : {"vips", "staff"}) {
            Table& table = brand.tables[name];
            table.name = name;
            for (int i = 0; i < 2; ++i) table.values.insert(one(kPeople));
        }
        for (const char* name : {"store", "night"}) {
            Hours& opening = brand.hours[name];
            opening.zone = {{Time(), std::chrono::seconds(0)}};
            for (auto& day : opening.days) {
                if (chance(4)) continue;
                const auto from = minutes(std::string(name) == "night" ? 20 * 60 + below(180)
                                                                       : 6 * 60 + below(300));
                day.push_back({from, from + minutes(60 + below(600))});
            }
        }
        for (std::size_t i = 0; i < routes; ++i) {
            add_route(brand, "r" + std::to_string(i), "q").when = when(2);
        }
        add_route(brand, "default", "q");
        brand.index();
        return brand;
    }

    Event event() {
        Event event;
        event.channel = channel();
        event.line = maybe(kLines);
        event.auth = maybe(kAuth);
        event.language = one(kToldLanguages);
        event.customer.phone = maybe(kPeople);
        event.customer.platform_id = maybe(kPeople);
        event.customer.email = chance(2) ? maybe(kPeople) : "X";
        event.customer.handle = chance(2) ? maybe(kPeople) : "Y";
        event.subject = chance(3) ? "" : words(3);
        event.text = words(8);
        for (int i = below(4); i > 0; --i)
            event.attribution.emplace_back(one(kFields), one(kValues));
        return event;
    }

    Place place() {
        Place place;
        place.source = maybe(kNames);
        place.profile = maybe(kNames);
        place.button = maybe(kNames);
        place.campaign = maybe(kNames);
        place.region = one(kRegions);
        place.language = one(kToldLanguages);
        return place;
    }

    CustomerFacts customer(Time now) {
        CustomerFacts facts;
        facts.known = chance(2);
        for (int i = below(4); i > 0; --i) facts.recent.push_back(now - hours(below(72)));
        if (chance(2)) facts.open_journey = OpenJourney{"7K3M9Q2X4", "q", now - hours(below(72))};
        return facts;
    }

    Situation situation(Time now) {
        Situation situation;
        for (const char* name : {"storm", "flood"}) {
            if (chance(2)) continue;
            SwitchState& state = situation.switches[name];
            state.until = now + hours(below(6) - 1);
            if (chance(2)) state.regions = {one(kRegions), one(kRegions)};
        }
        return situation;
    }

    Time now() { return day(1, 1) + minutes(below(365 * 24 * 60)); }

  private:
    int below(int end) { return static_cast<int>(random_() % static_cast<unsigned>(end)); }
    bool chance(int of) { return below(of) == 0; }
    const std::string& one(const Names& names) { return names[random_() % names.size()]; }
    std::string maybe(const Names& names) { return chance(3) ? "" : one(names); }
    Channel channel() { return static_cast<Channel>(below(kChannels)); }

    std::string words(int most) {
        std::string text;
        for (int i = below(most + 1); i > 0; --i) text += (text.empty() ? "" : " ") + one(kWords);
        return text;
    }

    Names some(const Names& names) {
        Names out;
        for (int i = 1 + below(3); i > 0; --i) out.push_back(one(names));
        return out;
    }

    // Sets one to three conditions; what two of them set twice is the later one's.
    When when(int depth) {
        When when;
        for (int i = 1 + below(3); i > 0; --i) set_one(when, depth);
        return when;
    }

    void set_one(When& w, int depth) {
        switch (below(depth > 0 ? 22 : 18)) {
            case 0:
                w.source = some(kNames);
                return;
            case 1:
                w.profile = some(kNames);
                return;
            case 2:
                w.channel = {channel(), channel(), channel()};
                return;
            case 3:
                w.button = some(kNames);
                return;
            case 4:
                w.campaign = some(kNames);
                return;
            case 5:
                w.line = some(kLines);
                return;
            case 6:
                w.region = some(kRegions);
                return;
            case 7:
                w.language = some(kLanguages);
                return;
            case 8:
                w.auth = some(kAuth);
                return;
            case 9:
                set_words(w);
                return;
            case 10:
                set_patterns(w);
                return;
            case 11:
                set_attribution(w);
                return;
            case 12:
                w.customer_known = chance(2);
                return;
            case 13:
                w.contacts = ContactsCondition{1 + below(3), hours(below(72))};
                return;
            case 14:
                w.open_journey = hours(below(72));
                return;
            case 15:
                w.customer_in = some(kTables);
                return;
            case 16:
                w.switches = some(kSwitches);
                return;
            case 17:
                w.time = some(kHours);
                return;
            case 18:
                w.any = {when(depth - 1), when(depth - 1)};
                return;
            case 19:
                w.all = {when(depth - 1), when(depth - 1)};
                return;
            case 20:
                w.none = {when(depth - 1)};
                return;
            default:
                w.none = {when(depth - 1), when(depth - 1)};
                return;
        }
    }

    void set_words(When& w) {
        w.text.clear();
        for (const std::string& phrase : some(kPhrases)) w.text.emplace_back(phrase);
    }

    void set_patterns(When& w) {
        const NaivePattern& chosen = kNaivePatterns[random_() % std::size(kNaivePatterns)];
        w.pattern = {*Pattern::parse(chosen.written)};
    }

    void set_attribution(When& w) {
        w.attribution = {{chance(2) ? "gclid" : "utm_source", {one(kValues), "Ig"}}};
    }

    std::mt19937 random_;
};

// Of a trail: whether each route in it but the last has a condition of its own that fails, and the
// last has none.
void check_trail(const std::vector<TrailStep>& trail, const std::string& winner) {
    REQUIRE_FALSE(trail.empty());
    CHECK(trail.back().route == winner);
    std::map<std::string, bool> held;
    for (const TrailStep& step : trail) {
        const bool is_inner = step.condition.find_first_of(".[") != std::string::npos &&
                              !step.condition.starts_with("attribution.");
        auto [place, is_new] = held.try_emplace(step.route, true);
        if (!is_inner) place->second = place->second && step.holds;
    }
    for (const auto& [route, all] : held) CHECK(all == (route == winner));
}

TEST_CASE("match: agrees with a naive evaluator and with explain on 10,000 events") {
    constexpr unsigned kSeed = 20260309;
    MESSAGE("seed " << kSeed);
    Generator generator(kSeed);
    std::set<std::string> winners;
    for (int round = 0; round < 100; ++round) {
        const Brand brand = generator.brand(static_cast<std::size_t>(round) * 2);
        for (int i = 0; i < 100; ++i) {
            CAPTURE(round);
            CAPTURE(i);
            const Event event = generator.event();
            const Place place = generator.place();
            const Time now = generator.now();
            const CustomerFacts customer = generator.customer(now);
            const Situation situation = generator.situation(now);
            const NaiveEvaluator naive(brand, event, place, customer, situation, now);
            const Route* route = first_match(brand, {event, place, customer}, situation, now);
            REQUIRE(route != nullptr);
            CHECK(route->name == naive.route().name);
            check_trail(explain(brand, {event, place, customer}, situation, now), route->name);
            MatchContext context(brand, {event, place, customer}, situation, now);
            for (std::size_t r = 0; r < brand.routes.size() && r < 20; ++r) {
                CAPTURE(r);
                CHECK(holds(brand.routes[r].when, context) == naive.is_met(brand.routes[r].when));
            }
            winners.insert(route->name);
        }
    }
    // The comparison means something only if many different routes win.
    CHECK(winners.size() > 30);
}

}  // namespace
}  // namespace tapline
