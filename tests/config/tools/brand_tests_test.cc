#include <algorithm>

#include <doctest/doctest.h>

#include "adapters/time_text.h"
#include "config/calendar.h"
#include "config/tools/coverage.h"
#include "config/tools/local_time.h"
#include "config/tools/mutants.h"
#include "config/tools/run_tests.h"
#include "tests/config/support.h"

using namespace tapline;
using test::Files;

namespace {

constexpr const char* kBrand = R"(config: 1
brand: acme
owner: care@acme.example
timezone: America/New_York
profiles:
  shop: {source: instagram, connection: instagram-main, account: "1"}
lines:
  "+18005550100": {connection: acme-tel}
  "+18005550101": {connection: acme-tel}
buttons:
  ig-call: {profile: shop, channel: call, line: "+18005550100"}
  ig-text: {profile: shop, channel: text, line: "+18005550101"}
hours:
  store: {mon-fri: ["08:00-12:00", "13:00-20:00"]}
queues:
  sales:
    hours: store
    respond_within: {call: 20s, text: 5m, default: 1h}
    dial: {to: "+14045550110"}
    closed:
      call: {say: "We open at {opens_at}.", then: voicemail}
      other: {reply: "We open at {opens_at}.", then: hold}
  care: {respond_within: 30m, dial: {to: "+14045550111"}}
routes:
  - name: leaving
    when: {text: "cancel*"}
    to: care
  - name: shoppers
    when: {profile: shop, channel: [call, text]}
    to: sales
  - {name: default, to: care}
)";

LoadResult load_tests(const std::string& tests) {
    Files files = test::good_files();
    files["brands/acme.yaml"] = kBrand + ("tests:\n" + tests);
    return test::load(files);
}

// The first failure of the only test: "key: expected, got"; "" when it passes.
std::string outcome(const std::string& test) {
    const LoadResult result = load_tests(test);
    CAPTURE(test::messages(result));
    REQUIRE(result.config.has_value());
    const auto results = run_tests(*result.config);
    REQUIRE(results.size() == 1);
    if (results.front().passed()) return "";
    const TestFailure& one = results.front().failures.front();
    return one.key + ": " + one.expected + ", " + one.got;
}

std::string row(const std::string& at, const std::string& event, const std::string& expect) {
    return "  - {name: it, at: " + at + ", event: {" + event + "}, expect: {" + expect + "}}\n";
}

}  // namespace

TEST_CASE("tests: a contact is decided at its own time by the brand's clock") {
    struct Row {
        const char* at;
        const char* event;
        const char* expect;
        const char* failure;
    };
    const Row rows[] = {
        {"2026-03-09 10:00", "button: ig-text, from: \"+14045550199\", text: blue",
         "route: shoppers, queue: sales, state: queued, until: none, due: 2026-03-09 10:05, reply: "
         "false, source: instagram, profile: shop, button: ig-text, attribution: exact_line",
         ""},
        {"2026-03-09 14:00", "button: ig-text, text: please cancel", "route: leaving, queue: care",
         ""},
        {"2026-03-09 14:00", "button: ig-call, from: \"+14045550199\"",
         "queue: sales, call: ring, due: 2026-03-09 14:00:20, says: false", ""},
        {"2026-03-09 23:00", "button: ig-call", "queue: sales, call: voicemail, says: true", ""},
        {"2026-03-09 14:00", "to: \"+18005550101\", channel: text, text: hi", "button: ig-text",
         ""},
        {"2026-03-09 14:00", "channel: dm, from: fan", "route: default, until: none", ""},
        {"2026-03-09 14:00", "button: ig-text", "queue: care", "queue: care, sales"},
        {"2026-03-09 14:00", "button: ig-text", "due: none", "due: none, 2026-03-09 14:05"},
        {"2026-03-09 14:00", "button: ig-text", "reply: true", "reply: true, none"},
    };
    for (const Row& one : rows) {
        CAPTURE(one.event);
        CAPTURE(one.expect);
        CHECK(outcome(row(one.at, one.event, one.expect)) == one.failure);
    }
}

