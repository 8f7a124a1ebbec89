#include <algorithm>

#include <doctest/doctest.h>

#include "config/tools/brand_diff.h"
#include "config/tools/replay.h"
#include "config/tools/schema.h"
#include "config/tools/sheet.h"
#include "config/tools/upgrade.h"
#include "tests/config/support.h"

using namespace tapline;
using test::Files;

namespace {

constexpr const char* kHead = R"(config: 1
brand: acme
owner: care@acme.example
currency: USD
costs: {call: 6.00, text: 3.50}
sheet: {mission: "We <care> & answer *all*.", priorities: [Safety, Buyers]}
)";
constexpr const char* kQueues = R"(queues:
  sales: {respond_within: 5m, in_charge: "Dana | desk"}
  care: {respond_within: 30m, dial: {to: "+14045550111"}}
)";
constexpr const char* kRoutes = R"(routes:
  - {name: leaving, when: {text: "cancel*"}, to: care}
  - {name: texts, when: {channel: text}, to: sales}
  - {name: mails, when: {channel: email}, to: sales}
  - {name: default, to: care}
)";

std::shared_ptr<const Brand> brand_of(const std::string& text) {
    Files files = test::good_files();
    files["brands/acme.yaml"] = text;
    const LoadResult result = test::load(files);
    CAPTURE(test::messages(result));
    REQUIRE(result.config.has_value());
    return result.config->brands.at("acme");
}

std::shared_ptr<const Brand> usual() {
    return brand_of(std::string(kHead) + kQueues + kRoutes);
}

std::vector<std::string> diff_to(const std::string& queues, const std::string& routes) {
    std::vector<std::string> texts;
    for (const Difference& one : differences(*usual(), *brand_of(kHead + queues + routes))) {
        texts.push_back(to_string(one));
    }
    return texts;
}

PastContact text_contact(const char* route) {
    PastContact contact;
    contact.event.channel = Channel::text;
    contact.route = route;
    return contact;
}

}  // namespace

TEST_CASE("diff: tells what it means, and nothing of how it is written") {
    CHECK(diff_to(kQueues, kRoutes).empty());
    CHECK(diff_to(std::string("# a comment\n") + kQueues, kRoutes).empty());
    const std::vector<std::string> moved = diff_to(kQueues, R"(routes:
  - {name: texts, when: {channel: [text, dm]}, to: sales}
  - {name: mails, when: {channel: email}, to: care}
  - {name: leaving, when: {text: "cancel*"}, to: care}
  - {name: posts, when: {channel: post}, to: care}
  - {name: default, to: care}
)");
    const std::vector<std::string> expected = {
        "route \"posts\" is new",
        "route \"mails\": to: sales -> care",
        "route \"texts\": when.channel: text -> text or dm",
        "route \"leaving\" moved: first -> after \"mails\"",
    };
    CHECK(moved.size() == expected.size());
    for (const std::string& one : expected) {
        CAPTURE(one);
        CHECK(std::find(moved.begin(), moved.end(), one) != moved.end());
    }
    const auto times = diff_to(
        "queues: {sales: {respond_within: {text: 10m, default: 5m}, in_charge: \"Dana | desk\"}, "
        "care: {respond_within: 30m, dial: {to: \"+14045550111\"}}}\n",
        kRoutes);
    REQUIRE(times.size() == 1);
    CHECK(times[0] == "queue \"sales\": respond_within: 5m -> text 10m, otherwise 5m");
}

TEST_CASE("replay: what the route of then does not tell is counted as open") {
    const auto before = usual();
    const auto after = brand_of(std::string(kHead) + kQueues + R"(routes:
  - {name: leaving, when: {text: "cancel*"}, to: sales}
  - {name: texts, when: {channel: text}, to: care}
  - {name: default, to: care}
)");
    const auto moves = replay(*before, *after, {text_contact("leaving"), text_contact("texts")});
    CHECK(moves.contacts == 2);
    CHECK(moves.cannot_tell == 0);
    CHECK(moves.moves.at({"care", "sales"}) == 1);
    CHECK(moves.moves.at({"sales", "care"}) == 1);
    CHECK(moves.due_sooner == 1);
    CHECK(moves.due_later == 1);
    CHECK(moves.cost_before == doctest::Approx(7));
    const auto words = brand_of(std::string(kHead) + kQueues + R"(routes:
  - {name: leaving, when: {text: ["cancel*", "refund"]}, to: care}
  - {name: texts, when: {channel: text}, to: sales}
  - {name: default, to: care}
)");
    CHECK(replay(*before, *words, {text_contact("texts")}).cannot_tell == 1);
    CHECK(replay(*before, *before, {text_contact("texts")}).moved() == 0);
    CHECK(replay(*before, *before, {text_contact("gone")}).cannot_tell == 1);
}

