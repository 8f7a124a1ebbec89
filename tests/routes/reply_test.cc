#include "routes/reply.h"

#include <string>

#include <doctest/doctest.h>

#include "routes/evaluate.h"
#include "tests/routes/sample_brand.h"

namespace tapline {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

const Time kNow = day(3, 9) + hours(12);

TEST_CASE("reply: durations are spoken as people say them") {
    struct Row {
        seconds duration;
        std::string_view expected;
    };
    const Row rows[] = {
        {seconds(1), "1 second"},
        {seconds(20), "20 seconds"},
        {minutes(30), "30 minutes"},
        {hours(1), "1 hour"},
        {minutes(90), "1 hour 30 minutes"},
        {hours(48), "2 days"},
        {hours(25) + seconds(5), "1 day 1 hour 5 seconds"},
        {seconds(0), ""},
    };
    for (const Row& row : rows) CHECK(spoken(row.duration) == row.expected);
}

TEST_CASE("reply: is withheld from who opted out, from machines, and twice in twelve hours") {
    struct Row {
        std::string_view what;
        Fields attribution;
        bool opted_out;
        std::optional<Time> replied_at;
        std::string_view because;
    };
    const Row rows[] = {
        {"nothing speaks against it", {}, false, {}, ""},
        {"opted out", {}, true, {}, "opted_out"},
        {"a reason of mail", {{"mail.reason", "auto-submitted"}}, false, {}, "auto_reply"},
        {"the app says so", {{"auto_reply", "true"}}, false, {}, "auto_reply"},
        {"the app denies it", {{"auto_reply", "false"}}, false, {}, ""},
        {"just replied", {}, false, kNow - minutes(1), "recently_replied"},
        {"at the last moment", {}, false, kNow - hours(12) + seconds(1), "recently_replied"},
        {"twelve hours ago", {}, false, kNow - hours(12), ""},
        {"the first reason counts", {{"auto_reply", "true"}}, true, kNow, "opted_out"},
    };
    Brand brand = sample_brand();
    add_route(brand, "default", "sales");
    brand.index();
    for (const Row& row : rows) {
        CAPTURE(row.what);
        Event event;
        event.attribution = row.attribution;
        CustomerFacts customer;
        customer.opted_out = row.opted_out;
        customer.replied_at = row.replied_at;
        CHECK(withheld(event, customer, kNow) == row.because);
        const Decision decision = evaluate(brand, {event, Place{}, customer}, {}, kNow);
        CHECK(decision.reply_withheld == row.because);
        CHECK(decision.reply.empty() == !row.because.empty());
    }
}

TEST_CASE("reply: the route's stands before the queue's, and names are filled in") {
    Brand brand = sample_brand();
    brand.display_name = "Acme {tracking_number} Shoes";
    Route& route = add_route(brand, "default", "sales");
    brand.index();
    Event event;
    const auto reply = [&] { return evaluate(brand, {event, Place{}, {}}, {}, kNow).reply; };
    CHECK(reply() == "Your reference is {tracking_number}.");
    route.reply = "Within {respond_within}, {brand}.";
    CHECK(reply() == "Within 15 minutes, Acme {tracking_number} Shoes.");
    brand.queues.at("sales").reply.clear();
    route.reply.clear();
    const Decision none = evaluate(brand, {event, Place{}, {}}, {}, kNow);
    CHECK(none.reply.empty());
    CHECK(none.reply_withheld.empty());
}

TEST_CASE("reply: a route's reply to a call is heard before the phone rings, a queue's never") {
    Brand brand = sample_brand();
    Route& route = add_route(brand, "default", "sales");
    brand.index();
    Event event;
    event.channel = Channel::call;
    const auto decide = [&] { return evaluate(brand, {event, Place{}, {}}, {}, kNow); };
    CHECK(decide().dial.greeting.empty());
    CHECK(decide().reply.empty());
    route.reply = "We know of the outage.";
    CHECK(decide().dial.greeting == "We know of the outage.");
    CHECK(decide().reply.empty());
    CHECK_FALSE(decide().dial.to.empty());
    event.call_step = CallStep{"CA1", CallStep::Kind::missed, {}, false};
    CHECK(decide().dial.greeting.empty());
}

}  // namespace
}  // namespace tapline
