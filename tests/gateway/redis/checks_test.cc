#include "gateway/redis/checks.h"

#include <map>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/gateway/redis/real_redis.h"

namespace tapline::redis {
namespace {

const Time kNow{Milliseconds(1'700'000'000'000)};

// A server that answers from a table of INFO lines and a clock.
struct Told {
    std::map<std::string, std::string> info{
        {"redis_version", "7.0.15"},        {"role", "master"},
        {"maxmemory_policy", "noeviction"}, {"aof_enabled", "1"},
        {"aof_last_write_status", "ok"},
    };
    std::map<std::string, std::string> config{
        {"appendfsync", "everysec"}, {"no-appendfsync-on-rewrite", "no"}, {"save", ""}};
    bool config_allowed = true;
    Milliseconds skew{0};

    Result<Reply> answer(const std::string& command) const {
        Reply reply;
        if (command == encode({"INFO"})) {
            reply.kind = Reply::Kind::text;
            reply.text = "# Server\r\n";
            for (const auto& [name, value] : info) reply.text += name + ":" + value + "\r\n";
        } else if (command == encode({"TIME"})) {
            const auto ms = (kNow + skew).time_since_epoch().count();
            reply.kind = Reply::Kind::array;
            for (const auto part : {ms / 1000, ms % 1000 * 1000}) {
                reply.items.push_back({Reply::Kind::text, 0, std::to_string(part), {}});
            }
        } else if (!config_allowed) {
            reply.kind = Reply::Kind::error;
            reply.text = "NOPERM this user has no permissions to run the 'config|get' command";
        } else {
            reply.kind = Reply::Kind::array;
            for (const auto& [name, value] : config) {
                reply.items.push_back({Reply::Kind::text, 0, name, {}});
                reply.items.push_back({Reply::Kind::text, 0, value, {}});
            }
        }
        return reply;
    }

