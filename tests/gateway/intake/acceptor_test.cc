// The accept path against a real Redis: collisions, moved records, undo, and the replay key.
#include "gateway/intake/acceptor.h"

#include <future>
#include <set>

#include <doctest/doctest.h>

#include "gateway/redis/keys.h"
#include "tests/gateway/redis/real_redis.h"

using namespace tapline;
using tapline::redis::RealRedis;

namespace {

std::shared_ptr<const Brand> sample_brand() {
    auto brand = std::make_shared<Brand>();
    brand->name = "acme";
    brand->config_version = "abc123";
    brand->queues["sales"].name = "sales";
    brand->queues["sales"].respond_within = std::chrono::minutes(5);
    Route route;
    route.name = "default";
    route.to = "sales";
    brand->routes = {route};
    brand->index();
    return brand;
}

Event contact(const std::string& id, const std::string& customer) {
    Event event;
    event.type = "contact.dm";
    event.event_id = id;
    event.provider = "instagram";
    event.connection = "instagram-main";
    event.account = "17841400000000001";
    event.customer.platform_id = customer;
    event.text = "hello";
    event.auth = "signature";
    return event;
}

struct Fixture {
    RealRedis server;
    redis::Link link{server.unix_endpoint(), redis::LinkOptions{}};
    Metrics metrics;
    std::shared_ptr<const Brand> brand = sample_brand();
    Time now = from_ms(1'773'000'000'000);
    Acceptor acceptor{{&link, &metrics, Keys{std::string(32, 't'), std::string(32, 'p')},
                       [this] { return now; }, system_random()}};

    Fixture() {
        link.start();
        REQUIRE(redis::eventually([this] { return link.stats().connected; }));
    }

    Result<Accepted> accept(Event event) {
        std::promise<Result<Accepted>> promise;
        acceptor.accept({brand, std::move(event), {}},
                        [&](Result<Accepted> result) { promise.set_value(std::move(result)); });
        return promise.get_future().get();
    }

    redis::Reply ask(std::initializer_list<std::string_view> words) {
        auto reply = link.call(redis::encode(words));
        REQUIRE(reply);
        return *reply;
    }

    std::int64_t queued() { return ask({"XLEN", "tapline:{acme}:queue:sales"}).integer; }
};

}  // namespace

TEST_CASE("acceptor: a number that names another live journey is derived again") {
    Fixture fixture;
    const Event event = contact("m1", "601");
    const Identity identity = identify(fixture.acceptor.parts().keys, "acme", event);
    JourneyRecord stranger;
    stranger.journey.founder = "somebody else";
    const std::string key = redis::journey_key("acme", identity.number.compact());
    fixture.ask({"SET", key, pack(stranger)});

    const auto accepted = fixture.accept(event);
    REQUIRE(accepted);
    const auto again = derive_again(fixture.acceptor.parts().keys, identity, 1);
    CHECK(accepted->mark.number == again.display());
    CHECK(fixture.ask({"GET", key}).text == pack(stranger));
    CHECK(fixture.queued() == 1);

    const auto redelivered = fixture.accept(event);
    REQUIRE(redelivered);
    CHECK(redelivered->seen);
    CHECK(redelivered->mark.number == accepted->mark.number);
}

