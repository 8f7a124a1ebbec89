#include "config/patience_notes.h"

#include <doctest/doctest.h>

using namespace tapline;

TEST_CASE("check: a route that takes the next messages from one with patience is noted") {
    Brand brand;
    brand.name = "acme";
    Route upper;
    upper.name = "about-a-job";
    upper.when.open_journey = std::chrono::hours(24);
    Route lower;
    lower.name = "messages";
    lower.when.channel = {Channel::dm};
    lower.patience = Patience{std::chrono::seconds(45), std::chrono::minutes(4), {}};
    const auto noted = [&] {
        brand.routes = {upper, lower};
        Config config;
        config.brands["acme"] = std::make_shared<Brand>(brand);
        return patience_notes(config);
    };
    REQUIRE(noted().size() == 1);
    CHECK(noted()[0].find("\"about-a-job\" above it") != std::string::npos);
    SUBCASE("not when it waits itself") {
        upper.patience = lower.patience;
    }
    SUBCASE("not when it sees no such messages") {
        upper.when.channel = {Channel::email};
    }
    SUBCASE("not when it must not wait") {
        upper.is_express = true;
    }
    SUBCASE("not without the open journey") {
        upper.when.open_journey.reset();
    }
    CHECK(noted().empty());
}
