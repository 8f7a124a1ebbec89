// Reported outcomes: clocks that stop, transfers, follow-ups, against a real Redis.
#include "gateway/steward/outcomes.h"

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
