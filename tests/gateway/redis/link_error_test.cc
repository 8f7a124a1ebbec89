// Everything that a Redis, a broken Redis or something that is no Redis may answer.
#include <atomic>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <sys/resource.h>

#include "gateway/redis/link.h"
#include "tests/gateway/redis/eventually.h"
#include "tests/gateway/redis/fake_redis.h"

namespace tapline::redis {
namespace {

using namespace std::chrono_literals;

LinkOptions quick() {
    LinkOptions options;
    options.backoff_first = 1ms;
    options.backoff_most = 5ms;
    return options;
}

const Script& script() {
    static const Script made = make_script("any", "return 1");
    return made;
}

Result<Reply> call(Link& link) {
    const std::vector<std::string_view> keys{"k"};
    return link.call_script(script(), keys, {});
}

}  // namespace

TEST_CASE("redis link: every error reply reaches the caller and keeps the connection") {
    const std::string rows[] = {
        "OOM command not allowed when used memory > 'maxmemory'.",
        "MISCONF Redis is configured to save RDB snapshots",
        "NOREPLICAS Not enough good replicas to write.",
        "LOADING Redis is loading the dataset in memory",
        "BUSY Redis is busy running a script.",
        "MASTERDOWN Link with MASTER is down",
        "CLUSTERDOWN The cluster is down",
        "MOVED 3999 127.0.0.1:6381",
        "ASK 3999 127.0.0.1:6381",
        "TRYAGAIN Multiple keys request during rehashing of slot",
        "CROSSSLOT Keys in request don't hash to the same slot",
        "NOAUTH Authentication required.",
        "WRONGPASS invalid username-password pair",
        "NOPERM this user has no permissions",
        "WRONGTYPE Operation against a key holding the wrong kind of value",
        "ERR unknown command",
        "FOO",
        "",
        // A script that answers NOSCRIPT itself is repeated once, not for ever.
        "NOSCRIPT No matching script.",
    };
    for (const std::string& text : rows) {
        CAPTURE(text);
        const FakeRedis server(
            [&](const FakeRedis::Words&) { return FakeAnswer{"-" + text + "\r\n"}; });
        Link link(server.endpoint(), quick());
        link.start();
        REQUIRE(link.wait_connected(20s));
        const auto reply = call(link);
        REQUIRE(reply);
        CHECK(reply->kind == Reply::Kind::error);
        CHECK(reply->text == text);
        CHECK(link.stats().connected);
        CHECK(link.stats().connects == 1);
        CHECK(link.stats().noscript == (text.starts_with("NOSCRIPT") ? 1 : 0));
    }
}

TEST_CASE("redis link: values of an unexpected kind are values") {
    struct Row {
        std::string bytes;
        Reply::Kind kind;
    };
    const Row rows[] = {
        {"$-1\r\n", Reply::Kind::nil},     {"*-1\r\n", Reply::Kind::nil},
        {":1\r\n", Reply::Kind::integer},  {"+OK\r\n", Reply::Kind::status},
        {"$0\r\n\r\n", Reply::Kind::text}, {"*0\r\n", Reply::Kind::array},
    };
    for (const Row& row : rows) {
        CAPTURE(row.bytes);
        const FakeRedis server([&](const FakeRedis::Words&) { return FakeAnswer{row.bytes}; });
        Link link(server.endpoint(), quick());
        link.start();
        REQUIRE(link.wait_connected(20s));
        const auto reply = call(link);
        REQUIRE(reply);
        CHECK(reply->kind == row.kind);
    }
}

TEST_CASE("redis link: what is no RESP2 resets the connection, and the next one serves") {
    std::string deep;
    for (int i = 0; i < 10'000; ++i) deep += "*1\r\n";
    struct Row {
        std::string bytes;
        ErrorCode code;
    };
    const Row rows[] = {
        {"%1\r\n+a\r\n+b\r\n", ErrorCode::corrupt},
        {"_\r\n", ErrorCode::corrupt},
        {">2\r\n+invalidate\r\n*0\r\n", ErrorCode::corrupt},
        {"#t\r\n", ErrorCode::corrupt},
        {"HTTP/1.1 400 Bad Request\r\n\r\n", ErrorCode::corrupt},
        {std::string("\x16\x03\x01\x00\x05", 5), ErrorCode::corrupt},
        {deep, ErrorCode::corrupt},
        {"*2000000000\r\n", ErrorCode::corrupt},
        {"$5\r\nab", ErrorCode::unavailable},
        {"*2\r\n:1\r\n", ErrorCode::unavailable},
        {"", ErrorCode::unavailable},
    };
    for (const Row& row : rows) {
        CAPTURE(row.bytes.substr(0, 40));
        std::atomic<int> asked{0};
        const FakeRedis server([&](const FakeRedis::Words&) {
            return asked++ == 0 ? FakeAnswer{row.bytes, true} : FakeAnswer{":7\r\n"};
        });
        Link link(server.endpoint(), quick());
        link.start();
        REQUIRE(link.wait_connected(20s));
        const auto reply = call(link);
        REQUIRE(!reply);
        CHECK(reply.error().code == row.code);
        CHECK(reply.error().message.ends_with("the outcome is unknown"));
        REQUIRE(eventually([&] { return link.stats().connects == 2; }));
        CHECK(link.stats().resets == (row.code == ErrorCode::corrupt ? 1 : 0));
        REQUIRE(eventually([&] { return call(link).has_value(); }));
    }
}

TEST_CASE("redis link: a reply that nobody asked for resets the connection") {
    std::atomic<int> asked{0};
    const FakeRedis server([&](const FakeRedis::Words&) {
        return FakeAnswer{asked++ == 0 ? ":1\r\n:2\r\n" : ":1\r\n"};
    });
    Link link(server.endpoint(), quick());
    link.start();
    REQUIRE(link.wait_connected(20s));
    const auto reply = call(link);
    REQUIRE(reply);
    CHECK(reply->integer == 1);
    REQUIRE(eventually([&] { return link.stats().connects == 2; }));
    CHECK(link.stats().last_error == "redis: a reply that nobody asked for");
    CHECK(link.stats().resets == 1);
}

TEST_CASE("redis link: the announcement of a gigabyte takes no gigabyte") {
    const FakeRedis server(
        [](const FakeRedis::Words&) { return FakeAnswer{"$1073741824\r\nabc"}; });
    LinkOptions options = quick();
    options.command_deadline = 100ms;
    Link link(server.endpoint(), options);
    link.start();
    REQUIRE(link.wait_connected(20s));
    rusage before{};
    ::getrusage(RUSAGE_SELF, &before);
    const auto reply = call(link);
    REQUIRE(!reply);
    CHECK(reply.error().code == ErrorCode::unavailable);
    rusage after{};
    ::getrusage(RUSAGE_SELF, &after);
    CHECK(after.ru_maxrss - before.ru_maxrss < 64 * 1024);  // KiB
}

TEST_CASE("redis link: a gigabyte that really comes is cut off") {
    const FakeRedis server([](const FakeRedis::Words& words) {
        if (words[0] != "EVALSHA") return FakeAnswer{":1\r\n"};
        return FakeAnswer{"$1073741824\r\n" + std::string(1 << 20, 'x'), true, 200};
    });
    LinkOptions options = quick();
    options.command_deadline = 60s;
    Link link(server.endpoint(), options);
    link.start();
    REQUIRE(link.wait_connected(20s));
    const auto reply = call(link);
    REQUIRE(!reply);
    CHECK(reply.error().code == ErrorCode::corrupt);
}

TEST_CASE("redis link: a server that says no to the greeting is not used") {
    struct Row {
        std::string answer, error;
    };
    const Row rows[] = {
        {"-ERR max number of clients reached\r\n", "max number of clients"},
        {"-LOADING Redis is loading the dataset in memory\r\n", "LOADING"},
        {":1\r\n", "an unexpected reply"},
        {"+OK\r\n+OK\r\n", "nobody asked"},
        {"HTTP/1.1 400\r\n", "Protocol error"},
        {"", "closed the connection"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.answer);
        const FakeRedis server([&](const FakeRedis::Words&) {
            return FakeAnswer{row.answer, true};
        });
        Endpoint endpoint = server.endpoint();
        endpoint.password = "p";
        Link link(endpoint, quick());
        link.start();
        REQUIRE(eventually([&] { return server.connections() > 1; }));
        const std::string error = link.stats().last_error;
        CHECK_MESSAGE(error.find(row.error) != std::string::npos, error);
        CHECK(link.stats().connects == 0);
    }
}

TEST_CASE("redis link: READONLY lets what is in flight be answered and sends nothing more") {
    std::atomic<int> asked{0};
    const FakeRedis server([&](const FakeRedis::Words&) {
        return FakeAnswer{
            asked++ == 0 ? "-READONLY You can't write against a read only replica.\r\n" : ":1\r\n"};
    });
    LinkOptions options = quick();
    Link link(server.endpoint(), options);
    link.start();
    REQUIRE(link.wait_connected(20s));
    const auto reply = call(link);
    REQUIRE(reply);
    CHECK(reply->is_error("READONLY"));
    REQUIRE(eventually([&] { return link.stats().connects == 2; }));
    CHECK(link.stats().resets == 0);
    REQUIRE(eventually([&] { return call(link).has_value(); }));
}

}  // namespace tapline::redis
