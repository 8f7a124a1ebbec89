// The routing decision alone: nanoseconds to find an event's route among 10, 100 and 1,000, with
// one brand and with a thousand of them in memory: one that is busy, or all in turn.
//
// Brands are random, all with the same shares of every kind of condition, as large brands have
// them: most routes are about channels, profiles, buttons and campaigns, many about words, some
// about regions, customers, tables, times, patterns and what is nested. Events are as customers
// write them: mostly of a known button, with a sentence or two. Each takes another event, other
// facts, and where there are several brands another brand.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "routes/match.h"

using namespace tapline;

namespace {

using std::chrono::hours;
using std::chrono::minutes;
using Names = std::vector<std::string>;

constexpr std::size_t kContacts = 4096;
constexpr std::size_t kManyBrands = 1000;
const Time kNow = std::chrono::sys_days(std::chrono::year(2026) / 3 / 9) + hours(12);

const Names kRegions = {"US-GA", "US-SC", "US-NY", "US-CA", "US-TX", "US", "DE", "FR", "CA-ON"};
const Names kLanguages = {"en", "en-us", "de", "fr", "es", "pt-br"};
const Names kSources = {"instagram", "x", "facebook", "whatsapp", "web"};
const Names kPhrases = {"refund", "cancel*",    "switch to",   "leaving you", "broken",
                        "outage", "no service", "price*",      "blue",        "invoice*",
                        "late",   "lost bag*",  "rebook*",     "warranty",    "legal*",
                        "injur*", "upgrade",    "black friday"};
const Names kWords = {"hello", "please", "my",   "order", "is",     "the",   "where",  "in",
                      "blue",  "can",    "I",    "you",   "refund", "today", "when",   "it's",
                      "still", "not",    "here", "thank", "size",   "price", "cancel", "have"};

// Names of one brand, as many as its size gives it reason for.
class Generator {
  public:
    explicit Generator(unsigned seed) : random_(seed) {}

    std::unique_ptr<Brand> brand(std::size_t routes) {
        auto brand = std::make_unique<Brand>();
        names_ = 4 + static_cast<int>(routes) / 8;
        Queue& queue = brand->queues["care"];
        queue.name = "care";
        for (const char* name : {"vips", "staff"}) {
            for (int i = 0; i < 200; ++i) brand->tables[name].values.insert(phone());
        }
        for (const char* name : {"store", "night"}) {
            Hours& opening = brand->hours[name];
            opening.zone = {{Time(), std::chrono::seconds(0)}};
            for (auto& day : opening.days) day = {{hours(8), hours(12)}, {hours(13), hours(20)}};
        }
        for (std::size_t i = 0; i + 1 < routes; ++i) {
            Route& route = brand->routes.emplace_back();
            route.name = "route-" + std::to_string(i);
            route.to = "care";
            ask(route.when);
        }
        brand->routes.emplace_back().name = "default";
        brand->index();
        return brand;
    }

    Event event() {
        Event event;
        event.channel = channel();
        event.auth = "signature";
        event.customer.phone = phone();
        event.customer.handle = named("Handle");
        if (event.channel == Channel::call || event.channel == Channel::text) {
            event.line = named("+1800555");
        }
        if (event.channel != Channel::call) event.text = words(4 + below(20));
        if (event.channel == Channel::email) event.subject = words(4);
        if (chance(3)) event.language = one(kLanguages);
        if (chance(4)) event.attribution = {{"utm_source", "instagram"}, {"gclid", "Cj0KCQ"}};
        return event;
    }

    Place place() {
        Place place;
        place.source = one(kSources);
        place.profile = named("profile-");
        if (!chance(4)) place.button = named("button-");
        if (chance(3)) place.campaign = named("campaign-");
        place.region = chance(3) ? "unknown" : one(kRegions);
        return place;
    }

    CustomerFacts customer() {
        CustomerFacts facts;
        facts.known = chance(2);
        if (!facts.known) return facts;
        for (int i = below(6); i > 0; --i) facts.recent.push_back(kNow - hours(below(900)));
        if (chance(3)) facts.open_journey = OpenJourney{"7K3M9Q2X4", "care", kNow - hours(5)};
        return facts;
    }

  private:
    int below(int end) { return static_cast<int>(random_() % static_cast<unsigned>(end)); }
    bool chance(int of) { return below(of) == 0; }
    const std::string& one(const Names& names) { return names[random_() % names.size()]; }
    std::string named(const std::string& what) { return what + std::to_string(below(names_)); }
    std::string phone() { return "+1404555" + std::to_string(1000 + below(9000)); }
    Channel channel() { return static_cast<Channel>(below(kChannels)); }

    std::string words(int count) {
        std::string text;
        for (; count > 0; --count) text += (text.empty() ? "" : " ") + one(kWords);
        return text;
    }

