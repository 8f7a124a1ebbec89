#include "gateway/redis/link.h"

#include <atomic>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "tests/gateway/redis/eventually.h"
#include "tests/gateway/redis/fake_redis.h"
#include "tests/gateway/redis/real_redis.h"

namespace tapline::redis {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kEchoSource = "return {KEYS[1], ARGV[1], #ARGV}";

void connect(Link& link) {
    link.start();
    REQUIRE_MESSAGE(link.wait_connected(20s), link.stats().last_error);
}

}  // namespace

TEST_CASE("redis link: works over a Unix socket and over TCP") {
    const RealRedis server;
    for (const Endpoint& endpoint : {server.unix_endpoint(), server.tcp_endpoint()}) {
        Link link(endpoint, {});
        connect(link);
        const std::string value("a\r\n\0b", 5);
        REQUIRE(link.call(encode({"SET", "k", value})));
        const auto got = link.call(encode({"GET", "k"}));
        REQUIRE(got);
        CHECK(got->text == value);
        const Script script = make_script("echo", kEchoSource);
        const std::vector<std::string_view> keys{"k"};
        const std::vector<std::string_view> args{"x", "y"};
        const auto echoed = link.call_script(script, keys, args);
        REQUIRE(echoed);
        REQUIRE(echoed->items.size() == 3);
        CHECK(echoed->items[1].text == "x");
        CHECK(echoed->items[2].integer == 2);
        CHECK(link.stats().connects == 1);
    }
}

TEST_CASE("redis link: finds a host by name") {
    const RealRedis server;
    Endpoint endpoint = server.tcp_endpoint();
    endpoint.host = "localhost";
    Link link(endpoint, {});
    connect(link);
    CHECK(link.call(encode({"PING"})));
}

TEST_CASE("redis link: greets with user, password, database and name") {
    const RealRedis server;
    REQUIRE(server.ask({"ACL", "SETUSER", "gw", "on", ">s3cret", "~*", "+@all"}));
    Endpoint endpoint = server.unix_endpoint();
    endpoint.user = "gw";
    endpoint.password = "s3cret";
    endpoint.database = 3;
    LinkOptions options;
    options.client_name = "tapline-test";
    Link link(endpoint, options);
    connect(link);
    const auto info = link.call(encode({"CLIENT", "INFO"}));
    REQUIRE(info);
    CHECK(info->text.find("name=tapline-test ") != std::string::npos);
    CHECK(info->text.find(" db=3 ") != std::string::npos);
    CHECK(info->text.find(" user=gw ") != std::string::npos);
}

TEST_CASE("redis link: says why the server refuses it, without the password") {
    const RealRedis server({"--requirepass", "right"});
    struct Row {
        std::string password;
        int database;
        std::string error;
    };
    const Row rows[] = {
        {"", 0, "asks for a password"},
        {"wr0ng", 0, "AUTH is refused: WRONGPASS"},
        {"right", 99, "SELECT is refused: ERR DB index is out of range"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.error);
        Endpoint endpoint = server.unix_endpoint();
        endpoint.password = row.password;
        endpoint.database = row.database;
        Link link(endpoint, {});
        link.start();
        CHECK(eventually([&] { return !link.stats().last_error.empty(); }));
        const std::string error = link.stats().last_error;
        CHECK_MESSAGE(error.find(row.error) != std::string::npos, error);
        CHECK(error.find("wr0ng") == std::string::npos);
        CHECK(!link.stats().connected);
    }
}

TEST_CASE("redis link: refuses at once while it is not connected") {
    Endpoint endpoint;
    endpoint.host = "127.0.0.1";
    endpoint.port = free_port();
    Link link(endpoint, {});
    const auto before = link.call(encode({"PING"}));
    REQUIRE(!before);
    link.start();
    REQUIRE(eventually([&] { return !link.stats().last_error.empty(); }));
    CHECK(link.stats().last_error.find("Connection refused") != std::string::npos);
    bool here = false;
    link.submit(encode({"PING"}), [&, me = std::this_thread::get_id()](Result<Reply> reply) {
        here = std::this_thread::get_id() == me && !reply &&
               reply.error().code == ErrorCode::unavailable &&
               reply.error().message.ends_with("not sent");
    });
    CHECK(here);
}

TEST_CASE("redis link: stop ends a connect to a server that never answers") {
    const FakeRedis server([](const FakeRedis::Words&) { return FakeAnswer{}; });
    LinkOptions options;
    options.connect_deadline = 1h;
    Endpoint endpoint = server.endpoint();
    endpoint.password = "p";
    Link link(endpoint, options);
    link.start();
    REQUIRE(eventually([&] { return server.connections() > 0; }));
    link.stop();
    CHECK(!link.stats().connected);
}

TEST_CASE("redis link: replies come in order and on the link's thread, from many threads") {
    const RealRedis server;
    Link link(server.unix_endpoint(), {});
    connect(link);
    constexpr int kThreads = 4;
    constexpr int kEach = 5'000;
    std::atomic<int> done{0};
    std::atomic<int> wrong{0};
    std::vector<std::vector<int>> seen(kThreads);
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
        threads.emplace_back([&, t] {
            for (int i = 0; i < kEach; ++i) {
                const std::string text = std::to_string(t) + ":" + std::to_string(i);
                link.submit(encode({"ECHO", text}), [&, t, i, text](Result<Reply> reply) {
                    if (!reply || reply->text != text) ++wrong;
                    seen[static_cast<std::size_t>(t)].push_back(i);
                    ++done;
                });
            }
        });
    }
    for (auto& thread : threads) thread.join();
    REQUIRE(eventually([&] { return done == kThreads * kEach; }));
    CHECK(wrong == 0);
    for (const auto& order : seen) CHECK(std::is_sorted(order.begin(), order.end()));
    const LinkStats stats = link.stats();
    CHECK(stats.commands == kThreads * kEach);
    CHECK(stats.pipelines < stats.commands);
    CHECK(stats.round_trip_seconds > 0);
}

