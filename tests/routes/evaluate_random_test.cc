// The evaluator against a plain one: random brands of up to 1,000 routes.
#include <algorithm>
#include <chrono>
#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "routes/evaluate.h"
#include "tests/routes/sample_brand.h"

namespace tapline {
namespace {

using std::chrono::seconds;

const Time kNow = day(3, 9) + std::chrono::hours(12);

Decision decide(const Brand& brand, const Event& event, const Place& place) {
    return evaluate(brand, {event, place, CustomerFacts{}}, Situation{}, kNow);
}

std::vector<TrailStep> trail_of(const Brand& brand, const Event& event, const Place& place) {
    return explain(brand, {event, place, CustomerFacts{}}, Situation{}, kNow);
}

// Makes routes and events of few words, so that many routes are near misses.
class Generator {
  public:
    explicit Generator(unsigned seed) : random_(seed) {}

    Brand brand(std::size_t routes) {
        Brand brand;
        for (const std::string& name : kQueues) add_queue(brand, name);
        add_queue(brand, "q1").respond_within = seconds(60);
        add_queue(brand, "q2").respond_within_by_channel.at(3) = seconds(30);
        for (std::size_t i = 0; i < routes; ++i) {
            Route& route = add_route(brand, "r" + std::to_string(i), one(kQueues));
            route.when = when();
            if (chance(4)) route.respond_within = seconds(random_() % 100);
        }
        add_route(brand, "default", "q1");
        brand.index();
        return brand;
    }

    Event event() {
        Event event;
        event.channel = channel();
        for (std::size_t i = random_() % 4; i > 0; --i) {
            event.attribution.emplace_back(one(kFields), one(kValues));
        }
        for (std::size_t i = random_() % 8; i > 0; --i) event.text += one(kSaid) + " ";
        if (chance(3)) event.subject = one(kSaid) + " " + one(kSaid);
        return event;
    }

    Place place() {
        Place place;
        place.source = one(kNames);
        place.profile = one(kNames);
        place.button = one(kNames);
        place.campaign = one(kNames);
        place.region = one(kRegions);
        return place;
    }

  private:
    using Names = std::vector<std::string>;

    bool chance(unsigned of) { return random_() % of == 0; }
    const std::string& one(const Names& names) { return names[random_() % names.size()]; }
    Channel channel() { return static_cast<Channel>(random_() % kChannels); }

    Names some(const Names& names) {
        Names out;
        if (chance(2)) return out;
        for (std::size_t i = 1 + random_() % 3; i > 0; --i) out.push_back(one(names));
        return out;
    }

    When when() {
        When when;
        when.source = some(kNames);
        when.profile = some(kNames);
        when.button = some(kNames);
        when.campaign = some(kNames);
        when.region = some(kRegions);
        if (chance(4)) when.channel = {channel(), channel()};
        for (const std::string& words : some(kWords)) when.text.emplace_back(words);
        for (const char* field : {"utm_source", "gclid"}) {
            if (!chance(5)) continue;
            when.attribution.push_back({field, {one(kWanted), one(kWanted)}});
        }
        return when;
    }

    inline static const Names kNames = {"a", "b", "c", "d", "e", "f"};
    inline static const Names kRegions = {"US", "US-GA", "US-NY", "CA", "CA-ON", "DE", "unknown"};
    inline static const Names kQueues = {"q0", "q1", "q2"};
    inline static const Names kWords = {"cancel*", "cancel", "switch to", "to",
                                        "don't",   "résil*", "to them",   "switch*"};
    inline static const Names kSaid = {"Cancel", "cancelled", "switch", "to",    "them",
                                       "don’t",  "Résilier",  "other",  "words", "uncancel"};

    inline static const Names kFields = {"utm_source", "UTM_Source", "gclid", "other"};
    inline static const Names kValues = {"", "ig", "IG", "x", "*", "Straße"};
    inline static const Names kWanted = {"Ig", "X", "*", "straße", "nobody"};

    std::mt19937 random_;
};

std::string ascii_lower(std::string text) {
    for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    return text;
}

bool naive_attribution_holds(const When& when, const Event& event) {
    for (const AttributionCondition& condition : when.attribution) {
        bool found = false;
        for (const auto& [name, value] : event.attribution) {
            for (const std::string& wanted : condition.values) {
                const bool same = wanted == "*" || ascii_lower(wanted) == ascii_lower(value);
                found = found || (same && !value.empty() && ascii_lower(name) == condition.field);
            }
        }
        if (!found) return false;
    }
    return true;
}

bool naive_text_holds(const When& when, const Event& event) {
    if (when.text.empty()) return true;
    return std::any_of(when.text.begin(), when.text.end(), [&](const WordPattern& pattern) {
        return pattern.matches(fold(event.subject)) || pattern.matches(fold(event.text));
    });
}

bool naive_region_holds(const When& when, const std::string& region) {
    if (when.region.empty()) return true;
    return std::any_of(when.region.begin(), when.region.end(), [&](const std::string& wanted) {
        return region == wanted || region.rfind(wanted + "-", 0) == 0;
    });
}

// What the design says, in the plainest words: no index, no sharing, every condition of a route
// asked anew.
const Route& naive_route(const Brand& brand, const Event& event, const Place& place) {
    const auto holds = [](const auto& wanted, const auto& value) {
        return wanted.empty() || std::count(wanted.begin(), wanted.end(), value) > 0;
    };
    for (const Route& route : brand.routes) {
        const When& when = route.when;
        if (holds(when.source, place.source) && holds(when.profile, place.profile) &&
            holds(when.channel, event.channel) && holds(when.button, place.button) &&
            holds(when.campaign, place.campaign) && naive_region_holds(when, place.region) &&
            naive_attribution_holds(when, event) && naive_text_holds(when, event)) {
            return route;
        }
    }
    return brand.routes.back();
}

TEST_CASE("evaluate: agrees with a naive evaluator and with explain on 10,000 events") {
    constexpr unsigned kSeed = 8191;
    MESSAGE("seed " << kSeed);
    Generator generator(kSeed);
    std::vector<std::string> winners;
    for (const std::size_t routes : {0U, 1U, 5U, 62U, 63U, 64U, 65U, 127U, 200U, 1000U}) {
        CAPTURE(routes);
        const Brand brand = generator.brand(routes);
        for (int i = 0; i < 1000; ++i) {
            const Event event = generator.event();
            const Place place = generator.place();
            const Decision decision = decide(brand, event, place);
            const Route& expected = naive_route(brand, event, place);
            CAPTURE(i);
            CHECK(decision.route == expected.name);
            CHECK(decision.queue == expected.to);
            const Queue& queue = brand.queues.at(expected.to);
            auto within = expected.respond_within;
            if (!within) within = queue.respond_within_by_channel.at(std::size_t(event.channel));
            if (!within) within = queue.respond_within;
            CHECK((decision.respond_within == within));
            const std::vector<TrailStep> trail = trail_of(brand, event, place);
            REQUIRE_FALSE(trail.empty());
            CHECK(trail.back().holds);
            CHECK(trail.back().route == decision.route);
            winners.push_back(decision.route);
        }
    }
    // The comparison means something only if many different routes win.
    std::sort(winners.begin(), winners.end());
    winners.erase(std::unique(winners.begin(), winners.end()), winners.end());
    CHECK(winners.size() > 30);
}

}  // namespace
}  // namespace tapline
