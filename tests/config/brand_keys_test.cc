// What the keys of a brand become, beside tests/config/good_configs_test.cc.
#include <chrono>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/config/support.h"

namespace tapline {
namespace {

TEST_CASE("queues and routes: every key becomes what it means") {
    test::Files files = test::good_files();
    files["brands/acme.yaml"] = R"(
config: 1
brand: acme
owner: ops@acme.example
timezone: America/New_York
currency: USD
hours: {store: {mon-fri: "08:00-18:00"}}
switches: {ice-storm: {about: "No sales talk", release_per_second: 3}, flood: {}}
topics:
  outage: {text: [outage, "no service"], customers: 25, within: 2h, to: duty, clear_below: 10}
  strike: {text: strike, within: 1h, steps: [{customers: 5, to: care}, {customers: 50, to: duty}], clear_below: 2}
costs: {call: 6.00, dm: 3.5}
sheet: {mission: "We answer.", standards: [kind, fast], priorities: Safety, emergency: "Ext. 999", in_charge: Dana}
queues:
  care:
    hours: store
    respond_within: {dm: 5m, default: 30m}
    closed:
      email: {queue: duty}
      chat: {then: {queue: duty}}
      other: {reply: "We open at {opens_at}.", then: hold}
    overdue: [{at: 60%, alert: duty}, {at: 100%, move: duty}]
    express: {cap: 7}
    max_age: 7d
    backfill_below: 20
    answered_by: outcome
    close_publicly: 24h
    in_charge: "Suzie, down the hall"
  copy: {like: again, in_charge: Dana}
  again: {like: care, overdue: [], express: {cap: 8}}
  duty: {like: care, hours: always, overdue: [], respond_within: 10m}
routes:
  - name: storm
    when: {channel: dm, not: {switch: [ice-storm, flood]}}
    to: copy
    copy_to: [duty, again]
    priority: express
    closed: {dm: {then: hold}}
    reply: "{brand} answers within {respond_within}: {tracking_number}"
    pilot:
      name: trained
      from: 2026-03-01
      until: 2026-03-31
      arms: {b: {share: 10%, to: again}, a: {share: 0.5%, to: care}}
      stop_if: {overdue: "> 5%", after: 200}
  - {name: posts, when: {channel: post}, to: owner, patience: {quiet: 45s, at_most: 4m, skip: [legal*, injur*]}}
  - {name: default, to: care}
)";
    const LoadResult result = test::load(files);
    CHECK(test::messages(result) == "");
    REQUIRE(result.config);
    const Brand& brand = *result.config->brands.at("acme");

    const Queue& care = brand.queues.at("care");
    CHECK(care.closed.of(Channel::email)->queue == "duty");
    CHECK(care.closed.of(Channel::chat)->queue == "duty");
    CHECK(care.closed.of(Channel::dm)->queue.empty());
    CHECK(care.closed.of(Channel::dm)->reply == "We open at {opens_at}.");
    REQUIRE(care.overdue.size() == 2);
    CHECK(care.overdue[0].at == doctest::Approx(0.6));
    CHECK((care.overdue[1].act == OverdueStep::Act::move));
    CHECK(care.express_cap == 7);
    CHECK(care.max_age == std::chrono::hours(168));
    CHECK(care.backfill_below == 20);
    CHECK(care.answered_by_outcome);
    CHECK(care.close_publicly == std::chrono::hours(24));

    const Queue& copy = brand.queues.at("copy");
    CHECK(copy.in_charge == "Dana");
    CHECK(copy.express_cap == 8);
    CHECK(copy.overdue.empty());
    CHECK(copy.hours == "store");
    CHECK(copy.respond_within == std::chrono::minutes(30));
    CHECK(copy.answered_by_outcome);
    CHECK(brand.queues.at("duty").hours.empty());
    CHECK_FALSE(brand.queues.at("duty").respond_within_by_channel.at(std::size_t(Channel::dm)));

    const Route& storm = brand.routes[0];
    CHECK(storm.copy_to == std::vector<std::string>{"duty", "again"});
    CHECK(storm.is_express);
    CHECK(storm.closed.of(Channel::dm) != nullptr);
    CHECK(storm.closed.of(Channel::email) == nullptr);
    REQUIRE(storm.pilot);
    CHECK((*storm.pilot->until - *storm.pilot->from > std::chrono::hours(24 * 30)));
    REQUIRE(storm.pilot->arms.size() == 2);
    CHECK(storm.pilot->arms[0].name == "b");
    CHECK(storm.pilot->arms[1].share == doctest::Approx(0.005));
    CHECK(storm.pilot->stop_if->overdue == doctest::Approx(0.05));
    CHECK(storm.pilot->stop_if->after == 200);
    const Route& posts = brand.routes[1];
    CHECK(posts.to_owner);
    CHECK(posts.to == "care");
    REQUIRE(posts.patience);
    CHECK(posts.patience->at_most == std::chrono::minutes(4));
    CHECK(posts.patience->skip.size() == 2);

    CHECK(brand.switches.at("ice-storm").release_per_second == 3);
    CHECK(brand.switches.at("flood").release_per_second == 10);
    CHECK(brand.topics.at("outage").steps.front().to == "duty");
    CHECK(brand.topics.at("strike").steps.back().customers == 50);
    CHECK(brand.topics.at("strike").clear_below == 2);
    CHECK(brand.costs.at(std::size_t(Channel::call)) == doctest::Approx(6));
    CHECK_FALSE(brand.costs.at(std::size_t(Channel::email)));
    CHECK(brand.sheet.standards == std::vector<std::string>{"kind", "fast"});
    CHECK(brand.sheet.priorities == std::vector<std::string>{"Safety"});
}

}  // namespace
}  // namespace tapline
