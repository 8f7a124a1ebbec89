// Entries that wait, express lanes and copies: the scripts against a real Redis.
#include "tests/gateway/intake/waiting_fixture.h"

using namespace tapline;
using namespace tapline::waiting_test;

TEST_CASE(
    "waiting: a held entry is on no queue, and its release makes it what it would have been") {
    Fixture fixture;
    Decision decision = decision_of(Decision::State::held);
    decision.release_at = fixture.now + std::chrono::hours(1);
    decision.copy_to = {"boss"};
    CHECK(fixture.accept(post("m1", "hello"), decision).items[0].text == "ok");
    CHECK(fixture.stream("queue:sales").empty());
    CHECK(fixture.score("delayed", "m1") == "1773003600000");
    CHECK(fixture.ask({"ZCARD", "tapline:{acme}:due"}).integer == 0);
    CHECK(fixture.stream("feed").at(0)["fact"] == "held");
    CHECK(fixture.ask({"GET", redis::seen_key("acme", "m1")}).text == "mark of m1");

    CHECK(fixture.release("m1", fixture.now).end == Released::End::early);
    fixture.now += std::chrono::hours(1);
    const Released released = fixture.release("m1", fixture.now);
    CHECK(released.end == Released::End::released);
    CHECK(released.kind == "hours");
    CHECK(released.lane == "sales");
    CHECK(fixture.release("m1").end == Released::End::gone);

    const auto sales = fixture.stream("queue:sales");
    REQUIRE(sales.size() == 1);
    const auto copies = fixture.stream("queue:boss");
    REQUIRE(copies.size() == 1);
    CHECK(sales[0].at("copy_of").empty());
    CHECK(sales[0].at("due_at") == kDue);
    CHECK(copies[0].at("copy_of") == "sales");
    CHECK(copies[0].at("due_at").empty());
    CHECK(fixture.score("due", "sales " + released.entry) == kDue);
    CHECK(fixture.ask({"ZCARD", "tapline:{acme}:due"}).integer == 1);
    CHECK(fixture.stream("feed").at(1)["body"] ==
          R"({"queue":"sales","entry":")" + released.entry +
              R"(","kind":"hours","held_ms":3600000,"parts":1})");

    // The same as one that was queued at once, but for what acceptance says.
    fixture.accept(post("m2", "hello"), decision_of(Decision::State::queued));
    Entry direct = fixture.stream("queue:sales").at(1);
    Entry later = sales[0];
    for (const char* own : {"entry", "id", "accepted_at", "data"}) {
        direct.erase(own);
        later.erase(own);
    }
    CHECK(direct == later);
    CHECK(fixture.ask({"KEYS", "*:held:*"}).items.empty());
    CHECK(fixture.ask({"EXISTS", "tapline:{acme}:delayed"}).integer == 0);
}

TEST_CASE("waiting: those of one release time stand in the order of acceptance") {
    for (const std::string held_by : {"", "storm"}) {
        CAPTURE(held_by);
        Fixture fixture;
        Decision decision = decision_of(Decision::State::held);
        decision.release_at = fixture.now + std::chrono::hours(1);
        decision.held_by = held_by;
        std::vector<std::string> accepted;
        // Digits whose order is none of acceptance, as that of a hash.
        for (int i = 0; i < 40; ++i) {
            accepted.push_back(std::to_string((i * 7919) % 1009));
            fixture.accept(post(accepted.back(), "hello"), decision);
        }
        std::vector<std::string> waiting;
        for (const Reply& member :
             fixture.ask({"ZRANGE", timer_key("acme", held_by), "0", "-1"}).items) {
            waiting.emplace_back(ident_of(member.text));
        }
        CHECK(waiting == accepted);
    }
}

TEST_CASE("waiting: what a switch holds waits in the switch's own list") {
    Fixture fixture;
    Decision decision = decision_of(Decision::State::held);
    decision.held_by = "storm";
    fixture.accept(post("m1", "hello"), decision);
    CHECK(fixture.score("switched:storm", "m1") == "1773000000000");
    CHECK(fixture.ask({"EXISTS", "tapline:{acme}:delayed"}).integer == 0);
    const Released released = fixture.release("m1", {}, "storm");
    CHECK(released.end == Released::End::released);
    CHECK(released.kind == "switch");
    CHECK(fixture.ask({"EXISTS", "tapline:{acme}:switched:storm"}).integer == 0);
    CHECK(fixture.stream("queue:sales").size() == 1);
}

