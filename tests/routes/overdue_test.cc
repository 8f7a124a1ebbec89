#include "routes/overdue.h"

#include <doctest/doctest.h>

namespace tapline {

namespace {

using namespace std::chrono_literals;

constexpr Time kNine = Time(std::chrono::sys_days(std::chrono::year(2026) / 3 / 9)) + 9h;  // Monday

// Open from 08:00 to 12:00 and from 13:00 to 20:00, UTC.
Brand brand_with_lunch() {
    Brand brand;
    Hours store;
    store.zone = {{Time::min(), 0s}};
    store.days.fill({{8 * 60min, 12 * 60min}, {13 * 60min, 20 * 60min}});
    brand.hours.emplace("store", std::move(store));
    return brand;
}

Queue sales(std::vector<OverdueStep> steps, std::chrono::seconds max_age = 0s) {
    Queue queue;
    queue.name = "sales";
    queue.hours = "store";
    queue.overdue = std::move(steps);
    queue.max_age = max_age;
    return queue;
}

using Act = OverdueStep::Act;

}  // namespace

TEST_CASE("overdue: an entry without due time and age has no step") {
    CHECK(ladder(Brand{}, Queue{}, kNine, std::nullopt).empty());
    CHECK_FALSE(next_step(Brand{}, Queue{}, kNine, std::nullopt, std::nullopt).has_value());
}

TEST_CASE("overdue: the due time itself is a step") {
    CHECK(next_step(Brand{}, Queue{}, kNine, kNine + 1h, std::nullopt) == kNine + 1h);
    CHECK_FALSE(next_step(Brand{}, Queue{}, kNine, kNine + 1h, kNine + 1h).has_value());
}

TEST_CASE("overdue: what falls on one moment is one step") {
    const Queue queue =
        sales({{0.6, Act::alert, "lead"}, {1, Act::alert, "boss"}, {1, Act::move, "care"}}, 48h);
    const auto steps = ladder(brand_with_lunch(), queue, kNine, kNine + 1h);
    REQUIRE(steps.size() == 3);
    CHECK(steps[0].at == kNine + 36min);
    CHECK(steps[0].alerts == std::vector<std::string>{"lead"});
    CHECK_FALSE(steps[0].is_late);
    CHECK(steps[1].at == kNine + 1h);
    CHECK(steps[1].is_late);
    CHECK(steps[1].alerts == std::vector<std::string>{"boss"});
    CHECK(steps[1].move_to == "care");
    CHECK(steps[2].at == kNine + 48h);
    CHECK(steps[2].is_end);
}

TEST_CASE("overdue: a move to the queue where the entry is, is none") {
    const auto steps = ladder(Brand{}, sales({{0.5, Act::move, "sales"}}), kNine, kNine + 1h);
    REQUIRE(steps.size() == 1);
    CHECK(steps[0].is_late);
    CHECK(steps[0].move_to.empty());
}

TEST_CASE("overdue: shares count open time") {
    const Brand brand = brand_with_lunch();
    struct Row {
        std::string what;
        Time from;
        Time due;
        double share;
        Time expected;
    };
    const Row rows[] = {
        {"no gap", kNine, kNine + 1h, 0.5, kNine + 30min},
        {"over lunch", kNine + 2h, kNine + 5h, 0.75, kNine + 4h + 30min},
        {"before lunch", kNine + 2h, kNine + 5h, 0.25, kNine + 2h + 30min},
        {"over night", kNine + 10h, kNine + 24h, 0.75, kNine + 23h + 30min},
        {"came at night", kNine + 13h, kNine + 24h, 0.5, kNine + 23h + 30min},
        {"later than due", kNine, kNine + 1h, 1.5, kNine + 90min},
        {"later than due, over lunch", kNine + 2h, kNine + 5h, 1.5, kNine + 6h},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        const auto steps =
            ladder(brand, sales({{row.share, Act::alert, "lead"}}), row.from, row.due);
        REQUIRE(steps.size() == 2);
        const LadderStep& alert = steps[steps[0].alerts.empty() ? 1 : 0];
        CHECK((alert.at - row.expected).count() == 0);
    }
}

TEST_CASE("overdue: next_step walks the whole ladder once") {
    const Brand brand = brand_with_lunch();
    const Queue queue = sales({{0.5, Act::alert, "lead"}, {1, Act::move, "care"}}, 24h);
    std::vector<Time> seen;
    std::optional<Time> after;
    while (const auto at = next_step(brand, queue, kNine, kNine + 2h, after)) {
        seen.push_back(*at);
        after = at;
    }
    CHECK(seen == std::vector<Time>{kNine + 1h, kNine + 2h, kNine + 24h});
}

}  // namespace tapline
