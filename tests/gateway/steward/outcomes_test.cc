// Reported outcomes: clocks that stop, transfers, follow-ups, against a real Redis.
#include "gateway/steward/outcomes.h"

#include "gateway/steward/reported.h"
#include "tests/gateway/steward/fixture.h"

using namespace tapline;
using namespace tapline::steward_test;

namespace {

std::string journey(const std::string& queue, const std::string& public_url) {
    return "1\tfounder\t1\tinstagram\tshop\tig-dm\tspring\tref\t" + queue +
           "\tdefault\t1\t1\t\t\t\t" + public_url + "\t\t";
}

std::string journey_field(Fixture& fixture, std::size_t index) {
    const std::string packed =
        fixture.ask({"GET", redis::journey_key("acme", TrackingNumber::from_bits(42).compact())})
            .text;
    std::size_t from = 0;
    for (; index > 0; --index) from = packed.find('\t', from) + 1;
    return packed.substr(from, packed.find('\t', from) - from);
}

void set_journey(Fixture& fixture, const std::string& queue, const std::string& public_url = "") {
    fixture.ask({"SET", redis::journey_key("acme", TrackingNumber::from_bits(42).compact()),
                 journey(queue, public_url)});
}

void report(Fixture& fixture, std::vector<std::string> fields) {
    std::vector<std::string> words = {"XADD", fixture.key("outcomes"), "*", "tracking_number",
                                      kNumber};
    words.insert(words.end(), fields.begin(), fields.end());
    fixture.ask(words);
    for (int i = 0; i < 3; ++i) {
        const auto done = record_outcomes(fixture.state, fixture.link, *fixture.brand);
        CHECK_MESSAGE(done, (done ? std::string() : done.error().message));
    }
}

void add_report(Fixture& fixture, const std::string& outcome, const std::string& entry,
                const std::string& queue = "") {
    fixture.ask({"XADD", fixture.key("outcomes"), "*", "tracking_number", kNumber, "outcome",
                 outcome, "id", "e1", "entry", entry, "queue", queue});
}

std::vector<std::string> due_members(Fixture& fixture) {
    std::vector<std::string> members;
    for (const auto& one : fixture.ask({"ZRANGE", fixture.key("due"), "0", "-1"}).items) {
        members.push_back(one.text);
    }
    return members;
}

}  // namespace

TEST_CASE("outcomes: a transfer puts the journey on another queue under the same number") {
    Fixture fixture;
    set_journey(fixture, "sales");
    const std::string entry = fixture.add("sales", 10min);
    fixture.claim("sales");
    fixture.now += 1min;
    report(fixture, {"outcome", "transferred", "queue", "care", "entry", entry, "id", "e1"});
    report(fixture, {"outcome", "transferred", "queue", "care", "entry", entry, "id", "e1"});
    REQUIRE(fixture.length("care") == 1);
    const auto there = fixture.entries("care")[0];
    CHECK(text_of(there, "tracking_number") == kNumber);
    CHECK(text_of(there, "id") == "e1:to:care");
    CHECK(text_of(there, "type") == "contact.dm");
    CHECK(text_of(there, "due_at") == std::to_string(to_ms(kStart + 11min)));
    CHECK(journey_field(fixture, 8) == "care");
    CHECK(fixture.bodies("transferred").size() == 1);
    // The clock of the first entry is stopped, the other one's runs.
    CHECK(fixture.ask({"ZCARD", fixture.key("due")}).integer == 1);
    fixture.now = kStart + 11min;
    fixture.by_three([&](const Duty& duty) { return fixture.act_on(duty); });
    REQUIRE(fixture.bodies("late").size() == 1);
    CHECK(fixture.bodies("late")[0].find(R"("late_reason":"misroute")") != std::string::npos);
}

