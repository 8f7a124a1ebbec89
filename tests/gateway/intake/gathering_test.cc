// What becomes of a customer's posts that wait for one another, of suppressed customers, and of
// contacts that join an open journey: the whole accept path against a real Redis.
#include "gateway/intake/gathering.h"

#include <future>
#include <map>
#include <set>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "gateway/intake/acceptor.h"
#include "gateway/intake/release.h"
#include "gateway/redis/keys.h"
#include "tests/gateway/redis/real_redis.h"

using namespace tapline;
using nlohmann::json;
using tapline::redis::RealRedis;

namespace {

Route route_of(const std::string& name, const std::string& to) {
    Route route;
    route.name = name;
    route.to = to;
    return route;
}

// urgent words go express to care; all other posts wait for the next one, unless they say "legal".
std::shared_ptr<Brand> sample_brand() {
    auto brand = std::make_shared<Brand>();
    brand->name = "acme";
    brand->config_version = "abc123";
    for (const char* name : {"sales", "care"}) {
        brand->queues[name].name = name;
        brand->queues[name].respond_within = std::chrono::minutes(5);
    }
    Route urgent = route_of("urgent", "care");
    urgent.when.text = {WordPattern("cancel*")};
    urgent.is_express = true;
    Route social = route_of("default", "sales");
    social.patience =
        Patience{std::chrono::seconds(45), std::chrono::minutes(4), {WordPattern("legal*")}};
    brand->routes = {urgent, social};
    brand->index();
    return brand;
}

Event post(const std::string& id, const std::string& text) {
    Event event;
    event.type = "contact.dm";
    event.event_id = id;
    event.provider = "instagram";
    event.connection = "instagram-main";
    event.account = "17841400000000001";
    event.customer.platform_id = "601";
    event.text = text;
    event.auth = "signature";
    return event;
}

struct Fixture {
    RealRedis server;
    redis::Link link{server.unix_endpoint(), redis::LinkOptions{}};
    Metrics metrics;
    std::shared_ptr<Brand> brand = sample_brand();
    std::shared_ptr<Situation> situation = std::make_shared<Situation>();
    Time now = from_ms(1'773'000'000'000);
    Acceptor acceptor{{&link, &metrics, Keys{std::string(32, 't'), std::string(32, 'p')},
                       [this] { return now; }, system_random(), nullptr,
                       [this](const std::string&) { return situation; }}};
    redis::Script release = release_script();

    Fixture() {
        link.start();
        REQUIRE(redis::eventually([this] { return link.stats().connected; }));
    }

    std::future<Result<Accepted>> submit(Event event) {
        auto promise = std::make_shared<std::promise<Result<Accepted>>>();
        acceptor.accept({brand, std::move(event), {}},
                        [promise](Result<Accepted> result) { promise->set_value(result); });
        return promise->get_future();
    }

    Mark accept(Event event) {
        const auto result = submit(std::move(event)).get();
        REQUIRE(result);
        return result->mark;
    }

    redis::Reply ask(std::initializer_list<std::string_view> words) {
        auto reply = link.call(redis::encode(words));
        REQUIRE(reply);
        return *reply;
    }

    std::string customer() { return *customer_hash(acceptor.parts().keys, "acme", post("", "")); }

    // As the steward does, for whatever is due by now.
    void release_due() {
        const auto due = ask(
            {"ZRANGE", "tapline:{acme}:delayed", "-inf", std::to_string(to_ms(now)), "BYSCORE"});
        for (const auto& ident : due.items) {
            REQUIRE(release_entry(link, release, *brand, {ident.text, "", now, now}));
        }
    }

    // The `data.data` of each entry, with the route under "route" and the id under "id".
    std::vector<json> entries(const std::string& lane) {
        std::vector<json> found;
        for (const auto& item : ask({"XRANGE", redis::queue_key("acme", lane), "-", "+"}).items) {
            const auto& fields = item.items[1].items;
            std::map<std::string, std::string> entry;
            for (std::size_t i = 0; i + 1 < fields.size(); i += 2) {
                entry[fields[i].text] = fields[i + 1].text;
            }
            json data = json::parse(entry["data"])["data"];
            data["id"] = entry["id"];
            data["tracking_number"] = entry["tracking_number"];
            found.push_back(std::move(data));
        }
        return found;
    }
};

std::vector<std::string> ids_of(const json& entry) {
    std::vector<std::string> ids;
    for (const auto& part : entry["parts"]) ids.push_back(part["id"]);
    if (ids.empty()) ids.push_back(entry["id"]);
    return ids;
}

}  // namespace

