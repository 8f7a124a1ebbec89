#include "gateway/redis/checks.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <map>
#include <optional>
#include <string_view>

namespace tapline::redis {
namespace {

using Values = std::map<std::string, std::string, std::less<>>;

constexpr int kMajorLeast = 7;
constexpr Milliseconds kSkewMost{5 * 60 * 1000};

Values parse_info(std::string_view text) {
    Values values;
    while (!text.empty()) {
        const auto end = text.find('\n');
        std::string_view line = text.substr(0, end);
        text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
        if (line.ends_with('\r')) line.remove_suffix(1);
        const auto colon = line.find(':');
        if (line.starts_with('#') || colon == std::string_view::npos) continue;
        values.emplace(line.substr(0, colon), line.substr(colon + 1));
    }
    return values;
}

std::string value_of(const Values& values, std::string_view name) {
    const auto at = values.find(name);
    return at == values.end() ? std::string() : at->second;
}

std::optional<std::int64_t> integer(std::string_view text) {
    std::int64_t value = 0;
    const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
    if (result.ec != std::errc{}) return std::nullopt;
    return value;
}

Result<Reply> ask_for(const Link::Ask& ask, std::string_view word, Reply::Kind kind) {
    auto reply = ask(encode({word}));
    if (!reply) return reply;
    if (reply->is_error("NOPERM")) {
        std::string lower(word);
        std::transform(lower.begin(), lower.end(), lower.begin(),
                       [](char c) { return static_cast<char>(c - 'A' + 'a'); });
        return fail(ErrorCode::bad_config, "redis: the ACL of this user forbids " +
                                               std::string(word) + "; add +" + lower + " to it");
    }
    if (reply->is_error()) return fail(ErrorCode::unavailable, "redis: " + reply->text);
    if (reply->kind != kind) {
        return fail(ErrorCode::corrupt,
                    "redis: an answer to " + std::string(word) + " that has no known form");
    }
    return reply;
}

// CONFIG GET of what the append-only file depends on; empty where an ACL forbids it.
Result<Values> ask_config(const Link::Ask& ask) {
    auto reply = ask(encode({"CONFIG", "GET", "appendfsync", "no-appendfsync-on-rewrite", "save"}));
    if (!reply) return tl::unexpected(reply.error());
    Values values;
    for (std::size_t i = 0; i + 1 < reply->items.size(); i += 2) {
        values.emplace(reply->items[i].text, reply->items[i + 1].text);
    }
    return values;
}

class Judge {
  public:
    Judge(ServerFacts& facts, const std::vector<std::string>& waive)
        : facts_(facts), waive_(waive) {}

    void find(const std::string& name, const std::string& message) {
        const bool waived = std::find(waive_.begin(), waive_.end(), name) != waive_.end();
        facts_.findings.push_back({name, message, waived});
    }

    void version(const Values& info) {
        const std::string redis = value_of(info, "redis_version");
        const std::string valkey = value_of(info, "valkey_version");
        facts_.version = valkey.empty() ? redis : "valkey " + valkey;
        if (integer(redis).value_or(0) >= kMajorLeast) return;
        find("version", "Redis " + (redis.empty() ? "of unknown version" : redis) +
                            " is too old; install Redis 7.0 or newer, or Valkey");
    }

    void role(const Values& info) {
        if (value_of(info, "role") != "slave") return;
        find("role", "this Redis is a replica of " + value_of(info, "master_host") + ":" +
                         value_of(info, "master_port") +
                         " and refuses writes; point the URL at the primary");
    }

    void eviction(const Values& info) {
        facts_.maxmemory_policy = value_of(info, "maxmemory_policy");
        if (facts_.maxmemory_policy == "noeviction") return;
        find("eviction",
             "maxmemory-policy is " +
                 (facts_.maxmemory_policy.empty() ? "unknown" : facts_.maxmemory_policy) +
                 ": when memory is full Redis deletes whole queues; run CONFIG SET "
                 "maxmemory-policy noeviction and write `maxmemory-policy noeviction` into "
                 "redis.conf");
    }

