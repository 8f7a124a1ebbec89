// The tests of a brand's config: its section `tests`.
//
//     tests:
//       - name: lunch is held until one
//         at: 2026-03-09 12:30
//         event: {button: ig-text, from: "+14045550199", text: "Do you have this in blue?"}
//         expect: {queue: sales, state: held, until: 2026-03-09 13:00, due: 2026-03-09 13:05}
//
// Times are in the brand's zone. docs/config-tools.md has every key. Plain values, immutable after
// loading.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "config/report.h"
#include "routes/customer_facts.h"
#include "routes/event.h"
#include "routes/hours.h"
#include "routes/situation.h"

namespace tapline {

// A made-up contact with what is known at its arrival.
struct TestContact {
    Event event;
    std::string source;  // stands in place of what the event's place tells; "" = does not
    std::string region;  // the same
    CustomerFacts customer;
    std::string arm;  // the customer is one of this arm of the pilot; "" = by `customer.key`
    Situation situation;
    Time at{};
};

// One line of `expect`, as the outcome tells it (run_tests.h).
struct Expectation {
    std::string key;   // "queue", "due", ...
    std::string text;  // of lists: sorted and joined by ", "
};

struct BrandTest {
    std::string name;
    Where where;
    TestContact contact;
    int repeat = 1;  // contacts of the same customer, a second apart
    std::vector<Expectation> expect;
};

struct BrandTests {
    std::vector<BrandTest> tests;
    ZoneOffsets zone;  // the brand's
    // Where the brand's things stand, by kind and name: ("queue", "sales").
    std::map<std::pair<std::string, std::string>, Where> places;

    Where at(const std::string& kind, const std::string& name) const {
        const auto found = places.find({kind, name});
        return found == places.end() ? Where{} : found->second;
    }
};

}  // namespace tapline
