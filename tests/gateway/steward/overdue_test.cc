// What is done while nobody answers, by any number of stewards, against a real Redis.
#include "gateway/steward/overdue.h"

#include "tests/gateway/steward/fixture.h"

using namespace tapline;
using namespace tapline::steward_test;

namespace {

using Act = OverdueStep::Act;

void act(Fixture& fixture) {
    fixture.by_three([&](const Duty& duty) { return fixture.act_on(duty); });
}

std::size_t due_count(Fixture& fixture) {
    return static_cast<std::size_t>(fixture.ask({"ZCARD", fixture.key("due")}).integer);
}

}  // namespace

TEST_CASE("overdue: an alert is one marked copy, and the entry stays") {
    Fixture fixture;
    fixture.brand->queues["sales"].overdue = {{0.6, Act::alert, "lead"}};
    const std::string entry = fixture.add("sales", 10min);
    act(fixture);
    CHECK(fixture.length("lead") == 0);
    fixture.now += 6min;
    act(fixture);
    act(fixture);
    REQUIRE(fixture.length("lead") == 1);
    const auto copy = fixture.entries("lead")[0];
    CHECK(text_of(copy, "copy_of") == "sales");
    CHECK(text_of(copy, "due_at").empty());
    CHECK(text_of(copy, "id") == "e1");
    CHECK(text_of(copy, "tracking_number") == kNumber);
    CHECK(fixture.length("sales") == 1);
    CHECK(fixture.bodies("alerted").size() == 1);
    CHECK(fixture.bodies("late").empty());
    CHECK(number_of(fixture.ask({"ZSCORE", fixture.key("due"), "sales " + entry}).text) ==
          to_ms(kStart + 10min));
}

TEST_CASE("overdue: what nobody has claimed moves with its id and number, once") {
    Fixture fixture;
    fixture.brand->queues["sales"].overdue = {{1, Act::move, "care"}};
    fixture.add("sales", 10min);
    fixture.now += 11min;
    act(fixture);
    act(fixture);
    CHECK(fixture.length("sales") == 0);
    REQUIRE(fixture.length("care") == 1);
    const auto moved = fixture.entries("care")[0];
    CHECK(text_of(moved, "id") == "e1");
    CHECK(text_of(moved, "tracking_number") == kNumber);
    CHECK(text_of(moved, "copy_of").empty());
    CHECK(text_of(moved, "due_at") == std::to_string(to_ms(kStart + 10min)));
    // Nobody read the queue; what the customer wrote is left alone.
    CHECK(text_of(moved, "data").find(R"("promised":"","late_reason":"outage"}}})") !=
          std::string::npos);
    CHECK(text_of(moved, "data").find(R"({"late_reason":""})") != std::string::npos);
    CHECK(fixture.bodies("moved").size() == 1);
    CHECK(fixture.bodies("late").size() == 1);
    CHECK(due_count(fixture) == 0);
    CHECK(fixture.ask({"ZCARD", fixture.key("late")}).integer == 1);
    CHECK(fixture.ask({"HGET", fixture.key("queue:sales:about"), "removed"}).text == "1");
}

TEST_CASE(
    "overdue: what a consumer was given is not late by an outage, however long ago that was") {
    Fixture fixture;
    fixture.add("sales", 1s);
    fixture.claim("sales");
    // By Redis the consumer was quiet for longer than the entry is old by the fixture's clock.
    std::this_thread::sleep_for(1200ms);
    fixture.now += 1s;
    act(fixture);
    REQUIRE(fixture.bodies("late").size() == 1);
    CHECK(fixture.bodies("late")[0].find(R"("late_reason":"slipped")") != std::string::npos);
}

TEST_CASE("overdue: what is claimed stays with its owner and is late, and a copy goes") {
    Fixture fixture;
    fixture.brand->queues["sales"].overdue = {{1, Act::move, "care"}};
    const std::string entry = fixture.add("sales", 10min);
    CHECK(fixture.claim("sales") == entry);
    fixture.now += 11min;
    act(fixture);
    CHECK(fixture.length("sales") == 1);
    REQUIRE(fixture.length("care") == 1);
    CHECK(text_of(fixture.entries("care")[0], "copy_of") == "sales");
    CHECK(fixture.bodies("copied").size() == 1);
    REQUIRE(fixture.bodies("late").size() == 1);
    CHECK(fixture.bodies("late")[0].find(R"("late_reason":"slipped")") != std::string::npos);
    CHECK(due_count(fixture) == 0);
    fixture.ack("sales", entry);
    Steward steward(fixture.state, fixture.link);
    fixture.use_brand();
    fixture.turn(steward);
    CHECK(fixture.ask({"ZCARD", fixture.key("late")}).integer == 0);
}