    void persistence(const Values& info, const Values& config) {
        if (value_of(info, "aof_enabled") != "1") return no_aof(info, config);
        const std::string fsync = value_of(config, "appendfsync");
        facts_.persistence = fsync.empty() ? "aof" : "aof " + fsync;
        if (value_of(info, "aof_last_write_status") == "err") {
            find("persistence",
                 "the last write of the append-only file failed; free space on the disk of Redis "
                 "(its log names the reason)");
        }
        if (fsync == "no") {
            find("persistence",
                 "appendfsync is no: the append-only file is never synced; run CONFIG SET "
                 "appendfsync everysec and write `appendfsync everysec` into redis.conf");
        }
        if (fsync == "always" && value_of(config, "no-appendfsync-on-rewrite") == "yes") {
            facts_.persistence = "aof everysec";
            find("persistence",
                 "no-appendfsync-on-rewrite is yes, which suspends appendfsync always during each "
                 "rewrite; run CONFIG SET no-appendfsync-on-rewrite no and write "
                 "`no-appendfsync-on-rewrite no` into redis.conf");
        }
    }

    void clock() {
        if (facts_.clock_skew <= kSkewMost && facts_.clock_skew >= -kSkewMost) return;
        find("clock", "the clock of Redis is " +
                          std::to_string(std::abs(facts_.clock_skew.count()) / 1000) + " s " +
                          (facts_.clock_skew.count() > 0 ? "ahead of" : "behind") +
                          " the gateway's; run a time service (chrony, systemd-timesyncd) on both");
    }

  private:
    void no_aof(const Values& info, const Values& config) {
        const bool saves = config.empty() ? integer(value_of(info, "rdb_saves")).value_or(0) > 0
                                          : !value_of(config, "save").empty();
        facts_.persistence = saves ? "rdb" : "none";
        find("persistence",
             std::string("the append-only file is off") +
                 (saves ? " (snapshots alone lose minutes)" : " and so are snapshots") +
                 "; run CONFIG SET appendonly yes and write `appendonly yes` and `appendfsync "
                 "everysec` into redis.conf");
    }

    ServerFacts& facts_;
    const std::vector<std::string>& waive_;
};

// TIME is [seconds, microseconds] as texts.
Result<Milliseconds> ask_skew(const Link::Ask& ask, const std::function<Time()>& now) {
    const Time before = now();
    auto reply = ask_for(ask, "TIME", Reply::Kind::array);
    const Time after = now();
    if (!reply) return tl::unexpected(reply.error());
    const auto seconds = reply->items.size() == 2 ? integer(reply->items[0].text) : std::nullopt;
    const auto micros = reply->items.size() == 2 ? integer(reply->items[1].text) : std::nullopt;
    constexpr std::int64_t kSecondsMost = 1'000'000'000'000;
    if (!seconds || !micros || *seconds < 0 || *seconds > kSecondsMost || *micros < 0 ||
        *micros > 999'999) {
        return fail(ErrorCode::corrupt, "redis: an answer to TIME that is no time");
    }
    const Time theirs{Milliseconds(*seconds * 1000 + *micros / 1000)};
    return theirs - (before + (after - before) / 2);
}

}  // namespace

bool ServerFacts::fit() const {
    return std::all_of(findings.begin(), findings.end(),
                       [](const Finding& finding) { return finding.waived; });
}

Result<ServerFacts> check_server(const Link::Ask& ask, const std::vector<std::string>& waive,
                                 const std::function<Time()>& now) {
    const auto text = ask_for(ask, "INFO", Reply::Kind::text);
    if (!text) return tl::unexpected(text.error());
    const auto skew = ask_skew(ask, now);
    if (!skew) return tl::unexpected(skew.error());
    const auto config = ask_config(ask);
    if (!config) return tl::unexpected(config.error());
    const Values info = parse_info(text->text);
    ServerFacts facts;
    facts.clock_skew = *skew;
    Judge judge(facts, waive);
    judge.version(info);
    judge.role(info);
    judge.eviction(info);
    judge.persistence(info, *config);
    judge.clock();
    return facts;
}

Result<void> refuse_unfit(const ServerFacts& facts) {
    std::string message;
    for (const Finding& finding : facts.findings) {
        if (finding.waived) continue;
        message += (message.empty() ? "redis: " : "; ") + finding.name + ": " + finding.message;
    }
    if (message.empty()) return {};
    return fail(ErrorCode::bad_config, message);
}

}  // namespace tapline::redis