TEST_CASE("acceptor: the contacts of one thread are one journey, also when its number is taken") {
    Fixture fixture;
    Event first = contact("c/1", "601");
    first.thread = "c";
    const Identity thread = identify_thread(fixture.acceptor.parts().keys, "acme", first);
    JourneyRecord stranger;
    stranger.journey.founder = "somebody else";
    const std::string key = redis::journey_key("acme", thread.number.compact());
    fixture.ask({"SET", key, pack(stranger)});

    const auto opened = fixture.accept(first);
    REQUIRE(opened);
    CHECK(opened->mark.number == derive_again(fixture.acceptor.parts().keys, thread, 1).display());
    for (const char* id : {"c/2", "c/3"}) {
        Event later = contact(id, "602");
        later.thread = "c";
        const auto accepted = fixture.accept(later);
        REQUIRE(accepted);
        CHECK_FALSE(accepted->seen);
        CHECK(accepted->mark.number == opened->mark.number);
    }
    Event other = contact("d/1", "601");
    other.thread = "d";
    CHECK(fixture.accept(other)->mark.number != opened->mark.number);
    const auto number = TrackingNumber::parse(opened->mark.number);
    const auto journey = unpack_journey(
        *number, fixture.ask({"GET", redis::journey_key("acme", number->compact())}).text);
    REQUIRE(journey);
    CHECK(journey->journey.contacts == 3);
    CHECK(fixture.ask({"GET", key}).text == pack(stranger));
}

TEST_CASE("acceptor: a thread that joined a named journey stays in it, and its facts say so") {
    Fixture fixture;
    const auto founded = fixture.accept(contact("m1", "601"));
    REQUIRE(founded);
    Event first = contact("c/1", "701");
    first.thread = "c";
    first.ref = founded->mark.number;
    CHECK(fixture.accept(first)->mark.number == founded->mark.number);
    Event second = contact("c/2", "701");
    second.thread = "c";
    CHECK(fixture.accept(second)->mark.number == founded->mark.number);
    Event agent = contact("c/3", "701");
    agent.thread = "c";
    agent.kind = EventKind::recorded;
    const auto recorded = fixture.accept(agent);
    REQUIRE(recorded);
    CHECK(recorded->mark.state == "recorded");
    CHECK(recorded->mark.number == founded->mark.number);
    CHECK(fixture.queued() == 3);
    // Before anybody asked for something there is no journey to tell of.
    Event greeting = contact("d/1", "801");
    greeting.thread = "d";
    greeting.kind = EventKind::recorded;
    CHECK(fixture.accept(greeting)->mark.number.empty());
}

TEST_CASE("acceptor: an event redelivered after its mark expired keeps its number") {
    Fixture fixture;
    const auto first = fixture.accept(contact("m1", "601"));
    REQUIRE(first);
    const Identity identity = identify(fixture.acceptor.parts().keys, "acme", contact("m1", "601"));
    fixture.ask({"DEL", redis::seen_key("acme", identity.founder)});
    const auto second = fixture.accept(contact("m1", "601"));
    REQUIRE(second);
    CHECK(second->mark.number == first->mark.number);
}

TEST_CASE("acceptor: contacts of one customer in parallel are all counted") {
    Fixture fixture;
    constexpr int kContacts = 40;
    std::vector<std::promise<Result<Accepted>>> promises(kContacts);
    for (int i = 0; i < kContacts; ++i) {
        fixture.acceptor.accept(
            {fixture.brand, contact("m" + std::to_string(i), "601"), {}},
            [&promises, i](Result<Accepted> result) {
                promises[static_cast<std::size_t>(i)].set_value(std::move(result));
            });
    }
    std::set<std::string> numbers;
    for (auto& promise : promises) {
        const auto result = promise.get_future().get();
        REQUIRE(result);
        numbers.insert(result->mark.number);
    }
    CHECK(fixture.queued() == kContacts);
    CHECK(numbers.size() == kContacts);
    const auto hash = customer_hash(fixture.acceptor.parts().keys, "acme", contact("", "601"));
    const auto record =
        unpack_customer(fixture.ask({"GET", redis::customer_key("acme", *hash)}).text);
    REQUIRE(record);
    CHECK(record->contacts == kContacts);
}