TEST_CASE("tests: a contact is due before the platform's window closes, as a real one") {
    Files files = test::good_files();
    const auto due_of = [&files](const std::string& event) {
        files["brands/acme.yaml"] =
            "config: 1\nbrand: acme\nowner: care@acme.example\ntimezone: UTC\n"
            "profiles:\n"
            "  shop: {source: instagram, connection: instagram-main, account: \"1\", handle: a}\n"
            "buttons: {ig-dm: {profile: shop, channel: dm}}\n"
            "queues: {care: {respond_within: 15d}}\n"
            "routes: [{name: default, to: care}]\n"
            "tests:\n" +
            row("2026-03-09 12:00", event, "due: none");
        const LoadResult result = test::load(files);
        REQUIRE_MESSAGE(result.config, test::messages(result));
        return run_tests(*result.config).at(0).failures.at(0).got;
    };
    const char* rows[][2] = {{"button: ig-dm, from: fan", "2026-03-10 11:55"},
                             {"profile: shop, channel: dm, from: fan", "2026-03-10 11:55"},
                             {"profile: shop, channel: post, from: fan", "2026-03-16 11:55"},
                             {"channel: email, from: a@b.example", "2026-03-24 12:00"}};
    for (const auto& one : rows) {
        CAPTURE(one[0]);
        CHECK(due_of(one[0]) == one[1]);
    }
    // As the connection says.
    std::string& gateway = files["tapline.yaml"];
    const std::size_t at = gateway.find("provider: instagram\n");
    REQUIRE(at != std::string::npos);
    gateway.insert(at, "reply_window: 7d\n    ");
    CHECK(due_of("button: ig-dm, from: fan") == "2026-03-16 11:55");
}

TEST_CASE("tests: every mistake is told with its place and the nearest name") {
    struct Row {
        const char* test;
        const char* message;
    };
    const Row rows[] = {
        {"{name: a, at: 2026-03-09 12:30, event: {button: ig-txt}, expect: {queue: care}}",
         "button \"ig-txt\" does not exist; did you mean \"ig-text\"?"},
        {"{name: a, at: 2026-03-09 12:30, event: {button: ig-text}, expect: {queue: cares}}",
         "queue \"cares\" does not exist; did you mean \"care\"?"},
        {"{name: a, at: 2026-03-09 12:30, event: {button: ig-text}, expect: {route: shopper}}",
         "route \"shopper\" does not exist; did you mean \"shoppers\"?"},
        {"{name: a, at: 2026-03-09 12:30, event: {button: ig-text}, expect: {state: hold}}",
         "did you mean \"held\"?"},
        {"{name: a, at: 2026-03-08 02:30, event: {button: ig-text}, expect: {queue: care}}",
         "the clocks skip \"2026-03-08 02:30\" in America/New_York; write another time"},
        {"{name: a, at: 2026-03-09, event: {button: ig-text}, expect: {queue: care}}",
         "write year-month-day hour:minute"},
        {"{name: a, at: 2026-03-09 12:30, event: {from: fan}, expect: {queue: care}}",
         "says neither a button nor a channel; add channel: text"},
        {"{name: a, at: 2026-03-09 12:30, event: {buton: x, channel: dm}, expect: {queue: care}}",
         "has no key \"buton\"; did you mean \"button\"?"},
        {"{name: a, event: {channel: dm}, expect: {queue: care}}", "has no \"at\""},
        {"{name: a, at: 2026-03-09 12:30, event: {channel: dm}, expect: {}}", "expects nothing"},
        {"{name: a, at: 2026-03-09 12:30, event: {channel: dm}}", "has no \"expect\""},
        {"{at: 2026-03-09 12:30, event: {channel: dm}, expect: {queue: care}}", "has no \"name\""},
        {"{name: a, at: 2026-03-09 12:30, event: {channel: dm}, switches: storm, expect: {queue: "
         "care}}",
         "switch \"storm\" does not exist"},
    };
    for (const Row& one : rows) {
        CAPTURE(one.test);
        const LoadResult result = load_tests("  - " + std::string(one.test) + "\n");
        CHECK_FALSE(result.config.has_value());
        const std::string told = test::messages(result);
        CAPTURE(told);
        CHECK(told.find(one.message) != std::string::npos);
        CHECK(told.find("brands/acme.yaml:") == 0);
    }
}

