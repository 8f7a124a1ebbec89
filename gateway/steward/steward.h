// The background duty, once a second. For every lane of every brand: makes sure that its consumer
// group stands, removes acknowledged entries (fact `done`, counter `removed`), reads the figures
// that the metrics page shows, and removes lanes that the config does not have any more once they
// are empty. For every brand: reads what holds (situation.h), releases what is held (releases.h),
// records reported outcomes (outcomes.h), does what is overdue (overdue.h), guards pilots, counts
// topics. Before that it asks whether Redis would accept a write, and whether it is still the Redis
// that this gateway filled.
//
// A lane is a stream that consumers read: "sales", and "sales:express" with the same group.
//
// Each step is one script that checks and acts in one atomic act, so any number of gateways may run
// their stewards at once. It has a thread of its own and waits for Redis there; while Redis is away
// it does nothing and tries again at the next turn.
//
// A part that fails while Redis answers (a key of a wrong type) does not stop the others:
//
//     alarm steward.BRAND.QUEUE   this queue is not reaped or measured, and has no figures
//     alarm steward.BRAND         anything else of this brand
//     alarm steward               what belongs to no brand
//     alarm steward.channels      when connections, profiles and buttons were last heard
//     alarm steward.config        whether all gateways have the same config
//     alarm steward.brands        what brands left that the config lost
//
// Each is cleared by the first turn in which that part succeeds. A turn is bounded: a queue on
// which consumers hold very many entries is looked at in several turns, 10,000 held entries in
// each.
#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "gateway/intake/gateway_state.h"
#include "gateway/redis/link.h"
#include "gateway/steward/channels.h"
#include "gateway/steward/config_hashes.h"
#include "gateway/steward/duty.h"
#include "gateway/steward/overdue.h"
#include "gateway/steward/situation.h"
#include "gateway/steward/topics.h"

namespace tapline {

// While it stands no contact can be accepted, and /readyz says so.
inline constexpr std::string_view kRefusesAlarm = "redis_refuses";
// Stands until the gateway restarts, for nothing brings back what was there.
inline constexpr std::string_view kEmptiedAlarm = "redis_emptied";
inline constexpr std::string_view kEmptiedText =
    "the Redis that this gateway filled has been emptied (FLUSHALL, or a restart without its "
    "data): queues, journeys and dedupe marks are gone. Stands until the gateway restarts";

// Where the fingerprint of the key "tracking" or "privacy" is kept.
std::string fingerprint_key(std::string_view name);

struct QueueFigures {
    std::int64_t depth = 0;            // entries in the stream, delivered or not
    std::int64_t pending = 0;          // delivered and not acknowledged
    double oldest_seconds = 0;         // age of the oldest entry
    std::int64_t removed = 0;          // acknowledged entries removed so far, by any steward
    std::int64_t foreign_deletes = 0;  // entries that somebody else deleted
    std::int64_t resets = 0;           // how often somebody deleted the whole stream
};

struct QuarantineFigures {
    std::int64_t entries = 0;
    std::int64_t bytes = 0;     // of memory that Redis has for them
    std::string newest_reason;  // why the newest one is there
};

struct StewardFigures {
    std::map<std::pair<std::string, std::string>, QueueFigures> queues;  // (brand, lane)
    std::map<std::string, QuarantineFigures> quarantine;                 // by brand
    double clock_skew_seconds = 0;                                       // Redis minus gateway
    HeardTable heard;  // when connections, profiles and buttons were heard
    std::map<std::string, SituationFigures> situations;                 // by brand
    std::map<std::string, std::map<std::string, TopicFigures>> topics;  // by brand and topic
};

class Steward {
  public:
    Steward(GatewayState& state, redis::Link& link);
    Steward(const Steward&) = delete;
    Steward& operator=(const Steward&) = delete;
    ~Steward();  // stop()

    void start();
    void stop();

    // One whole turn, on the caller's thread. It fails only when Redis is away.
    Result<void> turn();

    StewardFigures figures() const;
    // Since the last turn that came to its end, or since the start.
    double last_turn_seconds() const;

  private:
    // Raises or clears the alarm; an error only when Redis is away.
    Result<void> settle(const std::string& alarm, const Result<void>& done);
    Result<std::vector<std::string>> lanes_of(const Brand& brand);
    Result<void> tend_lanes(const Duty& duty);
    Result<void> tend(const Duty& duty, const std::string& lane);
    Result<void> know_situations();
    Result<void> tend_brand(const Duty& duty);
    Result<void> prepare(const Duty& duty);
    Result<void> tend(const Duty& duty);
    Result<void> once(const Duty& duty);
    Result<bool> remove_drained(const Duty& duty, const std::string& lane);
    Result<void> reap(const Duty& duty, const std::string& lane);
    Result<void> measure(const Duty& duty, const std::string& lane);
    Result<void> watch_situation(const Duty& duty);
    Result<void> watch_brand_topics(const Duty& duty);
    Result<void> watch_quarantine(const std::string& brand);
    Result<std::string> newest_reason(const std::string& brand, const QuarantineFigures& figures);
    Result<void> watch_redis();
    Result<void> watch_writes();
    Result<void> watch_fingerprints();
    Result<void> watch_clock();
    Result<void> watch_channels();
    void run();

    GatewayState& state_;
    redis::Link& link_;
    ConfigHashes config_hashes_;
    redis::Script reap_script_;
    redis::Script reason_script_;
    StewardFigures measured_;  // of the turn under way; the steward's thread only
    // Where the pass over a queue goes on; empty or missing: at its beginning. Steward's thread
    // only.
    std::map<std::pair<std::string, std::string>, std::string> cursors_;

    // By brand, of the steward's thread only.
    std::map<std::string, QuarantineFigures> last_quarantine_;
    struct NotedLanes {
        std::string config_version;
        std::set<std::string> lanes;
    };
    std::map<std::string, NotedLanes> noted_lanes_;  // that Redis was told
    std::map<std::string, Finished> finished_;
    std::map<std::string, std::size_t> overdue_passed_;
    std::map<std::string, std::string> retimed_;  // config version
    std::map<std::string, std::string> suppression_cursors_;

    mutable std::mutex mutex_;
    std::condition_variable wake_;
    bool stopping_ = false;
    StewardFigures figures_;
    std::chrono::steady_clock::time_point last_turn_;
    std::thread thread_;
};

}  // namespace tapline
