// The steward's other duties, by several stewards at once, against a real Redis.
#include "gateway/intake/held.h"
#include "gateway/steward/pilots.h"
#include "gateway/steward/releases.h"
#include "gateway/steward/situation.h"
#include "gateway/steward/topics.h"
#include "tests/gateway/steward/fixture.h"
#include "tests/gateway/steward/hold.h"

using namespace tapline;
using namespace tapline::steward_test;

TEST_CASE("topics: one escalation for each level, however many stewards count") {
    Fixture fixture;
    Topic topic;
    topic.name = "outage";
    topic.within = 2h;
    topic.steps = {{5, "lead"}, {10, "care"}};
    topic.clear_below = 3;
    fixture.brand->topics["outage"] = topic;
    const auto come = [&](int from, int until) {
        for (int i = from; i < until; ++i) {
            fixture.ask({"ZADD", fixture.key("topic:outage"), std::to_string(to_ms(fixture.now)),
                         "customer" + std::to_string(i)});
        }
    };
    const auto watch = [&] {
        fixture.by_three([](const Duty& duty) -> Result<void> {
            const auto figures = watch_topics(duty);
            if (!figures) return tl::unexpected(figures.error());
            return {};
        });
    };
    come(0, 4);
    watch();
    CHECK(fixture.length("lead") == 0);
    come(3, 5);
    watch();
    watch();
    REQUIRE(fixture.length("lead") == 1);
    const auto entry = fixture.entries("lead")[0];
    CHECK(text_of(entry, "type") == "escalation.topic");
    CHECK(text_of(entry, "id") == "topic:outage:" + std::to_string(to_ms(kStart)) + ":1");
    CHECK(text_of(entry, "tracking_number").empty());
    CHECK(text_of(entry, "data")
              .find(R"("topic":{"name":"outage","level":1,"customers":5,"contacts_per_hour":3,)") !=
          std::string::npos);
    come(5, 12);
    watch();
    CHECK(fixture.length("lead") == 1);
    CHECK(fixture.length("care") == 1);
    CHECK(fixture.state.alarms.all().contains("topic.acme.outage"));
    fixture.now += 3h;
    come(0, 2);
    watch();
    CHECK(fixture.bodies("topic_cleared").size() == 1);
    CHECK(fixture.bodies("topic_escalated").size() == 2);
    CHECK_FALSE(fixture.state.alarms.all().contains("topic.acme.outage"));
    come(0, 6);
    watch();
    CHECK(fixture.length("lead") == 2);
}

TEST_CASE("topics: an escalation on a queue without a default is due by its shortest time") {
    Fixture fixture;
    Topic topic;
    topic.name = "outage";
    topic.within = 2h;
    topic.steps = {{1, "lead"}};
    fixture.brand->topics["outage"] = topic;
    Queue& lead = fixture.brand->queues["lead"];
    lead.respond_within.reset();
    lead.respond_within_by_channel[static_cast<std::size_t>(Channel::email)] = 4h;
    lead.respond_within_by_channel[static_cast<std::size_t>(Channel::dm)] = 5min;
    fixture.ask({"ZADD", fixture.key("topic:outage"), std::to_string(to_ms(fixture.now)), "c"});
    REQUIRE(watch_topics(fixture.duty()));
    REQUIRE(fixture.length("lead") == 1);
    CHECK(text_of(fixture.entries("lead")[0], "due_at") == std::to_string(to_ms(kStart + 5min)));
    CHECK(fixture.ask({"ZCARD", fixture.key("due")}).integer == 1);
}

TEST_CASE("topics: the alarm goes with the topic, and its level with its last customer") {
    Fixture fixture;
    Topic topic;
    topic.name = "outage";
    topic.within = 2h;
    topic.steps = {{2, "lead"}};
    topic.clear_below = 1;
    fixture.brand->topics["outage"] = topic;
    for (const char* customer : {"a", "b"}) {
        fixture.ask({"ZADD", fixture.key("topic:outage"), std::to_string(to_ms(kStart)), customer});
    }
    REQUIRE(watch_topics(fixture.duty()));
    REQUIRE(fixture.state.alarms.all().contains("topic.acme.outage"));
    fixture.state.alarms.raise("topic.acmeother.outage", "another brand's");
    fixture.brand->topics.clear();
    REQUIRE(watch_topics(fixture.duty()));
    CHECK_FALSE(fixture.state.alarms.all().contains("topic.acme.outage"));
    CHECK(fixture.state.alarms.all().contains("topic.acmeother.outage"));
    CHECK(fixture.ask({"HEXISTS", fixture.key("topics"), "outage"}).integer == 1);
    fixture.ask({"DEL", fixture.key("topic:outage")});
    REQUIRE(watch_topics(fixture.duty()));
    CHECK(fixture.ask({"HEXISTS", fixture.key("topics"), "outage"}).integer == 0);
}

