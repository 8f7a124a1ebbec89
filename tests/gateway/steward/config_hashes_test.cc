// Gateways of one Redis that decide by different configs.
#include "gateway/steward/config_hashes.h"

#include <doctest/doctest.h>

#include "tests/gateway/redis/real_redis.h"

namespace tapline {
namespace {

using redis::RealRedis;

struct OneGateway {
    OneGateway(const RealRedis& server, Time& now, std::string name)
        : link(server.unix_endpoint(), redis::LinkOptions{}), hashes(std::move(name)) {
        const Keys keys{std::string(32, 't'), std::string(32, 'p')};
        state.acceptor = std::make_shared<const Acceptor>(AcceptorParts{
            &link, &state.metrics, keys, [&now] { return now; }, system_random(), &state.heard});
        link.start();
        REQUIRE(redis::eventually([this] { return link.stats().connected; }));
    }
    void use(std::size_t quarantine_entries) {
        Config config;
        config.limits.quarantine_entries = quarantine_entries;
        state.current.use(std::move(config));
    }
    std::string alarm() const {
        const auto all = state.alarms.all();
        const auto found = all.find(std::string(kDiffersAlarm));
        return found == all.end() ? "" : found->second;
    }
    GatewayState state;
    redis::Link link;
    ConfigHashes hashes;
};

TEST_CASE("config hash: a difference that stands for more than 30 s is an alarm of both") {
    const RealRedis server;
    Time now = from_ms(1'773'066'600'000);
    OneGateway one(server, now, "one");
    OneGateway two(server, now, "two");
    one.use(1);
    two.use(1);
    const auto turns = [&](int seconds) {
        for (int i = 0; i < seconds; ++i) {
            now += std::chrono::seconds(1);
            REQUIRE(one.hashes.watch(one.state, one.link));
            REQUIRE(two.hashes.watch(two.state, two.link));
        }
    };
    turns(40);
    CHECK(one.alarm() == "");
    two.use(2);
    turns(31);
    CHECK(one.alarm() == "");
    turns(2);
    for (const OneGateway* gateway : {&one, &two}) {
        CHECK(gateway->alarm().find(one.state.settings()->hash) != std::string::npos);
        CHECK(gateway->alarm().find(two.state.settings()->hash) != std::string::npos);
    }
    one.use(2);
    turns(1);
    turns(1);
    CHECK(one.alarm() == "");
    CHECK(two.alarm() == "");
}

TEST_CASE("config hash: a gateway that ended or fell silent does not count") {
    const RealRedis server;
    Time now = from_ms(1'773'066'600'000);
    OneGateway one(server, now, "one");
    OneGateway two(server, now, "two");
    two.use(2);
    REQUIRE(two.hashes.watch(two.state, two.link));
    for (int i = 0; i < 62; ++i) {
        now += std::chrono::seconds(1);
        REQUIRE(one.hashes.watch(one.state, one.link));
        CHECK(one.alarm() == "");
    }
    CHECK(server.ask({"HLEN", "tapline:{_}:gateways"})->integer == 1);
    one.hashes.leave(one.link);
    CHECK(server.ask({"HLEN", "tapline:{_}:gateways"})->integer == 0);
    REQUIRE(server.ask({"HSET", "tapline:{_}:gateways", "x", "not ours", "y", "{\"at\":\"\"}"}));
    REQUIRE(one.hashes.watch(one.state, one.link));
    CHECK(server.ask({"HLEN", "tapline:{_}:gateways"})->integer == 1);
}

}  // namespace
}  // namespace tapline
