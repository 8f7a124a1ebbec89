#include "config/notes/patience.h"

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

TEST_CASE("check: a route that may gather for longer than it has time is noted") {
    Brand brand;
    brand.name = "acme";
    brand.queues["chat"].name = "chat";
    brand.queues["chat"].respond_within = std::chrono::minutes(2);
    Route route;
    route.name = "messages";
    route.to = "chat";
    route.when.channel = {Channel::dm};
    route.patience = Patience{std::chrono::seconds(45), std::chrono::minutes(4), {}};
    const auto noted = [&] {
        brand.routes = {route};
        Config config;
        config.brands["acme"] = std::make_shared<Brand>(brand);
        return patience_notes(config);
    };
    REQUIRE(noted().size() == 1);
    CHECK(noted()[0].find("for up to 4m, and contacts of it are due within 2m") !=
          std::string::npos);
    route.respond_within = std::chrono::minutes(5);
    CHECK(noted().empty());
}