TEST_CASE("pilots: the guard stops a pilot once, and not before it has seen enough") {
    Fixture fixture;
    Pilot pilot;
    pilot.name = "trained";
    pilot.arms = {{"new", 0.1, "care"}};
    pilot.stop_if = StopIf{0.05, 200};
    fixture.brand->routes[0].pilot = pilot;
    const auto guard = [&] {
        fixture.by_three(
            [&](const Duty& duty) { return guard_pilots(duty, *fixture.state.situation("acme")); });
    };
    fixture.ask(
        {"HSET", fixture.key("pilots"), "trained new entries", "199", "trained new late", "100"});
    guard();
    CHECK(fixture.bodies("pilot_stopped").empty());
    fixture.ask(
        {"HSET", fixture.key("pilots"), "trained new entries", "200", "trained new late", "10"});
    guard();
    CHECK(fixture.bodies("pilot_stopped").empty());
    fixture.ask({"HSET", fixture.key("pilots"), "trained new late", "11"});
    guard();
    CHECK(fixture.bodies("pilot_stopped").size() == 1);
    REQUIRE(read_situation(fixture.duty()));
    CHECK(fixture.state.situation("acme")->stopped_pilots.contains("trained"));
    CHECK(fixture.state.alarms.all().contains("pilot_stopped.acme.trained"));
    fixture.brand->routes[0].pilot.reset();
    guard();
    CHECK_FALSE(fixture.state.alarms.all().contains("pilot_stopped.acme.trained"));
}

TEST_CASE("situation: switches hold until their end, which one steward tells") {
    Fixture fixture;
    const SwitchRecord on{{kStart + 1h, {"US-GA"}}, "dana", "ice", kStart};
    fixture.ask({"HSET", fixture.key("switches"), "storm", to_json(on)});
    REQUIRE(read_situation(fixture.duty()));
    const auto situation = fixture.state.situation("acme");
    CHECK(is_on(*situation, "storm", "US-GA", kStart));
    CHECK_FALSE(is_on(*situation, "storm", "US-NY", kStart));
    fixture.now += 1h;
    fixture.by_three([](const Duty& duty) -> Result<void> {
        const auto figures = read_situation(duty);
        if (!figures) return tl::unexpected(figures.error());
        return {};
    });
    CHECK(fixture.bodies("switch_expired").size() == 1);
    CHECK(fixture.state.situation("acme")->switches.empty());
}

TEST_CASE("situation: a key that cannot be read keeps no switch from turning") {
    Fixture fixture;
    for (const char* broken : {"pilots", "suppressed", "feed"}) {
        CAPTURE(broken);
        fixture.ask({"SET", fixture.key(broken), "not the right type"});
        for (const bool on : {true, false}) {
            const SwitchRecord record{{kStart + (on ? 1h : -1h), {}}, "dana", "ice", kStart};
            fixture.ask({"HSET", fixture.key("switches"), "storm", to_json(record)});
            static_cast<void>(read_situation(fixture.duty()));
            CHECK(is_on(*fixture.state.situation("acme"), "storm", "US-GA", kStart) == on);
        }
        fixture.ask({"DEL", fixture.key(broken)});
    }
    fixture.ask({"SET", fixture.key("suppressed"), "not the right type"});
    CHECK_FALSE(read_situation(fixture.duty()));
}

TEST_CASE("situation: suppressions end, one by one") {
    Fixture fixture;
    const SuppressionRecord short_one{"fraud", "dana", kStart + 1h};
    const SuppressionRecord long_one{"fraud", "dana", kStart + 9h};
    fixture.ask(
        {"HSET", fixture.key("suppressed"), "a", to_json(short_one), "b", to_json(long_one)});
    fixture.now += 2h;
    fixture.by_three([](const Duty& duty) {
        std::string cursor;
        return expire_suppressions(duty, cursor);
    });
    CHECK(fixture.bodies("suppression_expired").size() == 1);
    CHECK(fixture.ask({"HLEN", fixture.key("suppressed")}).integer == 1);
    const auto figures = read_situation(fixture.duty());
    REQUIRE(figures);
    CHECK(figures->suppressed == 1);
    CHECK(fixture.state.situation("acme")->has_suppressions);
}

TEST_CASE("steward: an express lane is a queue of the same group") {
    Fixture fixture;
    fixture.brand->routes[0].is_express = true;
    fixture.use_brand();
    Steward steward(fixture.state, fixture.link);
    fixture.turn(steward);
    const std::string entry = fixture.add("sales:express", 10min);
    CHECK(fixture.claim("sales:express") == entry);
    fixture.ack("sales:express", entry);
    fixture.turn(steward);
    CHECK(fixture.length("sales:express") == 0);
    REQUIRE(fixture.bodies("done").size() == 1);
    CHECK(fixture.bodies("done")[0].find(R"("queue":"sales:express")") != std::string::npos);
    CHECK(fixture.ask({"ZCARD", fixture.key("due")}).integer == 0);
    CHECK(steward.figures().queues.at({"acme", "sales:express"}).removed == 1);
}