TEST_CASE("sheet: shows what is written as it is written") {
    const auto brand = usual();
    const auto blocks = sheet_of(*brand, {});
    const std::string markdown = sheet_markdown(*brand, blocks);
    CAPTURE(markdown);
    CHECK(markdown.find("We \\<care\\> & answer \\*all\\*.") != std::string::npos);
    CHECK(markdown.find("| sales | 5m | always | Dana \\| desk |") != std::string::npos);
    CHECK(markdown.find("1. Safety\n2. Buyers\n") != std::string::npos);
    const std::string html = sheet_html(*brand, blocks);
    CHECK(html.find("We &lt;care&gt; &amp; answer *all*.") != std::string::npos);
    CHECK(html.find("<script") == std::string::npos);
    CHECK(html.find("http") == std::string::npos);
    CHECK(html.find("@media print") != std::string::npos);
}

TEST_CASE("sheet: lists the special days that come, and none that are over") {
    Brand brand = *usual();
    using namespace std::chrono_literals;
    const auto day = [](int month, int of_month) {
        return std::chrono::local_days(std::chrono::year(2026) / month / of_month);
    };
    Hours& hours = brand.hours["store"];
    hours.special[day(1, 1)] = {{}, "New Year"};
    hours.special[day(7, 3)] = {{{9h, 14h}, {15h, 16h}}, ""};
    hours.special[day(12, 25)] = {{}, "Christmas"};
    const std::string text = sheet_markdown(brand, sheet_of(brand, day(7, 3)));
    CAPTURE(text);
    CHECK(text.find("| 2026-07-03 |  | store | 09:00-14:00 and 15:00-16:00 |\n"
                    "| 2026-12-25 | Christmas | store | closed |\n") != std::string::npos);
    CHECK(text.find("New Year") == std::string::npos);
}

TEST_CASE("schema: every key has a description, and every kind of map is there") {
    for (const auto& keys : {brand_schema_keys(), gateway_schema_keys()}) {
        for (const SchemaKey& key : keys) {
            CAPTURE(key.object);
            CAPTURE(key.key);
            CHECK(key.about.size() > 3);
            CHECK(key.about.back() == '.');
            for (std::size_t at = key.type.find('@'); at != std::string_view::npos;
                 at = key.type.find('@', at + 1)) {
                const std::string_view rest = key.type.substr(at + 1);
                const std::string_view name = rest.substr(0, rest.find_first_of(" ]}"));
                CAPTURE(name);
                CHECK(std::any_of(keys.begin(), keys.end(),
                                  [&](const SchemaKey& one) { return one.object == name; }));
            }
        }
    }
}

TEST_CASE("fmt: deprecated names are rewritten where they stand, and comments stay") {
    const std::string before =
        "profiles:\n"
        "  a: {source: twitter, handle: twitter}  # twitter, that was\n"
        "  b: {source: \"twitter\"}\n"
        "routes:\n"
        "  - when: {source: [instagram, twitter], attribution: {source: twitter}}\n";
    const std::string after =
        "profiles:\n"
        "  a: {source: x, handle: twitter}  # twitter, that was\n"
        "  b: {source: \"x\"}\n"
        "routes:\n"
        "  - when: {source: [instagram, x], attribution: {source: twitter}}\n";
    CHECK(upgraded_config("a.yaml", before) == after);
    CHECK(upgraded_config("a.yaml", after) == after);
    CHECK(upgraded_config("a.yaml", "a: [") == "a: [");
    CHECK(tidied_config("a.yaml", "a: b  \r\n# c \n\n\n") == "a: b\n# c\n");
    CHECK(tidied_config("a.yaml", "a: \"b  \n  c\"") == "a: \"b\n  c\"\n");
    const std::string block = "a: |\n  b  \n  c\n";
    CHECK(tidied_config("a.yaml", block) == block);
}

TEST_CASE("fmt: a deprecated name loads, with a warning that names the mend") {
    Files files = test::good_files();
    files["brands/acme.yaml"] =
        "config: 1\nbrand: acme\nowner: o@acme.example\nprofiles: {bird: {source: twitter, handle: "
        "acme}}\nqueues: {care: {}}\nroutes: [{name: default, to: care}]\n";
    const LoadResult result = test::load(files);
    REQUIRE(result.config.has_value());
    CHECK(test::messages(result).find("warning: source \"twitter\" is called \"x\" now; \"tapline "
                                      "fmt --upgrade\" rewrites it") != std::string::npos);
}
