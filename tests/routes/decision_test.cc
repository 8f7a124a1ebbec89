// What a decision says besides route, queue and due time.
#include "routes/decision.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "routes/evaluate.h"
#include "tests/routes/sample_brand.h"

namespace tapline {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using State = Decision::State;

const Time kNow = day(3, 9) + hours(12);

TEST_CASE("owner: who has an open journey goes to the queue that owns it, and joins it") {
    struct Row {
        std::string_view what;
        std::string owner;  // "" = no open journey
        std::string_view queue;
        bool joins;
    };
    const Row rows[] = {
        {"no journey", "", "care", false},
        {"a queue of the brand", "retention", "retention", true},
        {"its express lane", "retention:express", "retention", true},
        {"a queue that is gone", "gone", "care", true},
    };
    Brand brand = sample_brand();
    Route& route = add_route(brand, "follow-up", "care");
    route.to_owner = true;
    route.when.channel = {Channel::dm};
    add_route(brand, "default", "care");
    brand.index();
    for (const Row& row : rows) {
        CAPTURE(row.what);
        CustomerFacts customer;
        if (!row.owner.empty()) customer.open_journey = OpenJourney{"K7Q9M2XJ4", row.owner, kNow};
        const Decision decision = evaluate(brand, {Event{}, Place{}, customer}, {}, kNow);
        CHECK(decision.route == "follow-up");
        CHECK(decision.queue == row.queue);
        CHECK(decision.joins_open_journey == row.joins);
    }
    // A caller must not be sent where nothing rings.
    brand.routes.front().when.channel = {Channel::call};
    brand.queues["retention"].dial.to = {"+14045550112"};
    brand.index();
    Event caller;
    caller.channel = Channel::call;
    CustomerFacts open;
    for (const std::string owner : {"retention", "chat"}) {
        CAPTURE(owner);
        open.open_journey = OpenJourney{"K7Q9M2XJ4", owner, kNow};
        const Decision decision = evaluate(brand, {caller, Place{}, open}, {}, kNow);
        CHECK(decision.queue == (owner == "retention" ? "retention" : "care"));
        CHECK(decision.joins_open_journey);
    }
    brand.routes.front().when.channel = {Channel::dm};
    brand.index();
    // A route that does not ask for it joins nothing.
    CustomerFacts customer;
    customer.open_journey = OpenJourney{"K7Q9M2XJ4", "retention", kNow};
    Event call;
    call.channel = Channel::call;
    CHECK_FALSE(evaluate(brand, {call, Place{}, customer}, {}, kNow).joins_open_journey);
}

TEST_CASE("patience: posts are gathered, but not those that cannot wait or nobody can join") {
    struct Row {
        std::string_view what;
        std::string text;
        Channel channel;
        bool express;
        std::string key;
        State state;
        bool flushes;
    };
    const Row rows[] = {
        {"a post", "hello", Channel::dm, false, "k", State::gathering, false},
        {"a word that cannot wait", "my LEGAL rights", Channel::dm, false, "k", State::queued,
         true},
        {"a call", "", Channel::call, false, "k", State::queued, true},
        {"an express route", "hello", Channel::dm, true, "k", State::queued, true},
        {"somebody unknown", "hello", Channel::dm, false, "", State::queued, false},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        Brand brand = sample_brand();
        Route& route = add_route(brand, "default", "sales");
        route.patience = Patience{seconds(45), minutes(4), {WordPattern("legal*")}};
        route.is_express = row.express;
        brand.index();
        Event event;
        event.channel = row.channel;
        event.text = row.text;
        CustomerFacts customer;
        customer.key = row.key;
        const Decision decision = evaluate(brand, {event, Place{}, customer}, {}, kNow);
        CHECK((decision.state == row.state));
        CHECK(decision.flushes == row.flushes);
        CHECK(decision.patience.has_value() == (row.state == State::gathering));
        CHECK(decision.priority == (row.express ? "express" : "normal"));
    }
}

TEST_CASE("hold: a route holds by its switch what is no call") {
    Brand brand = sample_brand();
    Route& route = add_route(brand, "default", "sales");
    route.hold_by = "storm";
    route.patience = Patience{seconds(45), minutes(4), {}};
    brand.index();
    CustomerFacts customer;
    customer.key = "k";
    Event event;
    const Decision held = evaluate(brand, {event, Place{}, customer}, {}, kNow);
    CHECK((held.state == State::held));
    CHECK(held.held_by == "storm");
    CHECK_FALSE(held.release_at.has_value());
    CHECK_FALSE(held.patience.has_value());
    event.channel = Channel::call;
    const Decision call = evaluate(brand, {event, Place{}, customer}, {}, kNow);
    CHECK((call.state == State::queued));
    CHECK(call.held_by.empty());
}

TEST_CASE("copies and topics: are those of the route and of the words") {
    Brand brand = sample_brand();
    add_route(brand, "default", "sales").copy_to = {"care", "retention"};
    brand.topics["outage"] = {"outage",
                              {WordPattern("no service"), WordPattern("outage*")},
                              hours(2),
                              {{25, "care"}},
                              10};
    brand.topics["bill"] = {"bill", {WordPattern("bill*")}, hours(2), {{25, "care"}}, 10};
    brand.index();
    Event event;
    event.text = "An OUTAGE, and then the billing";
    const Decision both = evaluate(brand, {event, Place{}, {}}, {}, kNow);
    CHECK(both.topics == std::vector<std::string>{"bill", "outage"});
    CHECK(both.copy_to == std::vector<std::string>{"care", "retention"});
    event.text = "no thanks";
    CHECK(evaluate(brand, {event, Place{}, {}}, {}, kNow).topics.empty());
}

TEST_CASE("suppression: nothing is queued, copied, answered or counted, but a phone still rings") {
    Brand brand = sample_brand();
    Route& route = add_route(brand, "default", "sales");
    route.copy_to = {"care"};
    brand.topics["any"] = {"any", {WordPattern("hello")}, hours(2), {{25, "care"}}, 10};
    brand.index();
    CustomerFacts customer;
    customer.suppressed = Suppression{"spam", "dana", kNow + hours(1)};
    Event event;
    event.text = "hello";
    const Decision decision = evaluate(brand, {event, Place{}, customer}, {}, kNow);
    CHECK((decision.state == State::suppressed));
    CHECK(decision.suppressed_because == "spam");
    CHECK(decision.route == "default");
    CHECK(decision.reply.empty());
    CHECK(decision.reply_withheld == "suppressed");
    CHECK(decision.copy_to.empty());
    CHECK(decision.topics.empty());
    CHECK_FALSE(decision.due_at.has_value());
    const Time later = kNow + hours(1);
    CHECK((evaluate(brand, {event, Place{}, customer}, {}, later).state == State::queued));
    event.channel = Channel::call;
    CHECK_FALSE(evaluate(brand, {event, Place{}, customer}, {}, kNow).dial.to.empty());
}

TEST_CASE("switches: a customer of an unknown region who passed a regional one is told of") {
    Brand brand = sample_brand();
    Route& storm = add_route(brand, "storm", "care");
    storm.when.region = {"US-GA", "US-SC"};
    storm.when.switches = {"ice-storm"};
    add_route(brand, "default", "sales");
    brand.index();
    Situation on;
    on.switches["ice-storm"] = SwitchState{kNow + hours(6), {"US-AL", "US-GA"}};
    struct Row {
        std::string_view what;
        std::string region;
        Situation situation;
        std::string_view passed;
    };
    Situation elsewhere = on;
    elsewhere.switches.at("ice-storm").regions = {"US-AL"};
    Situation over = on;
    over.switches.at("ice-storm").until = kNow;
    Situation other;
    other.switches["flood"] = SwitchState{kNow + hours(6), {"US-GA"}};
    const Row rows[] = {
        {"unknown", "unknown", on, "ice-storm"},
        {"of a country without its state", "US", on, "ice-storm"},
        {"of another country", "CA", on, ""},
        {"known to be elsewhere", "US-NY", on, ""},
        {"no switch is on", "unknown", {}, ""},
        {"in a region that the route does not name", "unknown", elsewhere, ""},
        {"it is over", "unknown", over, ""},
        {"another switch", "unknown", other, ""},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        Place place;
        place.region = row.region;
        const Decision decision = evaluate(brand, {Event{}, place, {}}, row.situation, kNow);
        CHECK(decision.unknown_region_passed == row.passed);
        CHECK(decision.queue == "sales");
    }
}

}  // namespace
}  // namespace tapline