TEST_CASE("waiting: an express lane takes as many as its cap, the rest goes marked to the queue") {
    Fixture fixture;
    Decision decision = decision_of(Decision::State::queued);
    decision.priority = "express";
    decision.copy_to = {"boss", "care"};
    for (const char* id : {"m1", "m2", "m3"}) fixture.accept(post(id, "hello"), decision);
    const auto express = fixture.stream("queue:sales:express");
    const auto normal = fixture.stream("queue:sales");
    REQUIRE(express.size() == 2);
    REQUIRE(normal.size() == 1);
    CHECK(express[0].at("priority") == "express");
    CHECK(normal[0].at("priority") == "express_over_cap");
    CHECK(fixture.score("due", "sales:express " + express[0].at("entry")) == kDue);
    CHECK(fixture.score("due", "sales " + normal[0].at("entry")) == kDue);
    CHECK(fixture.stream("queue:boss").size() == 3);
    CHECK(fixture.stream("queue:care").at(0)["copy_of"] == "sales");
    const auto groups = fixture.ask({"XINFO", "GROUPS", "tapline:{acme}:queue:sales:express"});
    CHECK(groups.items.at(0).items.at(1).text == "sales");
    // What is released meets the same cap.
    decision.state = Decision::State::held;
    fixture.accept(post("m4", "hello"), decision);
    CHECK(fixture.release("m4").lane == "sales");
    CHECK(fixture.stream("queue:sales").at(1)["priority"] == "express_over_cap");
}

TEST_CASE("waiting: a suppressed contact is a fact and a mark, and no entry") {
    Fixture fixture;
    Decision decision = decision_of(Decision::State::suppressed);
    decision.due_at.reset();
    CHECK(fixture.accept(post("m1", "hello"), decision).items[0].text == "ok");
    CHECK(fixture.stream("feed").at(0)["fact"] == "suppressed");
    CHECK(fixture.ask({"KEYS", "*:queue:*"}).items.empty());
    CHECK(fixture.accept(post("m1", "hello"), decision).items[0].text == "seen");
}

TEST_CASE("waiting: whichever write fails, nothing stays of what was written before") {
    struct Row {
        const char* broken;
        Decision::State state;
    };
    for (const Row& row :
         {Row{"feed", Decision::State::held}, Row{"delayed", Decision::State::held},
          Row{"feed", Decision::State::queued}, Row{"due", Decision::State::queued},
          Row{"queue:care", Decision::State::queued}, Row{"pilots", Decision::State::queued},
          Row{"feed", Decision::State::gathering}}) {
        CAPTURE(row.broken);
        CAPTURE(to_string(row.state));
        Fixture fixture;
        const std::string key = redis::brand_key("acme", row.broken);
        fixture.ask({"SET", key, "not the right type"});
        Decision decision = decision_of(row.state);
        decision.copy_to = {"boss", "care"};
        decision.pilot = "trained-agents";
        CHECK(fixture.accept(post("m1", "hello"), decision).is_error());
        fixture.ask({"DEL", key});
        for (const char* pattern : {"*:seen:*", "*:journey:*", "*:customer:*", "*:held:*",
                                    "*:gather:*", "*:delayed", "*:due"}) {
            CHECK(fixture.ask({"KEYS", pattern}).items.empty());
        }
        for (const char* stream : {"queue:sales", "queue:boss", "queue:care", "feed"}) {
            CHECK(fixture.stream(stream).empty());
        }
        const Reply counted =
            fixture.ask({"HGET", "tapline:{acme}:pilots", "trained-agents control entries"});
        CHECK((counted.text.empty() || counted.text == "0"));
        CHECK(fixture.accept(post("m1", "hello"), decision).items[0].text == "ok");
        CHECK(
            fixture.ask({"HGET", "tapline:{acme}:pilots", "trained-agents control entries"}).text ==
            "1");
    }
}