TEST_CASE("acceptor: a replay under another id with the same MAC adds nothing") {
    Fixture fixture;
    Event first = contact("m1", "601");
    first.replay_key = "the-same-mac";
    Event mutated = contact("m2", "601");
    mutated.replay_key = "the-same-mac";
    const auto accepted = fixture.accept(first);
    const auto replayed = fixture.accept(mutated);
    REQUIRE(accepted);
    REQUIRE(replayed);
    CHECK(replayed->seen);
    CHECK(replayed->mark.number == accepted->mark.number);
    CHECK(fixture.queued() == 1);
}

TEST_CASE("acceptor: whichever write fails, nothing stays and the retry is accepted") {
    // A string where the script expects another type makes exactly that write fail.
    for (const char* broken : {"queue:sales", "feed", "due"}) {
        CAPTURE(broken);
        Fixture fixture;
        const std::string key = redis::brand_key("acme", broken);
        fixture.ask({"SET", key, "not the right type"});
        const auto refused = fixture.accept(contact("m1", "601"));
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code == ErrorCode::unavailable);
        fixture.ask({"DEL", key});
        for (const char* pattern : {"*:seen:*", "*:journey:*", "*:customer:*"}) {
            CHECK(fixture.ask({"KEYS", pattern}).items.empty());
        }
        CHECK(fixture.queued() == 0);
        CHECK(fixture.ask({"XLEN", redis::brand_key("acme", "feed")}).integer == 0);
        const auto accepted = fixture.accept(contact("m1", "601"));
        REQUIRE(accepted);
        CHECK_FALSE(accepted->seen);
        CHECK(fixture.queued() == 1);
    }
}

TEST_CASE("acceptor: a failing write restores the journey and the customer as they stood") {
    Fixture fixture;
    const auto first = fixture.accept(contact("m1", "601"));
    REQUIRE(first);
    const auto number = TrackingNumber::parse(first->mark.number);
    const std::string journey_key = redis::journey_key("acme", number->compact());
    const auto hash = customer_hash(fixture.acceptor.parts().keys, "acme", contact("", "601"));
    const std::string customer_key = redis::customer_key("acme", *hash);
    const std::string journey = fixture.ask({"GET", journey_key}).text;
    const std::string customer = fixture.ask({"GET", customer_key}).text;
    fixture.ask({"DEL", "tapline:{acme}:due"});
    fixture.ask({"SET", "tapline:{acme}:due", "not a sorted set"});

    Event second = contact("m2", "601");
    second.text = "about " + first->mark.number;
    REQUIRE_FALSE(fixture.accept(second));
    CHECK(fixture.ask({"GET", journey_key}).text == journey);
    CHECK(fixture.ask({"GET", customer_key}).text == customer);
    fixture.ask({"DEL", "tapline:{acme}:due"});
    REQUIRE(fixture.accept(second));
    CHECK(fixture.ask({"GET", journey_key}).text != journey);
    CHECK(fixture.ask({"GET", customer_key}).text != customer);
}

TEST_CASE("acceptor: a receipt leaves no record of a customer") {
    Fixture fixture;
    Event receipt = contact("m1", "601");
    receipt.kind = EventKind::recorded;
    receipt.type = "message.read";
    REQUIRE(fixture.accept(receipt));
    CHECK(fixture.ask({"KEYS", "*:customer:*"}).items.empty());
}

namespace {

Event lone_referral(const std::string& id, const std::string& ref, const std::string& ad) {
    Event event = contact(id, "601");
    event.kind = EventKind::recorded;
    event.type = "dm.referral";
    event.ref = ref;
    event.attribution = {{"referral.source", "ADS"}, {"referral.ad_id", ad}};
    return event;
}

// The stream's newest entry: its field `name`.
std::string newest(Fixture& fixture, std::string_view name) {
    const auto reply =
        fixture.ask({"XREVRANGE", "tapline:{acme}:queue:sales", "+", "-", "COUNT", "1"});
    REQUIRE(reply.items.size() == 1);
    const auto& fields = reply.items[0].items[1].items;
    for (std::size_t i = 0; i + 1 < fields.size(); i += 2) {
        if (fields[i].text == name) return fields[i + 1].text;
    }
    return {};
}

}  // namespace