TEST_CASE("outcomes: a transfer whose entry is gone makes a slim one") {
    Fixture fixture;
    set_journey(fixture, "sales");
    report(fixture, {"outcome", "transferred", "queue", "care", "id", "e1"});
    REQUIRE(fixture.length("care") == 1);
    CHECK(text_of(fixture.entries("care")[0], "type") == "contact.transferred");
    CHECK(text_of(fixture.entries("care")[0], "profile") == "shop");
}

TEST_CASE("outcomes: a transfer to a queue that does not exist is refused") {
    Fixture fixture;
    set_journey(fixture, "sales");
    report(fixture, {"outcome", "transferred", "queue", "nobody", "id", "e1"});
    CHECK(fixture.bodies("outcome_refused").size() == 1);
    CHECK(journey_field(fixture, 8) == "sales");
    // Mended, and sent again under the same name.
    for (const char* name : {"id", "outcome_id"}) {
        CAPTURE(name);
        set_journey(fixture, "sales");
        report(fixture, {"outcome", "transferred", "queue", "nobody", name, "t1"});
        report(fixture, {"outcome", "transferred", "queue", "care", name, "t1"});
        CHECK(journey_field(fixture, 8) == "care");
    }
}

TEST_CASE("outcomes: a contact that is handed on twice is on the last queue") {
    Fixture fixture;
    set_journey(fixture, "sales");
    report(fixture, {"outcome", "transferred", "queue", "care", "id", "e1"});
    report(fixture, {"outcome", "transferred", "queue", "lead", "id", "e1"});
    CHECK(journey_field(fixture, 8) == "lead");
    CHECK(fixture.length("lead") == 1);
}

