#include "routes/closed.h"

#include <string>

#include <doctest/doctest.h>

#include "routes/evaluate.h"
#include "tests/routes/sample_brand.h"

namespace tapline {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

const Time kNoon = day(3, 9) + hours(12);  // a Monday

void add_hours(Brand& brand, const std::string& name, minutes from, minutes until) {
    Hours& added = brand.hours[name];
    added.zone = {{Time(), seconds(0)}};
    for (auto& one : added.days) one = {{from, until}};
}

// Sales are there from 14:00 to 18:00, care from 20:00 to 22:00, duty always.
Brand closed_brand() {
    Brand brand = sample_brand();
    add_hours(brand, "store", hours(14), hours(18));
    add_hours(brand, "evening", hours(20), hours(22));
    Queue& sales = brand.queues.at("sales");
    sales.hours = "store";
    sales.closed.call = ClosedCall{"We open at {opens_at}.", ClosedCall::Then::voicemail};
    sales.closed.other = ClosedOther{"{brand} opens at {opens_at}.", ""};
    brand.queues.at("care").hours = "evening";
    brand.queues.at("care").closed.other = ClosedOther{"", ""};
    add_queue(brand, "duty").respond_within = minutes(3);
    add_route(brand, "default", "sales");
    brand.index();
    return brand;
}

Decision decide(const Brand& brand, Channel channel, Time now) {
    Event event;
    event.channel = channel;
    return evaluate(brand, {event, Place{}, CustomerFacts{}}, Situation{}, now);
}

TEST_CASE("closed: what is written is answered and held until the department opens") {
    const Brand brand = closed_brand();
    for (const Channel channel : {Channel::text, Channel::email, Channel::dm, Channel::chat}) {
        const Decision held = decide(brand, channel, kNoon);
        CHECK(held.closed);
        CHECK((held.state == Decision::State::held));
        CHECK((held.release_at == day(3, 9) + hours(14)));
        CHECK((held.due_at == day(3, 9) + hours(14) + minutes(15)));
        CHECK(held.queue == "sales");
        CHECK(held.reply == "acme opens at 14:00.");
    }
    const Decision open = decide(brand, Channel::text, kNoon + hours(3));
    CHECK_FALSE(open.closed);
    CHECK((open.state == Decision::State::queued));
    CHECK(open.reply == "Your reference is {tracking_number}.");
    CHECK_FALSE(open.release_at.has_value());
}

TEST_CASE("closed: another queue takes over by its own hours and words, and none is asked twice") {
    struct Row {
        std::string_view what;
        std::string sales_to;
        std::string care_to;
        std::string_view queue;
        Decision::State state;
        std::optional<Time> release_at;
    };
    using State = Decision::State;
    const Time two = day(3, 9) + hours(14);
    const Time eight = day(3, 9) + hours(20);
    const Row rows[] = {
        {"an open one", "duty", "", "duty", State::queued, {}},
        {"a closed one holds", "care", "", "care", State::held, eight},
        {"through a closed one", "care", "duty", "duty", State::queued, {}},
        {"back to the first", "care", "sales", "care", State::held, eight},
        {"to itself", "sales", "", "sales", State::held, two},
        {"to one that does not exist", "gone", "", "sales", State::held, two},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        Brand brand = closed_brand();
        brand.queues.at("sales").closed.other->queue = row.sales_to;
        brand.queues.at("care").closed.other->queue = row.care_to;
        const Decision decision = decide(brand, Channel::dm, kNoon);
        CHECK(decision.queue == row.queue);
        CHECK((decision.state == row.state));
        CHECK((decision.release_at == row.release_at));
        CHECK(decision.reply == "acme opens at 14:00.");
    }
    Brand brand = closed_brand();
    brand.queues.at("sales").closed.other->queue = "duty";
    CHECK((decide(brand, Channel::dm, kNoon).due_at == kNoon + minutes(3)));
}

TEST_CASE("closed: a channel's own words stand before other, and a route's before the queue's") {
    Brand brand = closed_brand();
    Closed& closed = brand.queues.at("sales").closed;
    closed.by_channel.at(std::size_t(Channel::email)) = ClosedOther{"By mail.", "duty"};
    CHECK(decide(brand, Channel::email, kNoon).queue == "duty");
    CHECK(decide(brand, Channel::email, kNoon).reply == "By mail.");
    CHECK(decide(brand, Channel::dm, kNoon).queue == "sales");
    brand.routes.back().closed.other = ClosedOther{"In a crisis.", ""};
    CHECK(decide(brand, Channel::email, kNoon).queue == "sales");
    CHECK(decide(brand, Channel::email, kNoon).reply == "In a crisis.");
    brand.routes.back().closed.call = ClosedCall{"No.", ClosedCall::Then::hangup};
    CHECK(decide(brand, Channel::call, kNoon).dial.say == "No.");
}

TEST_CASE("closed: a caller hears what is said, and what follows it") {
    struct Row {
        ClosedCall::Then then;
        bool voicemail;
        bool call_back;
        std::size_t phones;
    };
    const Row rows[] = {
        {ClosedCall::Then::hangup, false, false, 0},
        {ClosedCall::Then::voicemail, true, false, 0},
        {ClosedCall::Then::callback, false, true, 0},
        {ClosedCall::Then::dial, false, false, 1},
    };
    for (const Row& row : rows) {
        CAPTURE(static_cast<int>(row.then));
        Brand brand = closed_brand();
        brand.queues.at("sales").closed.call =
            ClosedCall{"We open at {opens_at}.", row.then, {"+14045550999"}};
        const Decision decision = decide(brand, Channel::call, kNoon);
        CHECK(decision.closed);
        CHECK((decision.state == Decision::State::queued));
        CHECK(decision.queue == "sales");
        CHECK(decision.dial.voicemail == row.voicemail);
        CHECK(decision.call_back == row.call_back);
        CHECK(decision.dial.to.size() == row.phones);
        const std::string heard = row.phones > 0 ? decision.dial.greeting : decision.dial.say;
        CHECK(heard == "We open at 14:00.");
        // A call back is due in open time, after the time of missed calls.
        CHECK((decision.due_at == day(3, 9) + hours(14) + minutes(15)));
    }
}

TEST_CASE("closed: who never opens again holds nothing, and nothing said is no hold either") {
    Brand brand = closed_brand();
    brand.hours.at("store").days = {};
    const Decision never = decide(brand, Channel::dm, kNoon);
    CHECK((never.state == Decision::State::queued));
    CHECK(never.closed);
    CHECK((never.due_at == kNoon + minutes(15)));
    Brand silent = closed_brand();
    silent.queues.at("sales").closed = {};
    CHECK((decide(silent, Channel::dm, kNoon).state == Decision::State::queued));
    CHECK(decide(silent, Channel::call, kNoon).dial.to.empty());
}

TEST_CASE("due time: is before the end of the reply window by a margin, and never in the past") {
    struct Row {
        std::string_view what;
        std::optional<Milliseconds> window;
        Milliseconds due;
    };
    const Row rows[] = {
        {"no window", {}, minutes(15)},
        {"a long window", hours(24), minutes(15)},
        {"a window of an hour", minutes(60), minutes(15)},
        {"a short window", minutes(10), minutes(9)},
        {"just the margin", minutes(20), minutes(15)},
        {"about to end", seconds(10), seconds(9)},
        {"over", -minutes(1), minutes(0)},
    };
    Brand brand = closed_brand();
    const Time now = day(3, 9) + hours(15);
    for (const Row& row : rows) {
        CAPTURE(row.what);
        Event event;
        if (row.window) event.reply_before = now + *row.window;
        const Decision decision = evaluate(brand, {event, Place{}, {}}, {}, now);
        CHECK((decision.due_at == now + row.due));
    }
}

}  // namespace
}  // namespace tapline
