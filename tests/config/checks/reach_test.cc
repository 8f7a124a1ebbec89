// What the config says of a condition against what the evaluator does with contacts at random.
#include "config/checks/reach.h"

#include <random>

#include <doctest/doctest.h>

#include "config/checks/brand.h"
#include "routes/match.h"
#include "tests/routes/sample_brand.h"

namespace tapline {
namespace {

using std::chrono::hours;

const Time kNow = day(3, 9) + hours(12);

class Contacts {
  public:
    explicit Contacts(unsigned seed) : random_(seed) {}

    int below(int end) { return static_cast<int>(random_() % static_cast<unsigned>(end)); }
    bool chance(int of) { return below(of) == 0; }
    template <class T>
    T one(const std::vector<T>& values) {
        return values[static_cast<std::size_t>(below(static_cast<int>(values.size())))];
    }
    Channel channel() { return static_cast<Channel>(below(kChannels)); }

    When when(int depth) {
        When when;
        for (int i = 1 + below(2); i > 0; --i) set_one(when, depth);
        return when;
    }

    // By a link, a line, an account, a journey, or out of the blue.
    Event event() {
        Event event;
        event.channel = channel();
        const bool by_line = event.channel == Channel::call || event.channel == Channel::text;
        if (by_line && !chance(4)) event.line = one(lines_);
        if (!by_line && chance(3)) event.ref = one(buttons_);
        if (event.channel != Channel::call) event.text = one(texts_);
        if (event.channel == Channel::dm && chance(2)) {
            event.connection = "meta-main";
            event.account = "17841400000000001";
        }
        event.language = one(languages_);
        if (chance(2)) event.attribution.emplace_back("utm_source", one(sources_));
        return event;
    }

    Place place_of(const Brand& brand, const Event& event) {
        std::optional<Journey> journey;
        if (event.channel != Channel::call && chance(3)) {
            journey.emplace();
            journey->button = one(buttons_);
            journey->profile = brand.buttons.at(journey->button).profile;
            journey->source = brand.profiles.at(journey->profile).source;
        }
        Place place = tapline::place(brand, event, journey);
        place.region = one(regions_);
        return place;
    }

    CustomerFacts customer() {
        CustomerFacts facts;
        facts.known = chance(2);
        if (facts.known) facts.recent = {kNow - hours(1)};
        if (facts.known && chance(2)) facts.open_journey = OpenJourney{"7K3M9Q2X4", "care", kNow};
        return facts;
    }

  private:
    std::vector<When> branches(int depth) {
        std::vector<When> some;
        for (int i = 1 + below(2); i > 0; --i) some.push_back(when(depth - 1));
        return some;
    }

    void set_one(When& w, int depth) {
        switch (below(depth > 0 ? 16 : 11)) {
            case 0:
            case 1:
                w.channel = {channel(), channel()};
                return;
            case 2:
                w.button = {one(buttons_), one(buttons_)};
                return;
            case 3:
                w.profile = {one(profiles_)};
                return;
            case 4:
                w.source = {one(sources_)};
                return;
            case 5:
                w.line = {one(lines_)};
                return;
            case 6:
                w.text = {WordPattern(one(texts_))};
                return;
            case 7:
                w.customer_known = chance(2);
                return;
            case 8:
                w.contacts = ContactsCondition{1, hours(24)};
                return;
            case 9:
                w.region = {one(regions_)};
                return;
            case 10:
                w.language = {one(languages_)};
                return;
            case 11:
            case 12:
                w.any = branches(depth);
                return;
            case 13:
                w.all = branches(depth);
                return;
            default:
                w.none = branches(depth);
        }
    }

    std::mt19937 random_;
    std::vector<std::string> buttons_ = {"ig-call", "ig-text", "ig-dm", "x-dm", "x-email"};
    std::vector<std::string> profiles_ = {"shop", "acme-x"};
    std::vector<std::string> sources_ = {"instagram", "x"};
    std::vector<std::string> lines_ = {"+18005550100", "+18005550101", "+18005550199"};
    std::vector<std::string> texts_ = {"red", "blue"};
    std::vector<std::string> regions_ = {"US", "US-GA", "DE", "unknown"};
    std::vector<std::string> languages_ = {"en", "en-gb", "unknown"};
};

const Button* button_of(const Brand& brand, const Place& place) {
    const auto found = brand.buttons.find(place.button);
    return found == brand.buttons.end() ? nullptr : &found->second;
}

}  // namespace

TEST_CASE("reach: what is never or always so is never or always so of contacts at random") {
    constexpr unsigned kSeed = 4711;
    Contacts contacts(kSeed);
    Brand brand = sample_brand();
    brand.index();
    const Situation situation;
    int never = 0;
    int always = 0;
    for (int i = 0; i < 4000; ++i) {
        const When when = contacts.when(3);
        for (int j = 0; j < 25; ++j) {
            const Event event = contacts.event();
            const Place place = contacts.place_of(brand, event);
            const CustomerFacts customer = contacts.customer();
            MatchContext context(brand, {event, place, customer}, situation, kNow);
            const bool is_met = holds(when, context);
            const WayIn way{event.channel, button_of(brand, place), customer.known};
            const Chance chance = chance_of(brand, when, way);
            CAPTURE(i);
            CAPTURE(to_string(event.channel));
            CAPTURE(place.button);
            if (chance == Chance::never) CHECK_FALSE(is_met);
            if (chance == Chance::always) CHECK(is_met);
            never += chance == Chance::never ? 1 : 0;
            always += chance == Chance::always ? 1 : 0;
        }
    }
    CHECK(never > 1000);
    CHECK(always > 1000);
}

TEST_CASE("reach: a route that is called covered is never the first to take a contact") {
    constexpr unsigned kSeed = 1234;
    Contacts contacts(kSeed);
    Where where;
    where.file = std::make_shared<const std::string>("brands/acme.yaml");
    int covered = 0;
    for (int i = 0; i < 3000; ++i) {
        BrandDraft draft;
        draft.brand = sample_brand();
        for (int route = 0; route < 6; ++route) {
            const std::string name = "r" + std::to_string(route);
            add_route(draft.brand, name, "care").when = contacts.when(1);
            draft.places[{"route", name}] = where;
        }
        add_route(draft.brand, "default", "care");
        draft.brand.index();
        Report report;
        check_reached(draft, report);
        std::string told;
        for (const Mistake& mistake : report.sorted()) told += mistake.message + "\n";
        for (int route = 0; route < 6; ++route) {
            const std::string name = "r" + std::to_string(route);
            if (told.find("route \"" + name + "\" is never") == std::string::npos) continue;
            ++covered;
            for (int j = 0; j < 40; ++j) {
                const Event event = contacts.event();
                const Place place = contacts.place_of(draft.brand, event);
                const CustomerFacts customer = contacts.customer();
                const Route* winner =
                    first_match(draft.brand, {event, place, customer}, Situation{}, kNow);
                REQUIRE(winner != nullptr);
                CAPTURE(told);
                CHECK(winner->name != name);
            }
        }
    }
    CHECK(covered > 100);
}

}  // namespace tapline