TEST_CASE("redis link: a completion may submit and must not wait") {
    const RealRedis server;
    Link link(server.unix_endpoint(), {});
    connect(link);
    std::atomic<int> left{1'000};
    std::atomic<bool> refused{false};
    std::function<void(Result<Reply>)> next = [&](const Result<Reply>&) {
        refused = !link.call(encode({"PING"}));
        if (--left > 0) link.submit(encode({"PING"}), next);
    };
    link.submit(encode({"PING"}), next);
    CHECK(eventually([&] { return left == 0; }));
    CHECK(refused);
    link.stop();
}

TEST_CASE("redis link: a large value travels whole in both directions") {
    const RealRedis server;
    LinkOptions options;
    options.command_deadline = 30s;
    Link link(server.unix_endpoint(), options);
    connect(link);
    std::string value(20u << 20, 'x');
    for (std::size_t i = 0; i < value.size(); i += 1000) value[i] = static_cast<char>('a' + i % 26);
    REQUIRE(link.call(encode({"SET", "big", value})));
    const auto got = link.call(encode({"GET", "big"}));
    REQUIRE(got);
    CHECK(got->text == value);
}

TEST_CASE("redis link: refuses what does not fit into the queue and recovers") {
    const RealRedis server;
    LinkOptions options;
    options.queue_bytes_max = 100'000;
    options.command_deadline = 30s;
    Link link(server.unix_endpoint(), options);
    connect(link);
    server.stop();
    const std::string command = encode({"SET", "k", std::string(10'000, 'v')});
    std::atomic<int> full{0};
    std::atomic<int> good{0};
    for (int i = 0; i < 20; ++i) {
        link.submit(command, [&](const Result<Reply>& reply) { reply ? ++good : ++full; });
    }
    CHECK(full == 11);
    server.go_on();
    CHECK(eventually([&] { return good == 9; }));
    CHECK(link.call(command));
}

TEST_CASE("redis link: stop sends and answers what was submitted") {
    const RealRedis server;
    Link link(server.unix_endpoint(), {});
    connect(link);
    std::atomic<int> good{0};
    for (int i = 0; i < 10'000; ++i) {
        link.submit(encode({"INCR", "n"}),
                    [&](const Result<Reply>& reply) { good += reply ? 1 : 0; });
    }
    link.stop();
    CHECK(good == 10'000);
    CHECK(server.ask({"GET", "n"})->text == "10000");
    CHECK(!link.call(encode({"PING"})));
}

TEST_CASE("redis link: stop from several threads, and nothing is completed after it") {
    const RealRedis server;
    for (int round = 0; round < 20; ++round) {
        Link link(server.unix_endpoint(), {});
        connect(link);
        std::atomic<bool> stopped{false};
        std::atomic<int> submitted{0};
        std::atomic<int> completed{0};
        std::atomic<int> late{0};
        std::thread producer([&] {
            const auto me = std::this_thread::get_id();
            while (!stopped) {
                ++submitted;
                link.submit(encode({"PING"}), [&, me](const Result<Reply>&) {
                    if (stopped && std::this_thread::get_id() != me) ++late;
                    ++completed;
                });
            }
        });
        std::vector<std::thread> stoppers;
        for (int i = 0; i < 3; ++i) {
            stoppers.emplace_back([&] {
                link.stop();
                stopped = true;
            });
        }
        for (auto& stopper : stoppers) stopper.join();
        producer.join();
        CHECK(late == 0);
        CHECK(submitted == completed);
    }
}

TEST_CASE("redis link: stop gives up on a server that hangs, after the deadline") {
    const RealRedis server;
    LinkOptions options;
    options.command_deadline = 100ms;
    Link link(server.unix_endpoint(), options);
    connect(link);
    server.stop();
    std::atomic<int> unknown{0};
    for (int i = 0; i < 10; ++i) {
        link.submit(encode({"PING"}), [&](const Result<Reply>& reply) {
            unknown += !reply && reply.error().code == ErrorCode::unavailable ? 1 : 0;
        });
    }
    link.stop();
    CHECK(unknown == 10);
    server.go_on();
}

TEST_CASE("redis link: the checks run before anything else and can refuse the server") {
    const RealRedis server;
    std::atomic<bool> fit{false};
    std::atomic<int> checks{0};
    LinkOptions options;
    options.backoff_first = 1ms;
    options.backoff_most = 5ms;
    Link link(server.unix_endpoint(), options, [&](const Link::Ask& ask) -> Result<void> {
        ++checks;
        const auto pong = ask(encode({"PING"}));
        if (!pong) return tl::unexpected(pong.error());
        if (!fit) return fail(ErrorCode::bad_config, "not fit");
        return {};
    });
    link.start();
    CHECK(eventually([&] { return checks >= 3; }));
    CHECK(!link.stats().connected);
    CHECK(link.stats().last_error == "not fit");
    CHECK(link.stats().connects == 0);
    CHECK(!link.call(encode({"PING"})));
    fit = true;
    CHECK(link.wait_connected(20s));
    CHECK(link.call(encode({"PING"})));
}

}  // namespace tapline::redis