TEST_CASE("overdue: what is acknowledged is not late, although it is not removed yet") {
    Fixture fixture;
    const std::string entry = fixture.add("sales", 10min);
    fixture.claim("sales");
    fixture.ack("sales", entry);
    fixture.now += 11min;
    act(fixture);
    CHECK(fixture.bodies("late").empty());
    CHECK(due_count(fixture) == 0);
}

TEST_CASE("overdue: late entries of a moved one say misroute") {
    Fixture fixture;
    fixture.brand->queues["sales"].overdue = {{0.5, Act::move, "care"}};
    fixture.add("sales", 10min);
    fixture.now += 5min;
    act(fixture);
    CHECK(fixture.length("care") == 1);
    CHECK(fixture.bodies("late").empty());
    fixture.now += 5min;
    act(fixture);
    REQUIRE(fixture.bodies("late").size() == 1);
    CHECK(fixture.bodies("late")[0].find(R"("queue":"care")") != std::string::npos);
    CHECK(fixture.bodies("late")[0].find(R"("late_reason":"misroute")") != std::string::npos);
}

TEST_CASE("overdue: an entry older than max_age expires unless somebody has it") {
    Fixture fixture;
    fixture.brand->queues["sales"].max_age = 1h;
    const std::string first = fixture.add("sales", 10min, "e1");
    fixture.add("sales", 10min, "e2");
    CHECK(fixture.claim("sales") == first);
    fixture.now += 2h;
    act(fixture);
    CHECK(fixture.bodies("late").size() == 2);
    CHECK(fixture.bodies("expired").size() == 1);
    REQUIRE(fixture.length("sales") == 1);
    CHECK(text_of(fixture.entries("sales")[0], "id") == "e1");
    CHECK(due_count(fixture) == 0);
    CHECK(fixture.state.metrics.overdue.value("acme", "expired") == 1);
}

TEST_CASE("overdue: what is claimed outlives max_age, and its later steps are done") {
    Fixture fixture;
    Queue& sales = fixture.brand->queues["sales"];
    sales.max_age = 5min;
    sales.overdue = {{1, Act::move, "care"}};
    fixture.use_brand();
    const std::string entry = fixture.add("sales", 10min);
    CHECK(fixture.claim("sales") == entry);
    fixture.now += 6min;
    act(fixture);
    CHECK(fixture.length("sales") == 1);
    CHECK(fixture.bodies("expired").empty());
    CHECK(due_count(fixture) == 1);
    fixture.now += 5min;
    act(fixture);
    CHECK(fixture.length("sales") == 1);
    CHECK(fixture.bodies("late").size() == 1);
    REQUIRE(fixture.length("care") == 1);
    CHECK(text_of(fixture.entries("care")[0], "copy_of") == "sales");
    // The mark stays until its owner has answered.
    for (int i = 0; i < 3; ++i) fixture.by_three(sweep_late);
    CHECK(fixture.ask({"ZCARD", fixture.key("late")}).integer == 1);
    fixture.ack("sales", entry);
    Steward steward(fixture.state, fixture.link);
    fixture.turn(steward);
    CHECK(fixture.ask({"ZCARD", fixture.key("late")}).integer == 0);
    CHECK(fixture.ask({"HLEN", fixture.key("late_reason")}).integer == 0);
}

TEST_CASE("overdue: entries that cannot be helped do not stop later ones") {
    Fixture fixture;
    fixture.brand->queues["sales"].overdue = {{0.5, Act::alert, "lead"}};
    for (int i = 0; i < 250; ++i) fixture.add("sales", 10min, "e" + std::to_string(i));
    fixture.ask({"SET", fixture.key("queue:lead"), "odd"});
    fixture.now += 1s;
    fixture.add("care", 5min);
    fixture.now += 6min;
    std::size_t passed = 0;
    for (int i = 0; i < 20 && fixture.bodies("late").empty(); ++i) {
        CHECK_FALSE(act_overdue(fixture.duty(), fixture.finished, passed));
    }
    CHECK(fixture.bodies("late").size() == 1);
    fixture.ask({"DEL", fixture.key("queue:lead")});
    for (int i = 0; i < 20 && fixture.length("lead") < 250; ++i) {
        CHECK(act_overdue(fixture.duty(), fixture.finished, passed));
    }
    CHECK(fixture.length("lead") == 250);
    CHECK(passed == 0);
}