    ServerFacts check(const std::vector<std::string>& waive = {}) const {
        auto facts = check_server([this](const std::string& command) { return answer(command); },
                                  waive, [] { return kNow; });
        REQUIRE(facts);
        return *facts;
    }
};

}  // namespace

TEST_CASE("redis checks: a fit server has no finding") {
    const ServerFacts facts = Told{}.check();
    CHECK(facts.findings.empty());
    CHECK(facts.fit());
    CHECK(facts.version == "7.0.15");
    CHECK(facts.persistence == "aof everysec");
    CHECK(facts.maxmemory_policy == "noeviction");
    CHECK(facts.clock_skew == Milliseconds(0));
    CHECK(refuse_unfit(facts));
}

TEST_CASE("redis checks: each fault has its name and its mend") {
    struct Row {
        std::string key, value;  // of INFO, else of CONFIG
        std::string name, mend;
        std::string persistence = "aof everysec";
    };
    const Row rows[] = {
        {"redis_version", "6.2.14", "version", "install Redis 7.0 or newer"},
        {"redis_version", "", "version", "install Redis 7.0 or newer"},
        {"role", "slave", "role", "point the URL at the primary"},
        {"maxmemory_policy", "allkeys-lru", "eviction",
         "CONFIG SET maxmemory-policy noeviction and write `maxmemory-policy noeviction`"},
        {"aof_enabled", "0", "persistence", "CONFIG SET appendonly yes and write `appendonly yes`",
         "none"},
        {"aof_last_write_status", "err", "persistence", "free space on the disk"},
        {"appendfsync", "no", "persistence", "CONFIG SET appendfsync everysec", "aof no"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.key);
        CAPTURE(row.value);
        Told told;
        (told.config.contains(row.key) ? told.config : told.info)[row.key] = row.value;
        const ServerFacts facts = told.check();
        REQUIRE(facts.findings.size() == 1);
        CHECK(facts.findings[0].name == row.name);
        CHECK(facts.findings[0].message.find(row.mend) != std::string::npos);
        CHECK(facts.persistence == row.persistence);
        CHECK(!facts.fit());
        const auto refused = refuse_unfit(facts);
        REQUIRE(!refused);
        CHECK(refused.error().code == ErrorCode::bad_config);
        CHECK(refused.error().message.starts_with("redis: " + row.name + ": "));
        CHECK(told.check({row.name}).fit());
        CHECK(!told.check({"other"}).fit());
    }
}

TEST_CASE("redis checks: always is only always when rewrites do not suspend it") {
    Told told;
    told.config["appendfsync"] = "always";
    CHECK(told.check().persistence == "aof always");
    told.config["no-appendfsync-on-rewrite"] = "yes";
    const ServerFacts facts = told.check();
    CHECK(facts.persistence == "aof everysec");
    REQUIRE(facts.findings.size() == 1);
    CHECK(facts.findings[0].message.find("CONFIG SET no-appendfsync-on-rewrite no") !=
          std::string::npos);
}

TEST_CASE("redis checks: snapshots alone are told from nothing, also without CONFIG") {
    Told told;
    told.info["aof_enabled"] = "0";
    told.config["save"] = "3600 1";
    CHECK(told.check().persistence == "rdb");
    told.config_allowed = false;
    CHECK(told.check().persistence == "none");
    told.info["rdb_saves"] = "2";
    CHECK(told.check().persistence == "rdb");
    told.info["aof_enabled"] = "1";
    CHECK(told.check().persistence == "aof");
    CHECK(told.check().fit());
}

TEST_CASE("redis checks: a clock that is more than five minutes off is a finding") {
    struct Row {
        int seconds;
        bool fit;
    };
    for (const Row& row : {Row{299, true}, Row{301, false}, Row{-299, true}, Row{-301, false}}) {
        CAPTURE(row.seconds);
        Told told;
        told.skew = std::chrono::seconds(row.seconds);
        const ServerFacts facts = told.check();
        CHECK(facts.clock_skew == told.skew);
        CHECK(facts.fit() == row.fit);
    }
}

TEST_CASE("redis checks: Valkey is known by its own version") {
    Told told;
    told.info["redis_version"] = "7.2.4";
    told.info["valkey_version"] = "8.0.1";
    CHECK(told.check().version == "valkey 8.0.1");
    CHECK(told.check().fit());
}

TEST_CASE("redis checks: answers of no known form are errors") {
    struct Row {
        std::string command;
        Reply reply;
        ErrorCode code;
    };
    const Reply text{Reply::Kind::text, 0, "x", {}};
    const Row rows[] = {
        {"INFO", {Reply::Kind::error, 0, "NOPERM no", {}}, ErrorCode::bad_config},
        {"TIME", {Reply::Kind::error, 0, "NOPERM no", {}}, ErrorCode::bad_config},
        {"INFO", {Reply::Kind::error, 0, "LOADING", {}}, ErrorCode::unavailable},
        {"INFO", {}, ErrorCode::corrupt},
        {"TIME", {Reply::Kind::array, 0, "", {}}, ErrorCode::corrupt},
        {"TIME", {Reply::Kind::array, 0, "", {text, text}}, ErrorCode::corrupt},
    };
    for (const Row& row : rows) {
        CAPTURE(row.command);
        const Told told;
        const auto facts = check_server(
            [&](const std::string& command) -> Result<Reply> {
                return command == encode({row.command}) ? row.reply : told.answer(command);
            },
            {}, [] { return kNow; });
        REQUIRE(!facts);
        CHECK(facts.error().code == row.code);
    }
}

TEST_CASE("redis checks: judge a real server, also with nothing but INFO and TIME allowed") {
    const RealRedis server({"--appendonly", "yes", "--maxmemory-policy", "allkeys-lru"});
    REQUIRE(server.ask({"ACL", "SETUSER", "gw", "on", ">p", "-@all", "+info", "+time", "+ping"}));
    for (const bool limited : {false, true}) {
        CAPTURE(limited);
        Endpoint endpoint = server.unix_endpoint();
        endpoint.user = limited ? "gw" : "";
        endpoint.password = limited ? "p" : "";
        Resolver resolver;
        const Patience patience{Monotonic::now() + std::chrono::seconds(5)};
        auto session = Session::open(endpoint, "checks", resolver, patience);
        REQUIRE(session);
        const auto facts = check_server(
            [&](const std::string& command) { return session->ask(command, patience); }, {},
            [] {
                return std::chrono::time_point_cast<Milliseconds>(std::chrono::system_clock::now());
            });
        REQUIRE(facts);
        CHECK(facts->version.starts_with("7."));
        CHECK(facts->persistence == (limited ? "aof" : "aof everysec"));
        CHECK(facts->maxmemory_policy == "allkeys-lru");
        CHECK(std::chrono::abs(facts->clock_skew) < std::chrono::seconds(5));
        REQUIRE(facts->findings.size() == 1);
        CHECK(facts->findings[0].name == "eviction");
    }
}

}  // namespace tapline::redis
