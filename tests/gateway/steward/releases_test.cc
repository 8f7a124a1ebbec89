// Held entries that go to their queues, by several stewards at once, against a real Redis.
#include "gateway/steward/releases.h"

#include "gateway/intake/held.h"
#include "gateway/steward/pilots.h"
#include "gateway/steward/situation.h"
#include "gateway/steward/topics.h"
#include "tests/gateway/steward/fixture.h"
#include "tests/gateway/steward/hold.h"

using namespace tapline;
using namespace tapline::steward_test;

TEST_CASE("releases: what is due is released once by three stewards, what is not stays") {
    Fixture fixture;
    constexpr int kHeld = 120;
    for (int i = 0; i < kHeld; ++i) hold(fixture, "h" + std::to_string(i), "hours", kStart);
    hold(fixture, "later", "hours", kStart + 1h);
    fixture.by_three(release_due);
    CHECK(fixture.length("sales") == kHeld);
    CHECK(fixture.bodies("released").size() == kHeld);
    CHECK(fixture.ask({"ZCARD", fixture.key("delayed")}).integer == 1);
    fixture.now += 1h;
    fixture.by_three(release_due);
    CHECK(fixture.length("sales") == kHeld + 1);
}

TEST_CASE("releases: a late one waits while its queue is too long for it") {
    Fixture fixture;
    fixture.brand->queues["sales"].backfill_below = 1;
    const std::string entry = fixture.add("sales", 1h);
    hold(fixture, "late", "hours", kStart, "", kStart - 1min);
    hold(fixture, "in-time", "hours", kStart);
    fixture.by_three(release_due);
    CHECK(fixture.length("sales") == 2);
    CHECK(fixture.ask({"EXISTS", fixture.key("held:late")}).integer == 1);
    CHECK(fixture.state.metrics.released.value("acme", "put_off") >= 1);
    fixture.ask({"DEL", fixture.key("queue:sales")});
    fixture.by_three(release_due);
    CHECK(fixture.length("sales") == 0);
    fixture.now += kBackfillPause;
    fixture.by_three(release_due);
    CHECK(fixture.length("sales") == 1);
}

TEST_CASE("releases: a switch that is off releases in order, at one rate for all gateways") {
    Fixture fixture;
    fixture.brand->switches["storm"] = {"storm", "", 5};
    for (int i = 0; i < 20; ++i) {
        hold(fixture, "s" + std::to_string(10 + i), "switch", kStart + i * 1ms, "storm");
    }
    fixture.now += 1min;
    const SwitchRecord on{{fixture.now + 1h, {}}, "dana", "ice", kStart};
    fixture.ask({"HSET", fixture.key("switches"), "storm", to_json(on)});
    fixture.by_three(release_switched);
    CHECK(fixture.length("sales") == 0);
    fixture.ask({"DEL", fixture.key("switches")});
    for (int second = 1; second <= 4; ++second) {
        fixture.by_three(release_switched);
        CHECK(fixture.length("sales") == 5 * second);
        fixture.now += 1s;
    }
    const auto entries = fixture.entries("sales");
    REQUIRE(entries.size() == 20);
    CHECK(text_of(entries[0], "id") < "s15");
    CHECK(text_of(entries[19], "id") >= "s25");
}

TEST_CASE("releases: what a switch held that the config lost is released") {
    Fixture fixture;
    fixture.brand->switches["storm"] = {"storm", "", 5};
    REQUIRE(release_switched(fixture.duty()));
    fixture.brand->switches.clear();
    hold(fixture, "s1", "switch", kStart, "storm");
    REQUIRE(release_switched(fixture.duty()));
    CHECK(fixture.length("sales") == 1);
}

