#include "routes/evaluate.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/routes/sample_brand.h"

namespace tapline {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

const Time kNow = day(3, 9) + std::chrono::hours(12);

Brand routed_brand() {
    Brand brand = sample_brand();
    Route& storm = add_route(brand, "storm", "sales");
    storm.when.region = {"US-GA", "US-SC"};
    storm.when.channel = {Channel::text};
    Route& leaving = add_route(brand, "leaving", "retention");
    leaving.when.text = {WordPattern("cancel*"), WordPattern("switch to")};
    leaving.respond_within = minutes(3);
    Route& shoppers = add_route(brand, "shoppers", "sales");
    shoppers.when.profile = {"shop"};
    shoppers.when.channel = {Channel::call, Channel::text};
    add_route(brand, "spring", "sales").when.campaign = {"spring"};
    add_route(brand, "bio", "sales").when.button = {"x-dm-bio"};
    add_route(brand, "tweets", "care").when.source = {"x"};
    add_route(brand, "america", "sales").when.region = {"US", "CA-ON"};
    add_route(brand, "nowhere", "care").when.region = {"unknown"};
    add_route(brand, "default", "care");
    brand.index();
    return brand;
}

Decision decide(const Brand& brand, const Event& event, const Place& place) {
    return evaluate(brand, {event, place, CustomerFacts{}}, Situation{}, kNow);
}

std::vector<TrailStep> trail_of(const Brand& brand, const Event& event, const Place& place) {
    return explain(brand, {event, place, CustomerFacts{}}, Situation{}, kNow);
}

TEST_CASE("evaluate: the first route whose conditions all hold wins") {
    struct Row {
        std::string_view what;
        Channel channel;
        std::string text;
        Place place;
        std::string_view route;
    };
    const auto at = [](auto fill) {
        Place place;
        place.region = "DE";
        fill(place);
        return place;
    };
    const auto anywhere = at([](Place&) {});
    const auto shop = at([](Place& p) { p.profile = "shop"; });
    const auto georgia = at([](Place& p) { p.region = "US-GA"; });
    const Row rows[] = {
        {"nothing holds", Channel::dm, "", anywhere, "default"},
        {"two conditions hold", Channel::text, "cancel", georgia, "storm"},
        {"one of two holds", Channel::dm, "cancel", georgia, "leaving"},
        {"a prefix", Channel::dm, "I'm CANCELLING", anywhere, "leaving"},
        {"a phrase", Channel::call, "I'll switch to them", shop, "leaving"},
        {"no whole phrase", Channel::call, "switch", shop, "shoppers"},
        {"the other channel of a list", Channel::text, "", shop, "shoppers"},
        {"no channel of a list", Channel::dm, "", shop, "default"},
        {"campaign", Channel::dm, "", at([](Place& p) { p.campaign = "spring"; }), "spring"},
        {"button", Channel::dm, "", at([](Place& p) { p.button = "x-dm-bio"; }), "bio"},
        {"source", Channel::dm, "", at([](Place& p) { p.source = "x"; }), "tweets"},
        {"a country for its state", Channel::dm, "", georgia, "america"},
        {"a country", Channel::dm, "", at([](Place& p) { p.region = "US"; }), "america"},
        {"a province", Channel::dm, "", at([](Place& p) { p.region = "CA-ON"; }), "america"},
        {"a country is not its province", Channel::dm, "", at([](Place& p) { p.region = "CA"; }),
         "default"},
        {"unknown region", Channel::dm, "", at([](Place& p) { p.region = "unknown"; }), "nowhere"},
    };
    const Brand brand = routed_brand();
    for (const Row& row : rows) {
        CAPTURE(row.what);
        Event event;
        event.channel = row.channel;
        event.text = row.text;
        CHECK(decide(brand, event, row.place).route == row.route);
    }
}

TEST_CASE("evaluate: attribution fields are and-ed, their values or-ed, case does not count") {
    Brand brand = sample_brand();
    Route& ads = add_route(brand, "ads", "sales");
    ads.when.attribution = {{"utm_source", {"instagram", "IG"}}, {"gclid", {"*"}}};
    add_route(brand, "pins", "care").when.attribution = {{"epik", {"*"}}};
    add_route(brand, "default", "care");
    brand.index();
    struct Row {
        std::string_view what;
        Fields attribution;
        std::string_view route;
    };
    const Row rows[] = {
        {"nothing", {}, "default"},
        {"one of two fields", {{"utm_source", "ig"}}, "default"},
        {"the other of two fields", {{"gclid", "Cj0"}}, "default"},
        {"both", {{"utm_source", "ig"}, {"gclid", "Cj0"}}, "ads"},
        {"in another case", {{"UTM_Source", "Instagram"}, {"GCLID", "Cj0"}}, "ads"},
        {"another value", {{"utm_source", "igs"}, {"gclid", "Cj0"}}, "default"},
        {"an empty value is absent", {{"utm_source", "ig"}, {"gclid", ""}}, "default"},
        {"the second of two values",
         {{"utm_source", "x"}, {"utm_source", "ig"}, {"gclid", "C"}},
         "ads"},
        {"any value of another field", {{"epik", "dj0"}}, "pins"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        Event event;
        event.attribution = row.attribution;
        CHECK(decide(brand, event, Place{}).route == row.route);
        const std::vector<TrailStep> trail = trail_of(brand, event, Place{});
        CHECK(trail.back().route == row.route);
        CHECK((trail.front().condition == "attribution.utm_source"));
    }
}

TEST_CASE("evaluate: words are found in the subject too, but no phrase spans subject and text") {
    const Brand brand = routed_brand();
    Event event;
    event.channel = Channel::email;
    event.subject = "Cancellation";
    event.text = "see above";
    CHECK(decide(brand, event, Place{}).route == "leaving");
    event.subject = "switch";
    event.text = "to whom it may concern";
    CHECK(decide(brand, event, Place{}).route == "nowhere");
    event.subject = "help";
    event.text = "I will switch to them";
    CHECK(decide(brand, event, Place{}).route == "leaving");
}

TEST_CASE("evaluate: the due time is the route's, else the queue's for the channel, else its own") {
    struct Row {
        std::string_view what;
        Channel channel;
        std::string text;
        std::string profile;
        std::optional<seconds> respond_within;
    };
    const Row rows[] = {
        {"route before queue", Channel::dm, "cancel", "", minutes(3)},
        {"queue and channel", Channel::call, "", "shop", seconds(20)},
        {"queue", Channel::text, "", "shop", minutes(15)},
        {"none", Channel::dm, "", "", std::nullopt},
    };
    const Brand brand = routed_brand();
    for (const Row& row : rows) {
        CAPTURE(row.what);
        Event event;
        event.channel = row.channel;
        event.text = row.text;
        event.occurred_at = day(1, 1);
        Place place;
        place.profile = row.profile;
        const Decision decision = decide(brand, event, place);
        CHECK((decision.respond_within == row.respond_within));
        REQUIRE(decision.due_at.has_value() == row.respond_within.has_value());
        if (row.respond_within) CHECK((*decision.due_at == kNow + *row.respond_within));
    }
}

TEST_CASE("evaluate: the queue's dial plan and reply are copied") {
    const Brand brand = routed_brand();
    Event event;
    event.channel = Channel::call;
    Place place;
    place.profile = "shop";
    const Decision decision = decide(brand, event, place);
    CHECK(decision.queue == "sales");
    CHECK(decision.dial.to ==
          std::vector<std::string>{"+14045550110", "sip:sales@pbx.acme.example"});
    CHECK(decision.dial.caller_id == "+18005550100");
    CHECK(decision.reply.empty());  // a caller is not written to
    CHECK(decision.priority == "normal");
    event.channel = Channel::text;
    CHECK(decide(brand, event, place).reply == "Your reference is {tracking_number}.");
}

TEST_CASE("evaluate: a missed call is due after its own time, else that of texts, never of calls") {
    Brand brand = sample_brand();
    add_route(brand, "default", "sales");
    Event event;
    event.channel = Channel::call;
    event.call_step = CallStep{"CA1", CallStep::Kind::missed, {}, false};
    Queue& sales = brand.queues.at("sales");
    brand.index();
    CHECK(decide(brand, event, {}).respond_within == std::chrono::minutes(15));
    sales.respond_within_by_channel.at(std::size_t(Channel::text)) = std::chrono::minutes(5);
    CHECK(decide(brand, event, {}).respond_within == std::chrono::minutes(5));
    sales.respond_within_missed_call = std::chrono::minutes(7);
    CHECK(decide(brand, event, {}).respond_within == std::chrono::minutes(7));
    event.call_step.reset();
    CHECK(decide(brand, event, {}).respond_within == std::chrono::seconds(20));
}

TEST_CASE("evaluate: names in a whisper are filled in, and unknown ones left out") {
    Brand brand = sample_brand();
    add_route(brand, "default", "sales");
    brand.index();
    struct Row {
        std::string whisper;
        std::string campaign;
        std::string expected;
    };
    const Row rows[] = {
        {"{source} call, {campaign}", "spring", "Instagram call, spring"},
        {"{source} call, {campaign}", "", "Instagram call"},
        {"{campaign}", "", ""},
        {"{campaign}: {source}", "", ": Instagram"},
        {"{profile} {button} {other}", "", "shop ig-call {other}"},
        {"{source} {source}", "", "Instagram Instagram"},
        {"{source}, {campaign}", "{source}", "Instagram, {source}"},
        {"A call", "spring", "A call"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.whisper);
        brand.queues.at("sales").dial.whisper = row.whisper;
        Place place;
        place.source = "instagram";
        place.profile = "shop";
        place.button = "ig-call";
        place.campaign = row.campaign;
        CHECK(decide(brand, Event{}, place).dial.whisper == row.expected);
    }
}

TEST_CASE("evaluate: a call while the queue is closed rings nowhere and is due as a missed one") {
    Brand brand = sample_brand();
    add_route(brand, "default", "sales");
    Queue& sales = brand.queues.at("sales");
    sales.dial.to = {"+14045550110"};
    sales.dial.consent = "We record.";
    sales.hours = "store";
    sales.closed.call = ClosedCall{"We open at {opens_at}.", ClosedCall::Then::voicemail};
    sales.respond_within_missed_call = minutes(15);
    Hours& store = brand.hours["store"];
    store.zone = {{Time(), seconds(0)}};
    const auto today = std::chrono::weekday(std::chrono::floor<std::chrono::days>(kNow));
    store.days.at(today.c_encoding()) = {{std::chrono::hours(14), std::chrono::hours(18)}};
    brand.index();
    Event event;
    event.channel = Channel::call;
    const Decision closed = decide(brand, event, Place{});
    CHECK(closed.closed);
    CHECK(closed.dial.to.empty());
    CHECK(closed.dial.consent.empty());
    CHECK(closed.dial.say == "We open at 14:00.");
    CHECK(closed.dial.voicemail);
    CHECK(closed.queue == "sales");
    CHECK(closed.respond_within == minutes(15));
    const Time later = kNow + std::chrono::hours(2);
    const Decision open = evaluate(brand, {event, Place{}, CustomerFacts{}}, Situation{}, later);
    CHECK_FALSE(open.closed);
    CHECK(open.dial.to == std::vector<std::string>{"+14045550110"});
    // Of written words nothing is said, so they wait on the queue for whoever comes back.
    event.channel = Channel::text;
    const Decision text = decide(brand, event, Place{});
    CHECK(text.closed);
    CHECK((text.state == Decision::State::queued));
}

TEST_CASE("evaluate: a brand that no check has seen still yields a decision") {
    Brand brand;
    brand.index();
    CHECK(decide(brand, Event{}, Place{}).route.empty());
    CHECK(decide(brand, Event{}, Place{}).queue.empty());
    CHECK(trail_of(brand, Event{}, Place{}).empty());

    add_queue(brand, "a").respond_within = seconds(7);
    add_queue(brand, "b");
    CHECK(decide(brand, Event{}, Place{}).queue == "a");

    add_route(brand, "first", "b").when.source = {"x"};
    add_route(brand, "last", "gone").when.source = {"web"};
    brand.index();
    const Decision decision = decide(brand, Event{}, Place{});
    CHECK(decision.route == "last");
    CHECK(decision.queue == "a");
    CHECK((decision.due_at == kNow + seconds(7)));
}

TEST_CASE("explain: lists each condition of each route, up to the route that won") {
    const Brand brand = routed_brand();
    Event event;
    event.channel = Channel::call;
    event.text = "hello";
    Place place;
    place.profile = "shop";
    place.region = "US-GA";
    std::vector<std::string> steps;
    for (const TrailStep& step : trail_of(brand, event, place)) {
        steps.push_back(step.route + " " + step.condition + (step.holds ? " yes" : " no"));
    }
    CHECK(steps == std::vector<std::string>{"storm channel no", "storm region yes",
                                            "leaving text no", "shoppers profile yes",
                                            "shoppers channel yes"});
    event.channel = Channel::dm;
    place.region = "DE";
    const std::vector<TrailStep> trail = trail_of(brand, event, place);
    REQUIRE_FALSE(trail.empty());
    CHECK(trail.back().route == "default");
    CHECK(trail.back().condition.empty());
    CHECK(trail.back().holds);
}

}  // namespace
}  // namespace tapline
