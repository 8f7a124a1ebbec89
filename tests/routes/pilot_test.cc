#include "routes/pilot.h"

#include <array>
#include <cmath>
#include <map>
#include <string>

#include <doctest/doctest.h>

#include "routes/evaluate.h"
#include "tests/routes/sample_brand.h"

namespace tapline {
namespace {

constexpr int kCustomers = 100'000;

std::string customer(int number) {
    return "c" + std::to_string(number);
}

std::string arm_name(const Pilot& pilot, const std::string& who) {
    const Arm* arm = arm_of(pilot, who);
    return arm == nullptr ? std::string(kControlArm) : arm->name;
}

TEST_CASE("pilot: each arm gets its share of 100,000 customers, and control the rest") {
    struct Row {
        std::string_view what;
        std::vector<Arm> arms;
        std::map<std::string, double> shares;
    };
    const Row rows[] = {
        {"one arm", {{"a", 0.1, ""}}, {{"a", 0.1}, {"control", 0.9}}},
        {"a small one", {{"a", 0.005, ""}}, {{"a", 0.005}, {"control", 0.995}}},
        {"three arms",
         {{"a", 0.1, ""}, {"b", 0.25, ""}, {"c", 0.5, ""}},
         {{"a", 0.1}, {"b", 0.25}, {"c", 0.5}, {"control", 0.15}}},
        {"everybody", {{"a", 0.5, ""}, {"b", 0.5, ""}}, {{"a", 0.5}, {"b", 0.5}, {"control", 0}}},
        {"nobody", {}, {{"control", 1}}},
    };
    for (const Row& row : rows) {
        for (const char* name : {"trained-agents", "x"}) {
            CAPTURE(row.what);
            CAPTURE(name);
            Pilot pilot;
            pilot.name = name;
            pilot.arms = row.arms;
            std::map<std::string, int> counts;
            for (int i = 0; i < kCustomers; ++i) ++counts[arm_name(pilot, customer(i))];
            for (const auto& [arm, share] : row.shares) {
                CAPTURE(arm);
                // Five standard deviations of a fair draw: one run in two million is outside.
                const double deviation = std::sqrt(kCustomers * share * (1 - share));
                CHECK(std::abs(counts[arm] - kCustomers * share) <= 5 * deviation);
            }
        }
    }
}

TEST_CASE("pilot: who is in an arm stays there while it grows") {
    Pilot pilot;
    pilot.name = "trained";
    pilot.arms = {{"a", 0.1, ""}, {"b", 0.1, ""}};
    Pilot grown = pilot;
    grown.arms.back().share = 0.6;
    for (int i = 0; i < kCustomers; ++i) {
        const std::string before = arm_name(pilot, customer(i));
        if (before != kControlArm) REQUIRE(arm_name(grown, customer(i)) == before);
    }
}

TEST_CASE("pilot: the choice is the same on every machine, and another pilot's is independent") {
    // Pinned: a change of the hash would move every customer of a running pilot.
    CHECK(pilot_point("trained", "c1") == doctest::Approx(0.041504512235972846).epsilon(1e-12));
    CHECK(pilot_point("trained", "") == doctest::Approx(0.7200056764556414).epsilon(1e-12));
    int both = 0;
    for (int i = 0; i < kCustomers; ++i) {
        both += pilot_point("one", customer(i)) < 0.5 && pilot_point("two", customer(i)) < 0.5;
    }
    CHECK(std::abs(both - kCustomers / 4) < 700);
}

TEST_CASE("pilot: runs from its first moment to its last, unless its guard has stopped it") {
    Pilot pilot;
    pilot.name = "trained";
    const Situation open;
    Situation stopped;
    stopped.stopped_pilots = {"trained"};
    CHECK(is_running(pilot, open, day(3, 9)));
    CHECK_FALSE(is_running(pilot, stopped, day(3, 9)));
    pilot.from = day(3, 1);
    pilot.until = day(3, 10);
    CHECK_FALSE(is_running(pilot, open, day(3, 1) - Milliseconds(1)));
    CHECK(is_running(pilot, open, day(3, 1)));
    CHECK(is_running(pilot, open, day(3, 10) - Milliseconds(1)));
    CHECK_FALSE(is_running(pilot, open, day(3, 10)));
}

TEST_CASE("pilot: an arm's customers go to its queue, and the decision names pilot and arm") {
    Brand brand = sample_brand();
    add_queue(brand, "trained-desk").respond_within = std::chrono::minutes(1);
    Route& route = add_route(brand, "default", "care");
    route.pilot = Pilot{"trained", {}, day(4, 1), {{"a", 0.5, "trained-desk"}}, {}};
    brand.index();
    CustomerFacts in;
    in.key = "c0";
    CustomerFacts out;
    out.key = "c0";
    for (int i = 0; pilot_point("trained", in.key) >= 0.5; ++i) in.key = customer(i);
    for (int i = 0; pilot_point("trained", out.key) < 0.5; ++i) out.key = customer(i);

    const auto decide = [&brand](const CustomerFacts& who, const Situation& situation, Time now) {
        return evaluate(brand, {Event{}, Place{}, who}, situation, now);
    };
    const Decision treated = decide(in, {}, day(3, 9));
    CHECK(treated.queue == "trained-desk");
    CHECK(treated.pilot == "trained");
    CHECK(treated.arm == "a");
    CHECK((treated.due_at == day(3, 9) + std::chrono::minutes(1)));
    const Decision control = decide(out, {}, day(3, 9));
    CHECK(control.queue == "care");
    CHECK(control.pilot == "trained");
    CHECK(control.arm == "control");
    Situation stopped;
    stopped.stopped_pilots = {"trained"};
    for (const Decision& none : {decide(in, stopped, day(3, 9)), decide(in, {}, day(4, 1))}) {
        CHECK(none.queue == "care");
        CHECK(none.pilot.empty());
        CHECK(none.arm.empty());
    }
}

TEST_CASE("pilot: an anonymous call and what becomes of it are of one arm") {
    Brand brand = sample_brand();
    Route& route = add_route(brand, "default", "care");
    route.pilot = Pilot{"trained", {}, {}, {{"a", 0.5, "sales"}}, {}};
    brand.index();
    for (int i = 0; i < 50; ++i) {
        Event call;
        call.channel = Channel::call;
        call.event_id = "CA" + std::to_string(i);
        Event missed = call;
        missed.event_id += ".missed";
        missed.call_step = CallStep{call.event_id, CallStep::Kind::missed, {}, false};
        const auto arm = [&brand](const Event& event) {
            return evaluate(brand, {event, Place{}, {}}, {}, day(3, 9)).arm;
        };
        CHECK(arm(call) == arm(missed));
    }
}

}  // namespace
}  // namespace tapline