TEST_CASE("gathering: a customer's posts become one entry of one journey") {
    Fixture fixture;
    const Mark first = fixture.accept(post("m1", "hello"));
    CHECK(first.state == "gathering");
    fixture.now += std::chrono::seconds(20);
    const Mark second = fixture.accept(post("m2", "are you there?"));
    CHECK(second.state == "merged");
    CHECK(second.number == first.number);
    CHECK(second.queue == "sales");
    CHECK(second.due_at == first.due_at);
    CHECK(fixture.entries("sales").empty());
    fixture.now += std::chrono::seconds(44);
    fixture.release_due();
    CHECK(fixture.entries("sales").empty());
    fixture.now += std::chrono::seconds(1);
    fixture.release_due();
    const auto entries = fixture.entries("sales");
    REQUIRE(entries.size() == 1);
    CHECK(ids_of(entries[0]) == std::vector<std::string>{"m1", "m2"});
    CHECK(entries[0]["text"] == "hello\nare you there?");
    CHECK(entries[0]["id"] == "m1");
    const auto number = TrackingNumber::parse(first.number);
    const auto journey = unpack_journey(
        *number, fixture.ask({"GET", redis::journey_key("acme", number->compact())}).text);
    REQUIRE(journey);
    CHECK(journey->journey.contacts == 2);
    CHECK(journey->customer == fixture.customer());
    // Redelivered, each is answered from its own mark.
    CHECK(fixture.accept(post("m1", "hello")).state == "gathering");
    CHECK(fixture.accept(post("m2", "are you there?")).state == "merged");
    CHECK(fixture.entries("sales").size() == 1);
    CHECK(fixture.metrics.contacts.value("acme", "merged") == 1);
    CHECK(fixture.metrics.contacts.value("acme", "gathering") == 1);
}

TEST_CASE("gathering: a post after the release is a new entry of the same journey") {
    Fixture fixture;
    const Mark first = fixture.accept(post("m1", "hello"));
    fixture.now += std::chrono::seconds(45);
    fixture.release_due();
    fixture.now += std::chrono::seconds(60);
    const Mark second = fixture.accept(post("m2", "and another thing"));
    CHECK(second.state == "gathering");
    CHECK(second.number == first.number);
    CHECK(fixture.metrics.joined.value("acme", "gathering") == 1);
    fixture.now += std::chrono::seconds(45);
    fixture.release_due();
    const auto entries = fixture.entries("sales");
    REQUIRE(entries.size() == 2);
    CHECK(entries[1]["id"] == "m2");
    CHECK(entries[1]["tracking_number"] == first.number);
    // Long after that nothing joins them.
    fixture.ask({"DEL", redis::gather_key("acme", fixture.customer())});
    CHECK(fixture.accept(post("m3", "a year later")).number != first.number);
}

TEST_CASE("gathering: what was answered to the first post is known when the next one comes") {
    Fixture fixture;
    fixture.brand->queues["sales"].reply = "We are on it.";
    const auto accept = [&](const std::string& id) {
        Event event = post(id, "hello");
        event.channel = Channel::text;
        event.customer.phone = "+14045550199";
        std::promise<Result<Accepted>> promise;
        fixture.acceptor.accept({fixture.brand, event,
                                 [](const Event&, const Decision& decision, const std::string&) {
                                     return decision.reply;
                                 }},
                                [&](const Result<Accepted>& result) { promise.set_value(result); });
        const auto result = promise.get_future().get();
        REQUIRE(result);
        return result->mark;
    };
    CHECK(accept("m1").reply == "We are on it.");
    const Mark second = accept("m2");
    CHECK(second.state == "merged");
    CHECK(second.reply.empty());
    CHECK(fixture.metrics.replies_withheld.value("acme", "recently_replied") == 1);
}

TEST_CASE("gathering: a word of skip joins what waits, and the whole goes at once") {
    Fixture fixture;
    const Mark first = fixture.accept(post("m1", "hello"));
    const Mark second = fixture.accept(post("m2", "this is a legal matter"));
    CHECK(second.state == "merged");
    const auto entries = fixture.entries("sales");
    REQUIRE(entries.size() == 1);
    CHECK(ids_of(entries[0]) == std::vector<std::string>{"m1", "m2"});
    CHECK(fixture.ask({"EXISTS", "tapline:{acme}:delayed"}).integer == 0);
    // With nothing to join it is an entry of its own, of the same journey.
    const Mark third = fixture.accept(post("m3", "legal again"));
    CHECK(third.state == "queued");
    CHECK(third.number == first.number);
    CHECK(fixture.entries("sales").size() == 2);
}

TEST_CASE("gathering: an express contact releases what waits and is an entry of its own") {
    Fixture fixture;
    const Mark first = fixture.accept(post("m1", "hello"));
    const Mark second = fixture.accept(post("m2", "cancel my plan"));
    CHECK(second.state == "queued");
    CHECK(second.number == first.number);
    REQUIRE(fixture.entries("sales").size() == 1);
    CHECK(ids_of(fixture.entries("sales")[0]) == std::vector<std::string>{"m1"});
    const auto express = fixture.entries("care:express");
    REQUIRE(express.size() == 1);
    CHECK(express[0]["id"] == "m2");
    CHECK(fixture.metrics.released.value("acme", "patience") == 1);
}

