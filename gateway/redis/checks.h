// What must hold of a Redis before a contact is entrusted to it.
//
//     Link link(endpoint, options, [&](const Link::Ask& ask) -> Result<void> {
//         auto facts = check_server(ask, config.waive, now);
//         if (!facts) return tl::unexpected(facts.error());
//         return refuse_unfit(*facts);
//     });
//
// The findings:
//   version      older than 7.0 (Valkey counts by the Redis version it is compatible with)
//   role         a replica: every write would be refused
//   eviction     maxmemory-policy is not noeviction: Redis may delete a whole queue
//   persistence  no append-only file, its last write failed, or it is never synced
//   clock        Redis and gateway differ by more than 5 min
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "gateway/redis/link.h"
#include "routes/event.h"

namespace tapline::redis {

// Each finding has a name, by which `redis: {waive: [persistence]}` waives it.
struct Finding {
    std::string name;     // see above
    std::string message;  // what is wrong and how to mend it
    bool waived = false;
};

struct ServerFacts {
    std::string version;      // "7.0.15", "valkey 8.0.1"
    std::string persistence;  // "aof always", "aof everysec", "aof no", "aof", "rdb", "none"
    std::string maxmemory_policy;
    Milliseconds clock_skew{0};  // Redis minus gateway, at the middle of the round trip
    std::vector<Finding> findings;
    bool fit() const;  // no finding that is not waived
};

// Asks version, role, maxmemory-policy, persistence and clock. Needs only INFO and TIME; where an
// ACL also allows CONFIG GET, the sync policy of the append-only file is read and judged (else
// `persistence` says just "aof"; "aof always" means always: not suspended during rewrites either).
// Skew below 5 min is no finding; the alarm at 5 s is the caller's. `now` is the gateway's clock.
// bad_config: INFO or TIME is forbidden. Other errors are those of `ask`.
Result<ServerFacts> check_server(const Link::Ask& ask, const std::vector<std::string>& waive,
                                 const std::function<Time()>& now);

// bad_config with the messages of all findings that are not waived; a value when there is none.
Result<void> refuse_unfit(const ServerFacts& facts);

}  // namespace tapline::redis
