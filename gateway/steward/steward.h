// The background duty. Once a second, for every queue of every brand: makes sure that its consumer
// group stands, removes acknowledged entries (fact `done`, counter `removed`), records reported
// outcomes, and reads the figures that the metrics page shows. Before that it asks whether Redis
// would accept a write, and whether it is still the Redis that this gateway filled.
//
// Each step is one script that checks and acts in one atomic act, so any number of gateways may run
// their stewards at once. It has a thread of its own and waits for Redis there; while Redis is away
// it does nothing and tries again at the next turn.
//
// A part that fails while Redis answers (a key of a wrong type) does not stop the others:
//
//     alarm steward.BRAND.QUEUE   this queue is not reaped or measured, and has no figures
//     alarm steward.BRAND         some outcome or the quarantine of this brand
//     alarm steward               what belongs to no brand
//     alarm steward.channels      when connections, profiles and buttons were last heard
//     alarm steward.config        whether all gateways have the same config
//
// Each is cleared by the first turn in which that part succeeds. A turn is bounded: a queue on
// which consumers hold very many entries is looked at in several turns, 10,000 held entries in
// each.
#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "gateway/intake/gateway_state.h"
#include "gateway/redis/link.h"
#include "gateway/steward/channels.h"
#include "gateway/steward/config_hashes.h"

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
    std::map<std::pair<std::string, std::string>, QueueFigures> queues;  // (brand, queue)
    std::map<std::string, QuarantineFigures> quarantine;                 // by brand
    double clock_skew_seconds = 0;                                       // Redis minus gateway
    HeardTable heard;  // when connections, profiles and buttons were heard
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
    Result<void> tend(const std::string& brand, const std::string& queue);
    Result<void> tend(const Brand& brand);
    Result<void> reap(const std::string& brand, const std::string& queue);
    Result<void> measure(const std::string& brand, const std::string& queue);
    Result<void> watch_quarantine(const std::string& brand);
    Result<std::string> newest_reason(const std::string& brand, const QuarantineFigures& figures);
    Result<void> watch_redis();
    Result<void> watch_writes();
    Result<void> watch_fingerprints();
    Result<void> watch_clock();
    Result<void> watch_channels();
    void note_mended(const std::string& brand, const std::string& queue, const std::string& mended);
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

    std::map<std::string, QuarantineFigures> last_quarantine_;  // by brand; steward's thread only

    mutable std::mutex mutex_;
    std::condition_variable wake_;
    bool stopping_ = false;
    StewardFigures figures_;
    std::chrono::steady_clock::time_point last_turn_;
    std::thread thread_;
};

}  // namespace tapline