TEST_CASE("outcomes: a resolved journey that began in public gets one follow-up entry") {
    Fixture fixture;
    fixture.brand->queues["sales"].close_publicly = 24h;
    set_journey(fixture, "sales", "https://x.com/acme/status/1");
    report(fixture, {"outcome", "answered", "id", "e1"});
    CHECK(fixture.length("sales") == 0);
    report(fixture, {"outcome", "resolved", "id", "e1"});
    report(fixture, {"outcome", "sale", "id", "e2"});
    REQUIRE(fixture.length("sales") == 1);
    const auto entry = fixture.entries("sales")[0];
    CHECK(text_of(entry, "type") == "followup.close_publicly");
    CHECK(text_of(entry, "tracking_number") == kNumber);
    CHECK(text_of(entry, "due_at") == std::to_string(to_ms(kStart + 24h)));
    CHECK(text_of(entry, "data").find(R"("post_url":"https://x.com/acme/status/1")") !=
          std::string::npos);
    CHECK(fixture.bodies("followup").size() == 1);
}

TEST_CASE("outcomes: a comment without a link gets its follow-up entry, with where to answer") {
    Fixture fixture;
    fixture.brand->queues["sales"].close_publicly = 24h;
    set_journey(fixture, "sales", "- instagram_comment 17841 1799");
    report(fixture, {"outcome", "resolved", "id", "e1"});
    REQUIRE(fixture.length("sales") == 1);
    const std::string data = text_of(fixture.entries("sales")[0], "data");
    CHECK(data.find(R"("visibility":"public","post_url":"",)") != std::string::npos);
    CHECK(data.find(R"("how":"instagram_comment","account":"17841","to":"1799")") !=
          std::string::npos);
}

TEST_CASE("outcomes: a transfer takes the contact along, reported before the acknowledgement") {
    Fixture fixture;
    set_journey(fixture, "sales");
    Steward steward(fixture.state, fixture.link);
    fixture.turn(steward);
    const std::string entry = fixture.add("sales", 10min);
    fixture.claim("sales");
    add_report(fixture, "transferred", entry, "care");
    fixture.ack("sales", entry);
    fixture.turn(steward);
    REQUIRE(fixture.length("care") == 1);
    CHECK(text_of(fixture.entries("care")[0], "type") == "contact.dm");
    CHECK(text_of(fixture.entries("care")[0], "data") == Fixture::data(kStart));
    CHECK(fixture.length("sales") == 0);
    CHECK(fixture.bodies("done").size() == 1);
}

TEST_CASE("outcomes: a transfer takes the contact along, reported after the acknowledgement") {
    for (const bool by_outcome : {false, true}) {
        CAPTURE(by_outcome);
        Fixture fixture;
        fixture.brand->queues["sales"].answered_by_outcome = by_outcome;
        fixture.use_brand();
        set_journey(fixture, "sales");
        Steward steward(fixture.state, fixture.link);
        const std::string entry = fixture.add("sales", 10min);
        fixture.claim("sales");
        fixture.ack("sales", entry);
        fixture.turn(steward);
        CHECK(fixture.length("sales") == 0);
        fixture.now += 29s;
        add_report(fixture, "transferred", entry, "care");
        fixture.turn(steward);
        REQUIRE(fixture.length("care") == 1);
        CHECK(text_of(fixture.entries("care")[0], "id") == "e1:to:care");
        CHECK(text_of(fixture.entries("care")[0], "data") == Fixture::data(kStart));
        CHECK(due_members(fixture).size() == 1);
    }
}

TEST_CASE("outcomes: what acknowledged entries said is kept for a minute at most") {
    Fixture fixture;
    fixture.use_brand();
    Steward steward(fixture.state, fixture.link);
    const std::string entry = fixture.add("sales", 10min);
    fixture.claim("sales");
    fixture.ack("sales", entry);
    fixture.turn(steward);
    const std::string kept = acknowledged_key("acme", fixture.now);
    CHECK(fixture.ask({"HLEN", kept}).integer == 1);
    const auto life = fixture.ask({"PTTL", kept}).integer;
    CHECK(life > 0);
    CHECK(life <= 60'000);
    CHECK(acknowledged_key("acme", kStart) != acknowledged_key("acme", kStart + 30s));
}

TEST_CASE("outcomes: a brand with one queue keeps nothing of what is acknowledged") {
    Fixture fixture;
    fixture.brand->queues.erase("care");
    fixture.brand->queues.erase("lead");
    fixture.use_brand();
    Steward steward(fixture.state, fixture.link);
    const std::string entry = fixture.add("sales", 10min);
    fixture.claim("sales");
    fixture.ack("sales", entry);
    fixture.turn(steward);
    CHECK(fixture.bodies("done").size() == 1);
    CHECK(fixture.ask({"EXISTS", acknowledged_key("acme", fixture.now)}).integer == 0);
}

TEST_CASE("outcomes: a transferred contact is due by its channel's time on the other queue") {
    struct Row {
        std::string channel;
        std::string reply_before;
        std::string expected;
    };
    const auto after = [](Milliseconds time) { return std::to_string(to_ms(kStart + time)); };
    const Row rows[] = {{"dm", "", after(20min)},
                        {"email", "", after(4h)},
                        {"post", "", ""},
                        {"call", "", after(7min)},
                        // A tenth before the platform stops, as for a contact that comes in.
                        {"dm", after(10min), after(9min)}};
    for (const Row& row : rows) {
        CAPTURE(row.channel);
        Fixture fixture;
        Queue& care = fixture.brand->queues["care"];
        care.respond_within.reset();
        care.respond_within_by_channel[static_cast<std::size_t>(Channel::dm)] = 20min;
        care.respond_within_by_channel[static_cast<std::size_t>(Channel::email)] = 4h;
        care.respond_within_by_channel[static_cast<std::size_t>(Channel::call)] = 20s;
        care.respond_within_missed_call = 7min;
        set_journey(fixture, "sales");
        fixture.channel = row.channel;
        fixture.reply_before = row.reply_before;
        const std::string entry = fixture.add("sales", 10min);
        fixture.claim("sales");
        report(fixture, {"outcome", "transferred", "queue", "care", "entry", entry, "id", "e1"});
        REQUIRE(fixture.length("care") == 1);
        CHECK(text_of(fixture.entries("care")[0], "due_at") == row.expected);
        CHECK(due_members(fixture).size() == (row.expected.empty() ? 0 : 1));
    }
}

TEST_CASE("outcomes: a transferred entry that nobody was given leaves its queue") {
    Fixture fixture;
    set_journey(fixture, "sales");
    const std::string entry = fixture.add("sales", 10min);
    report(fixture, {"outcome", "transferred", "queue", "care", "entry", entry, "id", "e1"});
    CHECK(fixture.length("sales") == 0);
    CHECK(fixture.ask({"HGET", fixture.key("queue:sales:about"), "removed"}).text == "1");
    REQUIRE(fixture.length("care") == 1);
    REQUIRE(fixture.bodies("transferred").size() == 1);
    CHECK(fixture.bodies("transferred")[0].find(R"("queue":"sales","entry":")" + entry + '"') !=
          std::string::npos);
    REQUIRE(due_members(fixture).size() == 1);
    CHECK(due_members(fixture)[0].starts_with("care "));
}

TEST_CASE("outcomes: a transferred entry that somebody has stays with them") {
    Fixture fixture;
    set_journey(fixture, "sales");
    const std::string entry = fixture.add("sales", 10min);
    fixture.claim("sales");
    report(fixture, {"outcome", "transferred", "queue", "care", "entry", entry, "id", "e1"});
    CHECK(fixture.length("sales") == 1);
    CHECK(fixture.length("care") == 1);
    CHECK(fixture.bodies("transferred")[0].find(R"("entry":)") == std::string::npos);
}

TEST_CASE("outcomes: the clock of an entry stops although its journey is another queue's by now") {
    Fixture fixture;
    set_journey(fixture, "care");
    const std::string entry = fixture.add("sales", 10min);
    // Another contact's entry, under the same id on the other queue.
    fixture.ask({"XADD", fixture.key("queue:care"), entry, "tracking_number",
                 TrackingNumber::from_bits(43).display()});
    fixture.ask({"ZADD", fixture.key("due"), "1", "care " + entry});
    report(fixture, {"outcome", "answered", "entry", entry, "id", "e1"});
    CHECK(due_members(fixture) == std::vector<std::string>{"care " + entry});
    CHECK(fixture.bodies("outcome").size() == 1);
}

TEST_CASE("outcomes: a contact is transferred to the queue that its journey came to without it") {
    Fixture fixture;
    set_journey(fixture, "care");
    const std::string entry = fixture.add("sales", 10min);
    fixture.claim("sales");
    report(fixture, {"outcome", "transferred", "queue", "care", "entry", entry, "id", "e1"});
    report(fixture, {"outcome", "transferred", "queue", "care", "id", "e2"});
    REQUIRE(fixture.length("care") == 1);
    CHECK(text_of(fixture.entries("care")[0], "id") == "e1:to:care");
}

TEST_CASE("outcomes: an express entry is transferred from its lane") {
    Fixture fixture;
    set_journey(fixture, "sales");
    const std::string entry = fixture.add("sales:express", 10min);
    report(fixture, {"outcome", "transferred", "queue", "care", "entry", entry, "id", "e1"});
    CHECK(fixture.length("sales:express") == 0);
    REQUIRE(fixture.length("care") == 1);
    CHECK(text_of(fixture.entries("care")[0], "priority") == "normal");
}

TEST_CASE("outcomes: a queue of a wrong type concerns only its own entries") {
    Fixture fixture;
    set_journey(fixture, "sales");
    const std::string entry = fixture.add("sales", 10min);
    fixture.ask({"SET", fixture.key("queue:care"), "odd"});
    report(fixture, {"outcome", "answered", "entry", entry, "id", "e1"});
    CHECK(due_members(fixture).empty());
}