TEST_CASE("tests: two of one name are a mistake") {
    const std::string one = row("2026-03-09 14:00", "button: ig-text", "queue: sales");
    CHECK(test::messages(load_tests(one + one)).find("test \"it\" is there twice") !=
          std::string::npos);
}

TEST_CASE("coverage: a condition is covered once it was seen met and not met") {
    const LoadResult result =
        load_tests(row("2026-03-09 14:00", "button: ig-text, text: hi", "queue: sales"));
    REQUIRE(result.config.has_value());
    const Brand& brand = *result.config->brands.at("acme");
    const BrandTests& tests = *result.config->tests.at("acme");
    const auto coverage = coverage_of(brand, tests, run_tests(brand, tests));
    REQUIRE(coverage.size() == 3);
    CHECK(coverage[0].taken == 0);
    REQUIRE(coverage[0].conditions.size() == 1);
    CHECK(coverage[0].conditions[0].not_met == 1);
    CHECK_FALSE(coverage[0].conditions[0].covered());
    CHECK(coverage[1].taken == 1);
    CHECK(coverage[1].conditions.size() == 2);
    CHECK(coverage[1].where.line > 1);
    CHECK_FALSE(coverage[1].covered());
}

TEST_CASE("mutants: what no test looks at is found, and what one looks at is not") {
    const std::string tests =
        row("2026-03-09 12:30", "button: ig-call", "queue: sales, call: voicemail, says: true");
    const LoadResult result = load_tests(tests);
    REQUIRE(result.config.has_value());
    const Brand& brand = *result.config->brands.at("acme");
    const BrandTests& all = *result.config->tests.at("acme");
    std::vector<std::string> unnoticed;
    for (const Mutant& mutant : mutants_of(brand, all)) {
        CHECK(mutant.where.line > 0);
        if (survives(brand, all, mutant)) unnoticed.push_back(mutant.what);
    }
    const auto lists = [&](const char* what) {
        return std::find(unnoticed.begin(), unnoticed.end(), what) != unnoticed.end();
    };
    CHECK(lists("route \"leaving\" is gone"));
    CHECK(lists("queue \"sales\" rings no phone"));
    CHECK(lists("queue \"sales\" responds to text within 10m"));
    CHECK_FALSE(lists("route \"shoppers\" is gone"));
    CHECK_FALSE(lists("route \"shoppers\" goes to \"care\""));
    CHECK_FALSE(lists("queue \"sales\" is always open"));
    const std::string later =
        "hours \"store\" open half an hour later on Monday, Tuesday, Wednesday, Thursday and "
        "Friday, part 1";
    CHECK(lists(later.c_str()));  // it is closed at noon in any case
}

TEST_CASE("local time: is read and shown by the zone's clock") {
    const ZoneOffsets zone = zone_offsets("America/New_York");
    struct Row {
        const char* written;
        const char* shown;
    };
    const Row rows[] = {{"2026-03-09 12:30", "2026-03-09 12:30"},
                        {"2026-07-01T00:00", "2026-07-01 00:00"},
                        {"2026-11-01 01:30:05", "2026-11-01 01:30:05"},
                        {"2026-03-08 02:30", "skipped"},
                        {"2026-03-08 24:00", "bad"},
                        {"2026-02-30 12:00", "bad"},
                        {"2026-03-08", "bad"}};
    for (const Row& one : rows) {
        CAPTURE(one.written);
        const auto local = parse_local_time(one.written);
        std::string shown = "bad";
        if (local) {
            const auto time = moment_of(*local, zone);
            shown = time ? local_text(*time, zone) : "skipped";
        }
        CHECK(shown == one.shown);
    }
    // The clocks show the time twice: the first is meant, as by the hours.
    const auto twice = moment_of(*parse_local_time("2026-11-01 01:30"), zone);
    REQUIRE(twice);
    CHECK(to_rfc3339(*twice) == "2026-11-01T05:30:00.000Z");
    CHECK(date_text(std::chrono::local_days(std::chrono::year(2026) / 7 / 3)) == "2026-07-03");
    CHECK(duration_text(std::chrono::seconds(90'000)) == "1d1h");
    CHECK(duration_text(std::chrono::seconds(0)) == "0s");
}
