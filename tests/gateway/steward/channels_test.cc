// What the stewards of all gateways keep of channels, in a real Redis and by a clock of the test.
#include "gateway/steward/channels.h"

#include <algorithm>
#include <future>
#include <thread>

#include <doctest/doctest.h>

#include "gateway/redis/keys.h"
#include "gateway/steward/steward.h"
#include "tests/gateway/redis/real_redis.h"

using namespace tapline;
using std::chrono::hours;
using tapline::redis::RealRedis;

namespace {

const Time kStart = from_ms(1'772'409'600'000);
const std::string kNone(redis::kNoBrand);

Connection connection(std::string name, std::string provider, std::string brand) {
    Connection made;
    made.name = std::move(name);
    made.provider = std::move(provider);
    made.secrets = {"s"};
    made.brand = std::move(brand);
    return made;
}

std::shared_ptr<const Config> sample_config() {
    auto brand = std::make_shared<Brand>();
    brand->name = "acme";
    brand->profiles["shop"] = {"shop", "instagram", "meta-main", "178", ""};
    brand->profiles["acme-x"] = {"acme-x", "x", "x-main", "11", ""};
    Button button;
    button.name = "ig-dm";
    button.profile = "shop";
    brand->buttons["ig-dm"] = button;
    brand->queues["sales"].name = "sales";
    Route route;
    route.name = "default";
    route.to = "sales";
    brand->routes = {route};
    brand->index();
    Config config;
    config.brands["acme"] = brand;
    config.connections["meta-main"] = connection("meta-main", "instagram", "");
    config.connections["x-main"] = connection("x-main", "x", "acme");
    return std::make_shared<const Config>(std::move(config));
}

// One gateway on a Redis that several may share.
struct OneGateway {
    explicit OneGateway(const RealRedis& server, Time& now)
        : link(server.unix_endpoint(), redis::LinkOptions{}) {
        state.current.use(*sample_config());
        const Keys keys{std::string(32, 't'), std::string(32, 'p')};
        state.acceptor = std::make_shared<const Acceptor>(AcceptorParts{
            &link, &state.metrics, keys, [&now] { return now; }, system_random(), &state.heard});
        link.start();
        REQUIRE(redis::eventually([this] { return link.stats().connected; }));
    }
    HeardTable keep() {
        auto table = keep_heard(state, link);
        REQUIRE(table);
        return *table;
    }
    GatewayState state;
    redis::Link link;
};

const ChannelRow& row_of(const std::vector<ChannelRow>& rows, const std::string& kind,
                         const std::string& name) {
    for (const ChannelRow& row : rows) {
        if (row.kind == kind && row.name == name) return row;
    }
    FAIL("no row of " << kind << " " << name);
    return rows.front();
}

}  // namespace

TEST_CASE("channels: what is noted stands in one record that all gateways share") {
    const RealRedis server;
    Time now = kStart;
    OneGateway one(server, now);
    OneGateway other(server, now);
    one.state.heard.note("acme", HeardKind::button, "ig-dm", now);
    one.keep();
    now += hours(2);
    other.state.heard.note("acme", HeardKind::button, "ig-dm", now);
    other.keep();
    const auto table = read_heard(one.link, *one.state.config());
    REQUIRE(table);
    const HeardRecord& record = table->at({"acme", "button ig-dm"});
    CHECK(record.events == 2);
    CHECK(record.first == kStart);
    CHECK(record.last == now);
    CHECK(record.usual_longest() == hours(2));
    // One that starts anew finds the past.
    OneGateway fresh(server, now);
    CHECK(fresh.keep().at({"acme", "button ig-dm"}).events == 2);
}

TEST_CASE("channels: a record that another gateway changed in between loses nothing") {
    const RealRedis server;
    Time now = kStart;
    OneGateway one(server, now);
    OneGateway other(server, now);
    for (int i = 0; i < 50; ++i) {
        now += hours(1);
        one.state.heard.note("acme", HeardKind::button, "ig-dm", now);
        other.state.heard.note("acme", HeardKind::button, "ig-dm", now);
        std::thread rival([&] { keep_heard(other.state, other.link); });
        one.keep();
        rival.join();
    }
    one.keep();
    CHECK(other.keep().at({"acme", "button ig-dm"}).events == 100);
}