TEST_CASE("gathering: a post of another route joins what waits, and is never before it") {
    Fixture fixture;
    // The first post opens the journey that the upper route asks for.
    Route follow = route_of("about-a-job", "care");
    follow.when.open_journey = std::chrono::hours(72);
    follow.to_owner = true;
    fixture.brand->routes.insert(fixture.brand->routes.begin() + 1, follow);
    fixture.brand->index();
    const Mark first = fixture.accept(post("m1", "hello"));
    CHECK(first.route == "default");
    const Mark second = fixture.accept(post("m2", "my boiler drips"));
    CHECK(second.state == "merged");
    CHECK(second.route == "default");
    CHECK(second.queue == "sales");
    CHECK(second.due_at == first.due_at);
    CHECK(second.number == first.number);
    // A word that ends the wait is the gathering's own, and need not be that of the upper route.
    const Mark third = fixture.accept(post("m3", "is that legal?"));
    CHECK(third.state == "merged");
    const auto entries = fixture.entries("sales");
    REQUIRE(entries.size() == 1);
    CHECK(ids_of(entries[0]) == std::vector<std::string>{"m1", "m2", "m3"});
    CHECK(fixture.entries("care").empty());
    // With nothing to join the upper route has it.
    const Mark fourth = fixture.accept(post("m4", "thanks"));
    CHECK(fourth.route == "about-a-job");
    CHECK(fourth.state == "queued");
    CHECK(fourth.number == first.number);
}

TEST_CASE(
    "gathering: a post by another way releases what waits, and is of no journey but its own") {
    Fixture fixture;
    Route mails = route_of("mails", "care");
    mails.when.channel = {Channel::email};
    fixture.brand->routes.insert(fixture.brand->routes.begin(), mails);
    fixture.brand->index();
    const Mark first = fixture.accept(post("m1", "hello"));
    Event mail = post("e1", "an invoice");
    mail.channel = Channel::email;
    const Mark second = fixture.accept(mail);
    CHECK(second.state == "queued");
    CHECK(second.number != first.number);
    REQUIRE(fixture.entries("sales").size() == 1);
    CHECK(ids_of(fixture.entries("sales")[0]) == std::vector<std::string>{"m1"});
    CHECK(fixture.entries("care").size() == 1);
}

TEST_CASE("gathering: a post that a switch holds does not join, and what waits goes first") {
    Fixture fixture;
    Route storm = route_of("storm", "sales");
    storm.when.text = {WordPattern("snow")};
    storm.hold_by = "storm";
    fixture.brand->routes.insert(fixture.brand->routes.begin(), storm);
    fixture.brand->index();
    fixture.accept(post("m1", "hello"));
    CHECK(fixture.accept(post("m2", "so much snow")).state == "held");
    REQUIRE(fixture.entries("sales").size() == 1);
    CHECK(ids_of(fixture.entries("sales")[0]) == std::vector<std::string>{"m1"});
}

TEST_CASE("gathering: posts at the same time are gathered once each") {
    Fixture fixture;
    constexpr int kPosts = 30;
    std::vector<std::future<Result<Accepted>>> futures;
    for (int i = 0; i < kPosts; ++i) {
        const std::string text = i % 10 == 9 ? "legal matter" : "post";
        futures.push_back(fixture.submit(post("m" + std::to_string(i), text)));
        // Redelivered while it is under way.
        futures.push_back(fixture.submit(post("m" + std::to_string(i), text)));
    }
    std::set<std::string> numbers;
    for (auto& future : futures) {
        const auto result = future.get();
        REQUIRE(result);
        numbers.insert(result->mark.number);
    }
    CHECK(numbers.size() == 1);
    fixture.now += std::chrono::minutes(5);
    fixture.release_due();
    std::multiset<std::string> ids;
    for (const auto& entry : fixture.entries("sales")) {
        for (const auto& id : ids_of(entry)) ids.insert(id);
    }
    CHECK(ids.size() == kPosts);
    CHECK(std::set<std::string>(ids.begin(), ids.end()).size() == kPosts);
    const auto record =
        unpack_customer(fixture.ask({"GET", redis::customer_key("acme", fixture.customer())}).text);
    REQUIRE(record);
    CHECK(record->contacts == kPosts);
}