TEST_CASE("releases: one that cannot be released keeps nobody else waiting") {
    Fixture fixture;
    fixture.brand->switches["storm"] = {"storm", "", 5};
    // Each goes before the good one: no hash, no lane, a gathering without its posts, no stream.
    hold(fixture, "h1", "hours", kStart - 4ms);
    fixture.ask({"DEL", fixture.key("held:h1")});
    fixture.ask({"SET", fixture.key("held:h1"), "odd"});
    hold(fixture, "h2", "hours", kStart - 3ms);
    fixture.ask({"HSET", fixture.key("held:h2"), "_kind", ""});
    hold(fixture, "h3", "patience", kStart - 2ms);
    hold(fixture, "h4", "hours", kStart - 1ms);
    fixture.ask({"HSET", fixture.key("held:h4"), "_lane", "odd", "_group", "odd"});
    fixture.ask({"SET", fixture.key("queue:odd"), "odd"});
    hold(fixture, "h5", "hours", kStart);
    hold(fixture, "s1", "switch", kStart - 1ms, "storm");
    fixture.ask({"DEL", fixture.key("held:s1")});
    fixture.ask({"SET", fixture.key("held:s1"), "odd"});
    hold(fixture, "s2", "switch", kStart, "storm");
    REQUIRE(release_due(fixture.duty()));
    REQUIRE(release_switched(fixture.duty()));
    REQUIRE(watch_stuck(fixture.duty()));
    CHECK(fixture.length("sales") == 2);
    CHECK(fixture.ask({"ZCARD", fixture.key("delayed")}).integer == 4);
    CHECK(fixture.ask({"ZCARD", timer_key("acme", "storm")}).integer == 1);
    CHECK(fixture.state.metrics.released.value("acme", "stuck") == 5);
    CHECK(fixture.state.alarms.all().at("held_stuck.acme").starts_with("5 held contacts"));

    REQUIRE(release_due(fixture.duty()));
    CHECK(fixture.state.metrics.released.value("acme", "stuck") == 5);
    // Mended, it goes at the next try.
    fixture.ask({"DEL", fixture.key("queue:odd"), fixture.key("held:h1"), fixture.key("held:h2"),
                 fixture.key("held:h3"), fixture.key("held:s1")});
    fixture.now += kStuckPause;
    REQUIRE(release_due(fixture.duty()));
    REQUIRE(release_switched(fixture.duty()));
    REQUIRE(watch_stuck(fixture.duty()));
    CHECK(fixture.length("odd") == 1);
    CHECK(fixture.ask({"ZCARD", fixture.key("delayed")}).integer == 0);
    CHECK(fixture.ask({"ZCARD", timer_key("acme", "storm")}).integer == 0);
    CHECK_FALSE(fixture.state.alarms.all().contains("held_stuck.acme"));
}

TEST_CASE("releases: the end of a switch waits for the queue's hours and for its room") {
    Fixture fixture;
    fixture.brand->switches["storm"] = {"storm", "", 5};
    Hours hours;
    const auto today = std::chrono::floor<std::chrono::days>(kStart);
    const auto minute = std::chrono::floor<std::chrono::minutes>(kStart - today);
    hours.zone = {{Time{}, 0s}};
    for (auto& day : hours.days) day = {{minute + 60min, minute + 120min}};
    fixture.brand->hours["store"] = hours;
    fixture.brand->queues["sales"].hours = "store";
    fixture.brand->queues["sales"].backfill_below = 1;
    for (const char* ident : {"s1", "s2"}) {
        hold(fixture, ident, "switch", kStart, "storm", kStart - 1min);
    }
    REQUIRE(release_switched(fixture.duty()));
    CHECK(fixture.ask({"ZCARD", timer_key("acme", "storm")}).integer == 0);
    REQUIRE(release_due(fixture.duty()));
    CHECK(fixture.length("sales") == 0);
    fixture.now += 61min;
    REQUIRE(release_due(fixture.duty()));
    CHECK(fixture.length("sales") == 1);
    fixture.ask({"DEL", fixture.key("queue:sales")});
    fixture.now += kBackfillPause;
    REQUIRE(release_due(fixture.duty()));
    CHECK(fixture.length("sales") == 1);
    // Its time came while it was full, and now it is closed.
    hold(fixture, "h1", "hours", kStart);
    fixture.now += 2h;
    REQUIRE(release_due(fixture.duty()));
    CHECK(fixture.length("sales") == 1);
    CHECK(fixture.state.metrics.released.value("acme", "closed") == 3);
    CHECK(fixture.state.metrics.released.value("acme", "put_off") == 1);
}

TEST_CASE("releases: other hours set the release time of what they hold, and nothing else") {
    Fixture fixture;
    hold(fixture, "by-hours", "hours", kStart + 5h);
    hold(fixture, "gathering", "patience", kStart + 1min);
    const auto count = retime_held(fixture.duty());
    REQUIRE(count);
    CHECK(*count == 1);
    CHECK(number_of(fixture.ask({"ZSCORE", fixture.key("delayed"), "by-hours"}).text) ==
          to_ms(kStart));
    CHECK(number_of(fixture.ask({"ZSCORE", fixture.key("delayed"), "gathering"}).text) ==
          to_ms(kStart + 1min));
}