TEST_CASE("overdue: with answered_by outcome an acknowledgement does not stop the clock") {
    Fixture fixture;
    fixture.brand->queues["sales"].answered_by_outcome = true;
    fixture.brand->queues["sales"].overdue = {{1, Act::move, "care"}};
    fixture.use_brand();
    const std::string entry = fixture.add("sales", 10min);
    fixture.claim("sales");
    fixture.ack("sales", entry);
    Steward steward(fixture.state, fixture.link);
    fixture.turn(steward);
    CHECK(fixture.length("sales") == 0);
    CHECK(due_count(fixture) == 1);
    fixture.now += 11min;
    act(fixture);
    CHECK(fixture.bodies("late").size() == 1);
    CHECK(fixture.bodies("copied").size() == 1);
    CHECK(fixture.length("care") == 1);
    CHECK(due_count(fixture) == 0);
    CHECK(fixture.ask({"HLEN", fixture.key("unanswered")}).integer == 0);
}

TEST_CASE("overdue: late contacts count against their pilot's arm") {
    Fixture fixture;
    Pilot pilot;
    pilot.name = "trained";
    pilot.arms = {{"new", 0.5, "care"}};
    fixture.brand->routes[0].pilot = pilot;
    fixture.add("sales", 10min, "e1", "new");
    fixture.now += 10min;
    act(fixture);
    CHECK(fixture.ask({"HGET", fixture.key("pilots"), "trained new late"}).text == "1");
}

TEST_CASE("overdue: the steps of many entries are done once each by three stewards") {
    Fixture fixture;
    fixture.brand->queues["sales"].overdue = {{0.5, Act::alert, "lead"}, {1, Act::move, "care"}};
    constexpr int kEntries = 250;
    for (int i = 0; i < kEntries; ++i) fixture.add("sales", 10min, "e" + std::to_string(i));
    fixture.now += 5min;
    act(fixture);
    act(fixture);
    CHECK(fixture.length("lead") == kEntries);
    fixture.now += 5min;
    for (int i = 0; i < 5 && due_count(fixture) > 0; ++i) act(fixture);
    CHECK(fixture.length("sales") == 0);
    CHECK(fixture.length("care") == kEntries);
    CHECK(fixture.length("lead") == kEntries);
    CHECK(fixture.bodies("late").size() == kEntries);
}

TEST_CASE("overdue: a step that the config does not have any more is passed over") {
    Fixture fixture;
    fixture.brand->queues["sales"].overdue = {{0.5, Act::alert, "lead"}};
    fixture.add("sales", 10min);
    fixture.brand->queues["sales"].overdue.clear();
    fixture.now += 5min;
    act(fixture);
    CHECK(fixture.bodies("alerted").empty());
    fixture.now += 5min;
    act(fixture);
    CHECK(fixture.bodies("late").size() == 1);
}

TEST_CASE("overdue: of an entry that telephony took back nothing is kept") {
    Fixture fixture;
    const std::string gone = fixture.add("sales", 10min, "e1");
    fixture.add("sales", 10min, "e2");
    fixture.now += 10min;
    act(fixture);
    CHECK(fixture.ask({"ZCARD", fixture.key("late")}).integer == 2);
    fixture.ask({"XDEL", fixture.key("queue:sales"), gone});
    fixture.by_three(sweep_late);
    CHECK(fixture.ask({"ZCARD", fixture.key("late")}).integer == 1);
    CHECK(fixture.ask({"HLEN", fixture.key("late_reason")}).integer == 1);
}

TEST_CASE("overdue: a late contact has one reason") {
    const LateCase plain{kStart, kStart, kStart + 10min, true, 1, 0};
    struct Row {
        std::string what;
        LateReason expected;
        void (*change)(LateCase&);
    };
    const Row rows[] = {
        {"nobody took it", LateReason::slipped, [](LateCase&) {}},
        {"accepted late", LateReason::outage, [](LateCase& late) { late.occurred_at -= 6min; }},
        {"accepted a little late", LateReason::slipped,
         [](LateCase& late) { late.occurred_at -= 4min; }},
        {"nobody read", LateReason::outage, [](LateCase& late) { late.was_read = false; }},
        {"a long queue", LateReason::volume, [](LateCase& late) { late.waiting = 40; }},
        {"a long queue that moves", LateReason::slipped,
         [](LateCase& late) {
             late.waiting = 40;
             late.finished = 60;
         }},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        LateCase late = plain;
        row.change(late);
        CHECK(to_string(late_reason(late)) == to_string(row.expected));
    }
}

TEST_CASE("overdue: what a lane has finished is counted since a moment") {
    Finished finished;
    for (int i = 0; i <= 10; ++i) finished.note("sales", kStart + i * 1min, 10 * i);
    CHECK(finished.since("sales", kStart + 5min) == 50);
    CHECK(finished.since("sales", kStart - 5min) == 100);
    CHECK(finished.since("care", kStart) == 0);
    finished.note("sales", kStart + 11min, 0);
    CHECK(finished.since("sales", kStart) == 0);
}