    // What a route is about, and in two of three a second thing.
    void ask(When& when) {
        const int kind = below(100);
        if (kind < 20) {
            when.button = {named("button-")};
        } else if (kind < 40) {
            when.profile = {named("profile-")};
            when.channel = {channel()};
        } else if (kind < 50) {
            when.campaign = {named("campaign-"), named("campaign-")};
        } else if (kind < 60) {
            when.line = {named("+1800555")};
        } else if (kind < 80) {
            when.text = {WordPattern(one(kPhrases)), WordPattern(named("sku ")),
                         WordPattern(named("model "))};
            when.profile = {named("profile-")};
        } else {
            ask_rarer(when);
            when.button = {named("button-"), named("button-")};
            return;
        }
        if (!chance(3)) ask_rarer(when);
    }

    void ask_rarer(When& when) {
        switch (below(12)) {
            case 0:
                when.region = {one(kRegions), one(kRegions)};
                return;
            case 1:
                when.language = {one(kLanguages)};
                return;
            case 2:
                when.customer_known = chance(2);
                return;
            case 3:
                when.contacts = ContactsCondition{2, hours(24 * 30)};
                return;
            case 4:
                when.open_journey = hours(72);
                return;
            case 5:
                when.customer_in = {"vips"};
                return;
            case 6:
                when.switches = {named("switch-")};
                return;
            case 7:
                when.time = {"night"};
                return;
            case 8:
                when.pattern = {order_};
                return;
            case 9:
                when.attribution = {{"utm_source", {"ig", "instagram"}}};
                return;
            case 10:
                when.any.resize(2);
                when.any[0].text = {WordPattern(one(kPhrases))};
                when.any[1].customer_in = {"vips"};
                return;
            default:
                when.none.resize(1);
                when.none[0].customer_in = {"staff"};
                return;
        }
    }

    std::mt19937 random_;
    Pattern order_ = *Pattern::parse("(?i)order\\s+#?\\d{6}");
    int names_ = 4;
};

struct Contact {
    Event event;
    Place place;
    CustomerFacts customer;
};

Situation one_storm() {
    Situation situation;
    situation.switches["switch-1"] = {kNow + hours(6), {"US-GA", "US-SC"}};
    return situation;
}

// Brands of one size, and what comes to them.
struct World {
    std::vector<std::unique_ptr<Brand>> brands;
    std::vector<Contact> contacts;
};

World world_of(std::size_t brands, std::size_t routes) {
    Generator generator(7);
    World world;
    for (std::size_t i = 0; i < brands; ++i) world.brands.push_back(generator.brand(routes));
    for (std::size_t i = 0; i < kContacts; ++i) {
        world.contacts.push_back({generator.event(), generator.place(), generator.customer()});
    }
    return world;
}

// `busy`: to how many of the brands the contacts come.
void measure(benchmark::State& state, const World& world, std::size_t busy) {
    const Situation situation = one_storm();
    std::size_t next = 0;
    std::size_t by_default = 0;
    for (auto _ : state) {
        const Contact& contact = world.contacts[next % kContacts];
        // Another brand each time, in no order that a processor could foresee.
        const Brand& brand = *world.brands[next * 7919 % busy];
        const Route* route =
            first_match(brand, {contact.event, contact.place, contact.customer}, situation, kNow);
        by_default += route == &brand.routes.back() ? 1 : 0;
        benchmark::DoNotOptimize(route);
        ++next;
    }
    state.counters["by_default"] = static_cast<double>(by_default) / static_cast<double>(next);
}

// Prints figures in the form of scripts/bench beside the library's own table.
class Figures : public benchmark::ConsoleReporter {
  public:
    Figures() : ConsoleReporter(OO_None) {}
    void ReportRuns(const std::vector<Run>& runs) override {
        ConsoleReporter::ReportRuns(runs);
        for (const Run& run : runs) {
            if (run.aggregate_name != "median") continue;
            figures_.emplace_back(run.run_name.function_name, run.GetAdjustedCPUTime());
        }
    }
    void Finalize() override {
        for (const auto& [name, nanoseconds] : figures_) {
            std::printf("figure routes.ns_per_event.%s %.0f ns\n", name.c_str(), nanoseconds);
        }
    }

  private:
    std::vector<std::pair<std::string, double>> figures_;
};

void add(const std::string& name, const World& world, std::size_t busy = 1) {
    benchmark::RegisterBenchmark(name.c_str(),
                                 [&world, busy](auto& state) { measure(state, world, busy); })
        ->Repetitions(5)
        ->ReportAggregatesOnly(true);
}

}  // namespace

int main(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    const World ten = world_of(1, 10);
    const World hundred = world_of(1, 100);
    const World thousand = world_of(1, 1000);
    const World thousands = world_of(kManyBrands, 1000);
    add("10", ten);
    add("100", hundred);
    add("1000", thousand);
    add("1000_beside_1000_brands", thousands);
    add("1000_of_1000_brands", thousands, kManyBrands);
    Figures figures;
    benchmark::RunSpecifiedBenchmarks(&figures);
    return 0;
}
