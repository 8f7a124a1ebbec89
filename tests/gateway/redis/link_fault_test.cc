// Faults of a real server under a link: stopped, killed, its clients killed, its scripts flushed.
#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "gateway/redis/link.h"
#include "tests/gateway/redis/eventually.h"
#include "tests/gateway/redis/real_redis.h"

namespace tapline::redis {
namespace {

using namespace std::chrono_literals;

LinkOptions quick() {
    LinkOptions options;
    options.backoff_first = 1ms;
    options.backoff_most = 20ms;
    return options;
}

// How the commands of a test went, first tries and repeats together.
struct Tally {
    int unavailable = 0;
    int errors = 0;  // error replies
};

using Send = std::function<void(const std::string& id, Link::Completion done)>;

// Sends ids 0 to count - 1, at most 256 at a time, and repeats each with its id until it succeeds.
Tally send_until_done(Link& link, int count, const Send& send) {
    std::mutex mutex;
    Tally tally;
    std::vector<std::string> failed;
    std::vector<std::string> ids;
    for (int i = 0; i < count; ++i) ids.push_back(std::to_string(i));
    std::atomic<int> open{0};
    while (!ids.empty()) {
        link.wait_connected(20s);
        for (const std::string& id : ids) {
            while (open >= 256) std::this_thread::yield();
            ++open;
            send(id, [&, id](const Result<Reply>& reply) {
                if (!reply || reply->is_error()) {
                    const std::lock_guard lock(mutex);
                    ++(reply ? tally.errors : tally.unavailable);
                    failed.push_back(id);
                }
                --open;
            });
        }
        while (open > 0) std::this_thread::yield();
        ids = std::exchange(failed, {});
    }
    return tally;
}

// Does a thing again and again on a thread of its own while in scope.
class Meanwhile {
  public:
    explicit Meanwhile(std::function<void()> thing)
        : thread_([this, thing = std::move(thing)] {
              while (!stop_) {
                  thing();
                  ++times_;
              }
          }) {}
    Meanwhile(const Meanwhile&) = delete;
    Meanwhile& operator=(const Meanwhile&) = delete;
    ~Meanwhile() {
        stop_ = true;
        thread_.join();
    }
    int times() const { return times_; }

