// A brand without a config file, a real Redis, and stewards on it: what the tests of this folder
// share.
#pragma once

#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "adapters/time_text.h"
#include "gateway/redis/keys.h"
#include "gateway/steward/duty.h"
#include "gateway/steward/overdue.h"
#include "gateway/steward/steward.h"
#include "routes/overdue.h"
#include "tests/gateway/redis/real_redis.h"

namespace tapline::steward_test {

using namespace std::chrono_literals;

inline constexpr Time kStart = Time(Milliseconds(1'773'000'000'000));
inline const std::string kNumber = TrackingNumber::from_bits(42).display();

inline std::shared_ptr<Brand> plain_brand() {
    auto brand = std::make_shared<Brand>();
    brand->name = "acme";
    brand->config_version = "abc123";
    for (const char* name : {"sales", "care", "lead"}) {
        brand->queues[name].name = name;
        brand->queues[name].respond_within = 10min;
    }
    Route route;
    route.name = "default";
    route.to = "sales";
    brand->routes = {route};
    return brand;
}

struct Fixture {
    redis::RealRedis server;
    redis::Link link{server.unix_endpoint(), redis::LinkOptions{}};
    GatewayState state;
    std::shared_ptr<Brand> brand = plain_brand();
    Time now = kStart;
    Finished finished;
    // Of the entries that are added.
    std::string channel = "dm";
    std::string reply_before;

    Fixture() {
        link.start();
        REQUIRE(redis::eventually([this] { return link.stats().connected; }));
        state.acceptor = std::make_shared<const Acceptor>(
            AcceptorParts{&link, &state.metrics, Keys{std::string(32, 't'), std::string(32, 'p')},
                          [this] { return now; }, system_random(), &state.heard});
        use_brand();
    }

    // After the brand was changed: what the steward's turns see.
    void use_brand() {
        brand->index();
        Config config;
        config.brands["acme"] = std::make_shared<const Brand>(*brand);
        state.current.use(std::move(config));
    }

    Duty duty() { return {state, link, *brand, now}; }

    redis::Reply ask(const std::vector<std::string>& words) {
        auto reply = tapline::ask(link, words);
        REQUIRE_MESSAGE(reply, (reply ? std::string() : reply.error().message));
        return *reply;
    }
    std::string key(const std::string& rest) { return redis::brand_key("acme", rest); }
    std::int64_t length(const std::string& lane) {
        return ask({"XLEN", key("queue:" + lane)}).integer;
    }

    // What is overdue, by this gateway; `duty` may be on another link.
    Result<void> act_on(const Duty& duty) {
        std::size_t passed = 0;
        return act_overdue(duty, finished, passed);
    }

    // One turn of a steward; it must succeed, with no part in trouble.
    void turn(Steward& steward) {
        const auto done = steward.turn();
        REQUIRE_MESSAGE(done, (done ? std::string() : done.error().message));
        for (const auto& [name, message] : state.alarms.all()) {
            CAPTURE(message);
            CHECK_FALSE(name.starts_with("steward"));
        }
    }

    // An entry as accept.lua writes it; its id. Due after `due`, first step of its ladder set.
    std::string add(const std::string& lane, std::chrono::seconds due, const std::string& id = "e1",
                    const std::string& arm = "") {
        const Time due_at = now + due;
        ask({"EVAL",
             "if redis.call('EXISTS', KEYS[1]) == 0 then redis.call('XGROUP', 'CREATE', KEYS[1], "
             "ARGV[1], '0', 'MKSTREAM', 'ENTRIESREAD', '0') redis.call('XGROUP', "
             "'CREATECONSUMER', KEYS[1], ARGV[1], 'tapline') end return 1",
             "1", key("queue:" + lane), std::string(queue_of(lane))});
        const std::string entry = ask({"XADD",
                                       key("queue:" + lane),
                                       "*",
                                       "v",
                                       "1",
                                       "id",
                                       id,
                                       "tracking_number",
                                       kNumber,
                                       "accepted_at",
                                       std::to_string(to_ms(now)),
                                       "type",
                                       "contact.dm",
                                       "channel",
                                       channel,
                                       "route",
                                       "default",
                                       "arm",
                                       arm,
                                       "priority",
                                       "normal",
                                       "due_at",
                                       std::to_string(to_ms(due_at)),
                                       "reply_before",
                                       reply_before,
                                       "copy_of",
                                       "",
                                       "data",
                                       data(now)})
                                      .text;
        const auto first = next_step_of(std::string(queue_of(lane)), now, due_at);
        if (first) ask({"ZADD", key("due"), std::to_string(to_ms(*first)), lane + " " + entry});
        return entry;
    }
    std::optional<Time> next_step_of(const std::string& queue, Time accepted, Time due) {
        return next_step(*brand, brand->queues.at(queue), accepted, due, std::nullopt);
    }

    static std::string data(Time occurred) {
        return R"({"id":"e1","type":"contact.dm","time":")" + to_rfc3339(occurred) +
               R"(","data":{"text":"\"late_reason\":\"\"","attribution":{"late_reason":""},)" +
               R"("context":{"promised":"","late_reason":""}}})";
    }

    std::string claim(const std::string& lane, const std::string& consumer = "w1") {
        const auto read = ask({"XREADGROUP", "GROUP", std::string(queue_of(lane)), consumer,
                               "COUNT", "1", "STREAMS", key("queue:" + lane), ">"});
        return read.items.empty() ? "" : read.items[0].items[1].items[0].items[0].text;
    }
    void ack(const std::string& lane, const std::string& entry) {
        ask({"XACK", key("queue:" + lane), std::string(queue_of(lane)), entry});
    }

    // Fields of the entries of a lane.
    std::vector<redis::Reply> entries(const std::string& lane) {
        std::vector<redis::Reply> all;
        for (auto& entry : ask({"XRANGE", key("queue:" + lane), "-", "+"}).items) {
            all.push_back(entry.items[1]);
        }
        return all;
    }
    std::vector<std::string> bodies(const std::string& fact) {
        std::vector<std::string> found;
        for (const auto& entry : ask({"XRANGE", key("feed"), "-", "+"}).items) {
            if (text_of(entry.items[1], "fact") == fact) {
                found.push_back(text_of(entry.items[1], "body"));
            }
        }
        return found;
    }

    // The same act by three gateways at the same time, each on a link of its own.
    template <class Act>
    void by_three(Act act) {
        std::vector<std::thread> threads;
        std::vector<Result<void>> results(3);
        for (std::size_t i = 0; i < results.size(); ++i) {
            threads.emplace_back([&, i] {
                redis::Link own(server.unix_endpoint(), redis::LinkOptions{});
                own.start();
                own.wait_connected(5s);
                results[i] = act(Duty{state, own, *brand, now});
            });
        }
        for (auto& thread : threads) thread.join();
        for (const auto& result : results) {
            CHECK_MESSAGE(result, (result ? std::string() : result.error().message));
        }
    }
};

}  // namespace tapline::steward_test