TEST_CASE("acceptor: a suppressed customer's contact is counted and on no queue, until its end") {
    Fixture fixture;
    fixture.situation->has_suppressions = true;
    fixture.ask({"HSET", "tapline:{acme}:suppressed", fixture.customer(),
                 R"({"reason":"spam","author":"dana","until":1773000060000})"});
    const Mark mark = fixture.accept(post("m1", "legal"));
    CHECK(mark.state == "suppressed");
    CHECK(fixture.entries("sales").empty());
    CHECK(fixture.metrics.contacts.value("acme", "suppressed") == 1);
    fixture.now += std::chrono::minutes(1);
    CHECK(fixture.accept(post("m2", "legal")).state == "queued");
}

TEST_CASE("acceptor: a route by the open journey joins it, as long as no outcome closed it") {
    Fixture fixture;
    Route follow = route_of("follow-up", "sales");
    follow.when.open_journey = std::chrono::hours(72);
    fixture.brand->routes = {follow, route_of("default", "sales")};
    fixture.brand->index();
    const Mark first = fixture.accept(post("m1", "hello"));
    CHECK(first.route == "default");
    fixture.now += std::chrono::hours(1);
    const Mark second = fixture.accept(post("m2", "any news?"));
    CHECK(second.route == "follow-up");
    CHECK(second.number == first.number);
    CHECK(fixture.metrics.joined.value("acme", "open_journey") == 1);

    const auto number = TrackingNumber::parse(first.number);
    const std::string key = redis::journey_key("acme", number->compact());
    auto journey = unpack_journey(*number, fixture.ask({"GET", key}).text);
    REQUIRE(journey);
    CHECK(journey->journey.contacts == 2);
    for (const char* outcome : {"answered", "resolved"}) {
        CAPTURE(outcome);
        journey->journey.last_outcome = outcome;
        fixture.ask({"SET", key, pack(*journey)});
        const Mark mark = fixture.accept(post(std::string("after ") + outcome, "hello"));
        CHECK((mark.number == first.number) == (std::string_view(outcome) == "answered"));
        journey = unpack_journey(*number, fixture.ask({"GET", key}).text);
        REQUIRE(journey);
    }
}

TEST_CASE("acceptor: an answer that is not ours to send is suggested, and noted in the journey") {
    Fixture fixture;
    fixture.brand->routes = {route_of("default", "sales")};
    fixture.brand->queues["sales"].reply = "Your reference is {tracking_number}.";
    fixture.brand->index();
    const Mark mark = fixture.accept(post("m1", "hello"));
    const auto entries = fixture.entries("sales");
    REQUIRE(entries.size() == 1);
    CHECK(entries[0]["reply"]["suggested"] == "Your reference is " + mark.number + ".");
    const auto number = TrackingNumber::parse(mark.number);
    const auto journey = unpack_journey(
        *number, fixture.ask({"GET", redis::journey_key("acme", number->compact())}).text);
    REQUIRE(journey);
    CHECK(journey->replied_at == fixture.now);
}

TEST_CASE("acceptor: who speaks of a topic is noted once") {
    Fixture fixture;
    Topic outage;
    outage.name = "outage";
    outage.text = {WordPattern("no service")};
    outage.within = std::chrono::hours(2);
    outage.steps = {{25, "care"}};
    fixture.brand->topics["outage"] = outage;
    fixture.brand->routes = {route_of("default", "sales")};
    fixture.brand->index();
    fixture.accept(post("m1", "no service since noon"));
    fixture.accept(post("m1", "no service since noon"));
    fixture.accept(post("m2", "something else"));
    const auto members =
        fixture.ask({"ZRANGE", redis::topic_key("acme", "outage"), "0", "-1", "WITHSCORES"});
    REQUIRE(members.items.size() == 2);
    CHECK(members.items[0].text == fixture.customer());
    CHECK(members.items[1].text == "1773000000000");
}

TEST_CASE("acceptor: an event that is told again does not make its topic last longer") {
    for (const bool gathers : {false, true}) {
        CAPTURE(gathers);
        Fixture fixture;
        Topic outage;
        outage.name = "outage";
        outage.text = {WordPattern("no service")};
        outage.within = std::chrono::hours(2);
        outage.steps = {{25, "care"}};
        fixture.brand->topics["outage"] = outage;
        if (!gathers) fixture.brand->routes = {route_of("default", "sales")};
        fixture.brand->index();
        const auto noted = [&] {
            return fixture.ask({"ZSCORE", redis::topic_key("acme", "outage"), fixture.customer()})
                .text;
        };
        fixture.accept(post("m1", "hello"));
        CHECK(noted().empty());
        fixture.now += std::chrono::seconds(1);
        fixture.accept(post("m2", "no service since noon"));
        CHECK(noted() == "1773000001000");
        fixture.now += std::chrono::seconds(1);
        fixture.accept(post("m2", "no service since noon"));
        CHECK(noted() == "1773000001000");
        fixture.accept(post("m3", "still no service"));
        CHECK(noted() == "1773000002000");
    }
}