TEST_CASE("acceptor: a referral that stands alone is the next message's, and no later one's") {
    Fixture fixture;
    auto brand = std::make_shared<Brand>(*fixture.brand);
    Route ads;
    ads.name = "ads";
    ads.to = "sales";
    ads.when.attribution = {{"referral.ad_id", {"9"}}};
    brand->routes.insert(brand->routes.begin(), ads);
    brand->index();
    fixture.brand = brand;
    const std::string ad = R"("referral.ad_id":"9")";

    REQUIRE(fixture.accept(lone_referral("r1", "", "9")));
    REQUIRE(fixture.accept(contact("m1", "601")));
    CHECK(newest(fixture, "route") == "ads");
    CHECK(newest(fixture, "data").find(ad) != std::string::npos);
    REQUIRE(fixture.accept(contact("m2", "601")));
    CHECK(newest(fixture, "route") == "default");
    CHECK(newest(fixture, "data").find(ad) == std::string::npos);

    // A message with a referral of its own takes nothing of the one before, and nor does the next.
    REQUIRE(fixture.accept(lone_referral("r2", "", "9")));
    Event own = contact("m3", "601");
    own.attribution = {{"referral.source", "SHORTLINK"}};
    REQUIRE(fixture.accept(own));
    CHECK(newest(fixture, "data").find(ad) == std::string::npos);
    REQUIRE(fixture.accept(contact("m4", "601")));
    CHECK(newest(fixture, "data").find(ad) == std::string::npos);

    REQUIRE(fixture.accept(lone_referral("r3", "", "9")));
    fixture.now += kThreadRefLife;
    REQUIRE(fixture.accept(contact("m5", "601")));
    CHECK(newest(fixture, "data").find(ad) == std::string::npos);
}

TEST_CASE("acceptor: a link of before is forgotten once a contact came by another way") {
    Fixture fixture;
    const auto founded = fixture.accept(contact("m1", "700"));
    REQUIRE(founded);
    const std::string& number = founded->mark.number;
    Event by_ref = contact("m2", "601");
    by_ref.ref = "B";
    Event by_text = contact("m3", "601");
    const auto other = fixture.accept(contact("m4", "800"));
    REQUIRE(other);
    by_text.text = "about " + other->mark.number;
    for (const Event& later : {by_ref, by_text}) {
        CAPTURE(later.event_id);
        REQUIRE(fixture.accept(lone_referral("r/" + later.event_id, number, "9")));
        REQUIRE(fixture.accept(later));
        const auto plain = fixture.accept(contact("p/" + later.event_id, "601"));
        REQUIRE(plain);
        CHECK(plain->mark.number != number);
    }
    REQUIRE(fixture.accept(lone_referral("r", number, "9")));
    CHECK(fixture.accept(contact("p", "601"))->mark.number == number);
}

TEST_CASE("acceptor: without Redis the error says that it may be tried again") {
    Fixture fixture;
    fixture.server.kill();
    REQUIRE(redis::eventually([&] { return !fixture.link.stats().connected; }));
    const auto refused = fixture.accept(contact("m1", "601"));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::unavailable);
}

TEST_CASE("acceptor: no contact is routed before it is known which switches are on") {
    Fixture fixture;
    std::shared_ptr<const Situation> situation;
    const AcceptorParts& plain = fixture.acceptor.parts();
    Acceptor acceptor{{plain.link, plain.metrics, plain.keys, plain.clock, plain.random, nullptr,
                       [&](const std::string&) { return situation; }}};
    const auto accept = [&] {
        std::promise<Result<Accepted>> promise;
        acceptor.accept({fixture.brand, contact("m1", "601"), {}},
                        [&](Result<Accepted> result) { promise.set_value(std::move(result)); });
        return promise.get_future().get();
    };
    const auto refused = accept();
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::unavailable);
    situation = std::make_shared<const Situation>();
    CHECK(accept());
}