TEST_CASE("steward: a queue that the config lost drains before it goes") {
    Fixture fixture;
    Steward steward(fixture.state, fixture.link);
    fixture.turn(steward);
    const std::string entry = fixture.add("care", 10min);
    fixture.brand->queues.erase("care");
    fixture.use_brand();
    fixture.turn(steward);
    CHECK(fixture.length("care") == 1);
    CHECK(fixture.claim("care") == entry);
    fixture.ack("care", entry);
    fixture.turn(steward);
    fixture.turn(steward);
    CHECK(fixture.ask({"EXISTS", fixture.key("queue:care")}).integer == 0);
    CHECK(fixture.ask({"EXISTS", fixture.key("queue:care:about")}).integer == 0);
    CHECK(fixture.bodies("done").size() == 1);
}

TEST_CASE("steward: a queue that the config lost stays while something is held for it") {
    Fixture fixture;
    fixture.brand->switches["storm"] = {"storm", "", 5};
    fixture.use_brand();
    Steward steward(fixture.state, fixture.link);
    fixture.turn(steward);
    hold(fixture, "s1", "switch", kStart, "storm");
    fixture.ask({"HSET", fixture.key("held:s1"), "_copies", "care"});
    const SwitchRecord on{{kStart + 1h, {}}, "dana", "ice", kStart};
    fixture.ask({"HSET", fixture.key("switches"), "storm", to_json(on)});
    fixture.brand->queues.erase("sales");
    fixture.brand->queues.erase("care");
    fixture.brand->queues.erase("lead");
    fixture.use_brand();
    fixture.turn(steward);
    const auto knows = [&](const std::string& lane) {
        return fixture.ask({"SISMEMBER", fixture.key("queues"), lane}).integer == 1;
    };
    CHECK(knows("sales"));
    CHECK(knows("care"));
    CHECK_FALSE(knows("lead"));
    fixture.now += 1h;
    fixture.turn(steward);
    CHECK(fixture.length("sales") == 1);
    CHECK(fixture.length("care") == 1);
    for (const char* lane : {"sales", "care"}) fixture.ack(lane, fixture.claim(lane));
    fixture.turn(steward);
    fixture.turn(steward);
    CHECK_FALSE(knows("sales"));
    CHECK_FALSE(knows("care"));
    CHECK(fixture.bodies("done").size() == 2);
}

TEST_CASE("steward: what is released to a lane that was removed is tended") {
    Fixture fixture;
    Steward steward(fixture.state, fixture.link);
    fixture.turn(steward);
    fixture.brand->queues.erase("sales");
    fixture.use_brand();
    fixture.turn(steward);
    CHECK(fixture.ask({"EXISTS", fixture.key("queue:sales")}).integer == 0);
    // As a gateway that has the config from before leaves it.
    hold(fixture, "h1", "hours", kStart);
    fixture.turn(steward);
    REQUIRE(fixture.length("sales") == 1);
    CHECK(steward.figures().queues.at({"acme", "sales"}).depth == 1);
    fixture.ack("sales", fixture.claim("sales"));
    fixture.turn(steward);
    CHECK(fixture.bodies("done").size() == 1);
}

TEST_CASE("steward: a gateway tells of its lanes again when its config changes") {
    Fixture fixture;
    Steward steward(fixture.state, fixture.link);
    fixture.turn(steward);
    // Another gateway, whose config lost the queue, has removed it; this one still adds to it.
    fixture.ask({"SREM", fixture.key("queues"), "care"});
    const std::string entry = fixture.add("care", 10min);
    fixture.brand->queues.erase("care");
    fixture.brand->config_version = "def456";
    fixture.use_brand();
    fixture.turn(steward);
    CHECK(steward.figures().queues.at({"acme", "care"}).depth == 1);
    CHECK(fixture.claim("care") == entry);
}

TEST_CASE("steward: what a brand left that the config lost is told until it is back or done") {
    Fixture fixture;
    fixture.brand->switches["storm"] = {"storm", "", 5};
    fixture.use_brand();
    Steward steward(fixture.state, fixture.link);
    fixture.turn(steward);
    fixture.add("care", 10min);
    hold(fixture, "h1", "hours", kStart + 1h);
    hold(fixture, "s1", "switch", kStart + 1h, "storm");
    fixture.ask({"XADD", fixture.key("outcomes"), "*", "outcome", "resolved"});
    const auto told = [&] {
        const auto all = fixture.state.alarms.all();
        const auto found = all.find("brand_left.acme");
        return found == all.end() ? std::string() : found->second;
    };
    fixture.state.current.use(Config{});
    fixture.turn(steward);
    CHECK(told().find("2 held contacts, 1 entries on queues, 1 running clocks and 1 outcomes") !=
          std::string::npos);
    CHECK(fixture.length("care") == 1);
    fixture.use_brand();
    fixture.turn(steward);
    CHECK(told().empty());
    fixture.state.current.use(Config{});
    fixture.turn(steward);
    CHECK_FALSE(told().empty());
    fixture.ask({"DEL", fixture.key("delayed"), fixture.key("switched:storm"),
                 fixture.key("outcomes"), fixture.key("due"), fixture.key("queue:care")});
    fixture.turn(steward);
    CHECK(told().empty());
    CHECK(fixture.ask({"SCARD", redis::brand_key(redis::kNoBrand, "brands")}).integer == 0);
}