TEST_CASE("channels: what cannot be kept is kept later") {
    RealRedis server;
    Time now = kStart;
    OneGateway one(server, now);
    one.state.heard.note("acme", HeardKind::button, "ig-dm", now);
    REQUIRE(one.link.call(redis::encode({"SET", heard_key("acme"), "somebody's text"})));
    const auto broken = keep_heard(one.state, one.link);
    REQUIRE_FALSE(broken);
    CHECK(broken.error().code == ErrorCode::corrupt);
    REQUIRE(one.link.call(redis::encode({"DEL", heard_key("acme")})));
    CHECK(one.keep().at({"acme", "button ig-dm"}).events == 1);
    server.kill();
    now += hours(1);
    one.state.heard.note("acme", HeardKind::button, "ig-dm", now);
    const auto away = keep_heard(one.state, one.link);
    REQUIRE_FALSE(away);
    CHECK(away.error().code == ErrorCode::unavailable);
    const auto notes = one.state.heard.take();
    const auto kept = std::find_if(notes.begin(), notes.end(), [](const HeardNote& note) {
        return note.kind == HeardKind::button;
    });
    REQUIRE(kept != notes.end());
    CHECK(kept->last == now);
}

TEST_CASE("channels: a button that falls silent against its past is quiet, on /metrics too") {
    const RealRedis server;
    Time now = kStart;
    OneGateway gateway(server, now);
    const auto held = gateway.state.config();
    const Config& config = *held;
    CHECK(row_of(channel_rows(config, gateway.keep(), now), "button", "ig-dm").state ==
          HeardState::never);
    for (int day = 0; day < 14; ++day) {
        now = kStart + hours(24 * day);
        gateway.state.heard.note("acme", HeardKind::button, "ig-dm", now);
        gateway.state.heard.note("acme", HeardKind::profile, "shop", now);
        gateway.state.heard.note(kNone, HeardKind::connection, "meta-main", now);
        gateway.keep();
    }
    now += hours(47);
    auto rows = channel_rows(config, gateway.keep(), now);
    CHECK(row_of(rows, "button", "ig-dm").state == HeardState::heard);
    gateway.state.heard.note(kNone, HeardKind::connection, "meta-main", now);
    now += hours(2);
    rows = channel_rows(config, gateway.keep(), now);
    CHECK(row_of(rows, "button", "ig-dm").state == HeardState::quiet);
    CHECK(row_of(rows, "profile", "shop").state == HeardState::quiet);
    CHECK(row_of(rows, "connection", "meta-main").state == HeardState::heard);
    CHECK(row_of(rows, "profile", "acme-x").state == HeardState::never);
    gateway.state.heard.note("acme", HeardKind::button, "ig-dm", now);
    rows = channel_rows(config, gateway.keep(), now);
    CHECK(row_of(rows, "button", "ig-dm").state == HeardState::heard);
}

TEST_CASE("channels: a day without a handshake is an alarm, from the day of the first start on") {
    const RealRedis server;
    Time now = kStart;
    OneGateway gateway(server, now);
    const auto turn = [&] {
        Steward steward(gateway.state, gateway.link);
        REQUIRE(steward.turn());
        return gateway.state.alarms.all().contains("handshake.x-main");
    };
    CHECK_FALSE(turn());
    now += hours(24);
    CHECK_FALSE(turn());
    now += hours(1);
    CHECK(turn());
    CHECK_FALSE(gateway.state.alarms.all().contains("handshake.meta-main"));
    gateway.state.heard.note(kNone, HeardKind::handshake, "x-main", now);
    CHECK_FALSE(turn());
    now += hours(24);
    CHECK_FALSE(turn());
    now += hours(1);
    CHECK(turn());
    // Another gateway that answers one clears it here too.
    OneGateway other(server, now);
    other.state.heard.note(kNone, HeardKind::handshake, "x-main", now);
    other.keep();
    CHECK_FALSE(turn());
}

TEST_CASE("channels: accepted contacts are heard once, receipts and redeliveries are not") {
    const RealRedis server;
    Time now = kStart;
    OneGateway gateway(server, now);
    const auto accept = [&](const std::string& id, EventKind kind) {
        Event event;
        event.kind = kind;
        event.type = "contact.dm";
        event.event_id = id;
        event.provider = "instagram";
        event.connection = "meta-main";
        event.account = "178";
        event.customer.platform_id = "601";
        std::promise<bool> done;
        gateway.state.acceptor->accept(
            {gateway.state.config()->brands.at("acme"), event, {}},
            [&](const Result<Accepted>& result) { done.set_value(result.has_value()); });
        REQUIRE(done.get_future().get());
    };
    accept("m1", EventKind::contact);
    accept("m1", EventKind::contact);
    accept("r1", EventKind::recorded);
    const auto table = gateway.keep();
    CHECK(table.at({"acme", "button ig-dm"}).events == 1);
    CHECK(table.at({"acme", "profile shop"}).events == 1);
}