  private:
    std::atomic<bool> stop_{false};
    std::atomic<int> times_{0};
    std::thread thread_;
};

// Counts each id once, whatever often it is sent: what the scripts of the gateway do.
constexpr std::string_view kOnceSource =
    "if redis.call('SADD', KEYS[1], ARGV[1]) == 1 then redis.call('INCR', KEYS[2]) end return 1";

Send send_once(Link& link, const Script& script) {
    return [&link, &script](const std::string& id, Link::Completion done) {
        const std::vector<std::string_view> keys{"{t}ids", "{t}n"};
        const std::vector<std::string_view> args{id};
        link.submit_script(script, keys, args, std::move(done));
    };
}

}  // namespace

TEST_CASE("redis link: clients that are killed in a loop lose and double nothing") {
    const RealRedis server;
    Link link(server.unix_endpoint(), quick());
    link.start();
    const Script once = make_script("once", kOnceSource);
    Tally tally;
    {
        Link killer(server.tcp_endpoint(), {});
        killer.start();
        REQUIRE(killer.wait_connected(20s));
        const auto pause = encode({"BLPOP", "nothing", "0.005"});
        const Meanwhile kills([&] {
            (void)killer.call(encode({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"}));
            (void)killer.call(pause);
        });
        tally = send_until_done(link, 20'000, send_once(link, once));
        REQUIRE(eventually([&] { return kills.times() > 3; }));
    }
    CHECK(server.ask({"SCARD", "{t}ids"})->integer == 20'000);
    CHECK(server.ask({"GET", "{t}n"})->text == "20000");
    CHECK(tally.errors == 0);
    CHECK(link.stats().connects > 1);
}

TEST_CASE("redis link: scripts that are flushed in a loop are repeated unseen") {
    const RealRedis server;
    Link link(server.unix_endpoint(), quick());
    link.start();
    const Script once = make_script("once", kOnceSource);
    Tally tally;
    {
        Link flusher(server.unix_endpoint(), {});
        flusher.start();
        REQUIRE(flusher.wait_connected(20s));
        const Meanwhile flushes([&] { (void)flusher.call(encode({"SCRIPT", "FLUSH"})); });
        tally = send_until_done(link, 20'000, send_once(link, once));
        REQUIRE(eventually([&] { return flushes.times() > 3; }));
    }
    CHECK(tally.errors == 0);
    CHECK(tally.unavailable == 0);
    CHECK(server.ask({"GET", "{t}n"})->text == "20000");
    CHECK(link.stats().noscript > 0);
    CHECK(link.stats().connects == 1);
}

TEST_CASE("redis link: a stopped server ends in unknown, and repeats after it count once") {
    const RealRedis server;
    for (const bool tcp : {false, true}) {
        CAPTURE(tcp);
        REQUIRE(server.ask({"FLUSHALL"}));
        LinkOptions options = quick();
        options.command_deadline = 100ms;
        options.connect_deadline = 100ms;
        Link link(tcp ? server.tcp_endpoint() : server.unix_endpoint(), options);
        link.start();
        REQUIRE(link.wait_connected(20s));
        const Script once = make_script("once", kOnceSource);
        // The script is known from here on, so that what the stopped server holds can run.
        REQUIRE(send_until_done(link, 1, send_once(link, once)).errors == 0);
        std::atomic<int> unknown{0};
        std::atomic<int> other{0};
        // On the link's thread, so that all of them leave in one pipeline.
        link.submit(encode({"PING"}), [&](const Result<Reply>&) {
            server.stop();
            for (int i = 0; i < 100; ++i) {
                send_once(link, once)(std::to_string(i), [&](const Result<Reply>& reply) {
                    const bool says_so = !reply && reply.error().code == ErrorCode::unavailable &&
                                         reply.error().message.ends_with("the outcome is unknown");
                    ++(says_so ? unknown : other);
                });
            }
        });
        REQUIRE(eventually([&] { return unknown + other == 100; }));
        CHECK(unknown == 100);
        CHECK(link.stats().resets == 1);
        REQUIRE(eventually([&] { return !link.stats().connected; }));
        server.go_on();
        REQUIRE(link.wait_connected(20s));
        const auto zombies = server.ask({"SCARD", "{t}ids"});
        REQUIRE(zombies);
        MESSAGE(std::string(tcp ? "TCP" : "Unix")
                << ": " << zombies->integer - 1
                << " of 100 writes that were given up on still happened");
        CHECK(send_until_done(link, 100, send_once(link, once)).errors == 0);
        CHECK(server.ask({"GET", "{t}n"})->text == "100");
    }
}

TEST_CASE("redis link: comes back after the server was killed and started again") {
    RealRedis server;
    std::atomic<int> lost{0};
    std::string why;  // written before `lost` is raised
    const auto on_lost = [&](const Error& error) {
        if (why.empty()) why = error.message;
        ++lost;
    };
    Link link(server.unix_endpoint(), quick(), {}, on_lost);
    link.start();
    REQUIRE(link.wait_connected(20s));
    server.kill();
    REQUIRE(eventually([&] { return !link.stats().connected; }));
    CHECK(!link.call(encode({"PING"})));
    REQUIRE(eventually([&] { return link.stats().last_error.find("cannot connect") == 7; }));
    server.start();
    REQUIRE(link.wait_connected(20s));
    CHECK(link.call(encode({"PING"})));
    CHECK(link.stats().connects == 2);
    CHECK(lost == 1);
    CHECK(why == "redis: the server closed the connection");
    server.kill();
    REQUIRE(eventually([&] { return lost == 2; }));
    link.stop();
    CHECK(lost == 2);
}

TEST_CASE("redis link: a server that was never there is told once, and a stop is no loss") {
    RealRedis server;
    server.kill();
    std::atomic<int> lost{0};
    Link link(server.unix_endpoint(), quick(), {}, [&](const Error&) { ++lost; });
    link.start();
    REQUIRE(eventually([&] { return lost == 1; }));
    server.start();
    REQUIRE(link.wait_connected(20s));
    link.stop();
    CHECK(lost == 1);
}

TEST_CASE("redis link: READONLY is answered and makes the link look for the primary again") {
    const RealRedis server;
    Link link(server.unix_endpoint(), quick());
    link.start();
    REQUIRE(link.wait_connected(20s));
    REQUIRE(server.ask({"REPLICAOF", "127.0.0.1", "1"}));
    const auto refused = link.call(encode({"SET", "k", "v"}));
    REQUIRE(refused);
    CHECK(refused->is_error("READONLY"));
    REQUIRE(eventually([&] { return link.stats().connects >= 2; }));
    CHECK(link.stats().last_error == "redis: this server is read-only now");
    REQUIRE(server.ask({"REPLICAOF", "NO", "ONE"}));
    REQUIRE(link.wait_connected(20s));
    CHECK(link.call(encode({"SET", "k", "v"}))->kind == Reply::Kind::status);
}

TEST_CASE("redis link: out of memory is a reply, and reads still work") {
    const RealRedis server;
    Link link(server.unix_endpoint(), quick());
    link.start();
    REQUIRE(link.wait_connected(20s));
    REQUIRE(server.ask({"CONFIG", "SET", "maxmemory", "1"}));
    CHECK(link.call(encode({"SET", "k", "v"}))->is_error("OOM"));
    CHECK(link.call(encode({"GET", "k"}))->kind == Reply::Kind::nil);
    CHECK(link.stats().connects == 1);
}

}  // namespace tapline::redis