namespace {

Event incoming_call(const std::string& sid) {
    Event event = contact(sid, "");
    event.type = "contact.call";
    event.provider = "twilio";
    event.account.clear();
    event.channel = Channel::call;
    event.caller_waits = true;
    return event;
}

Event step_of(const std::string& sid, CallStep::Kind kind, EventKind event_kind) {
    Event event = incoming_call(sid);
    event.event_id = sid + ":" + std::to_string(static_cast<int>(kind));
    event.kind = event_kind;
    event.type = event_kind == EventKind::contact ? "call.missed" : "call.leg";
    event.caller_waits = false;
    event.call_step = CallStep{sid, kind, {}, false};
    return event;
}

}  // namespace

TEST_CASE("acceptor: a step that cannot be told whole is not told, and the retry is") {
    for (const char* broken : {"feed", "due", "queue:sales:about"}) {
        CAPTURE(broken);
        Fixture fixture;
        REQUIRE(fixture.accept(incoming_call("CA1")));
        const std::string key = redis::brand_key("acme", broken);
        fixture.ask({"RENAMENX", key, "kept"});
        fixture.ask({"SET", key, "not the right type"});
        const Event step = step_of("CA1", CallStep::Kind::answered, EventKind::recorded);
        REQUIRE_FALSE(fixture.accept(step));
        CHECK(fixture.queued() == 1);
        fixture.ask({"DEL", key});
        fixture.ask({"RENAMENX", "kept", key});
        const auto told = fixture.accept(step);
        REQUIRE(told);
        CHECK_FALSE(told->seen);
        CHECK(fixture.queued() == 0);
        CHECK(fixture.ask({"ZCARD", redis::brand_key("acme", "due")}).integer == 0);
        CHECK(fixture.ask({"HGET", redis::about_key("acme", "sales"), "removed"}).text == "1");
        CHECK(fixture.accept(step)->seen);
    }
}

TEST_CASE("acceptor: a missed call joins its call's journey, and is moot once it was answered") {
    Fixture fixture;
    const auto call = fixture.accept(incoming_call("CA1"));
    const Event missed = step_of("CA1", CallStep::Kind::missed, EventKind::contact);
    const auto first = fixture.accept(missed);
    REQUIRE(first);
    CHECK(first->mark.number == call->mark.number);
    CHECK(fixture.queued() == 2);
    CHECK(fixture.accept(missed)->seen);

    REQUIRE(fixture.accept(incoming_call("CA2")));
    REQUIRE(fixture.accept(step_of("CA2", CallStep::Kind::answered, EventKind::recorded)));
    const auto moot = fixture.accept(step_of("CA2", CallStep::Kind::missed, EventKind::contact));
    REQUIRE(moot);
    CHECK(moot->mark.state == "recorded");
    CHECK(fixture.queued() == 2);
    Event forced = step_of("CA2", CallStep::Kind::missed, EventKind::contact);
    forced.call_step->never_bridged = true;
    CHECK(fixture.accept(forced)->mark.state == "queued");
    CHECK(fixture.queued() == 3);
}

TEST_CASE("acceptor: a failed write of a call leaves no record of it") {
    Fixture fixture;
    const Event call = incoming_call("CA1");
    const Identity identity = identify(fixture.acceptor.parts().keys, "acme", call);
    const std::string record = redis::call_key("acme", identity.founder);
    fixture.ask({"SET", record, "not the right type"});
    REQUIRE_FALSE(fixture.accept(call));
    CHECK(fixture.queued() == 0);
    CHECK(fixture.ask({"XLEN", redis::brand_key("acme", "feed")}).integer == 0);
    fixture.ask({"DEL", record});
    REQUIRE(fixture.accept(call));
    CHECK(fixture.ask({"HGET", record, "call"}).text.starts_with("sales "));
}
