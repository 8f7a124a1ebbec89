// The background duty. Once a second, for every queue of every brand: makes sure that its consumer
// group stands, removes acknowledged entries (fact `done`, counter `removed`), records reported
// outcomes, and reads the figures that the metrics page shows.
//
// Each step is one script that checks and acts in one atomic act, so any number of gateways may run
// their stewards at once. It has a thread of its own and waits for Redis there; while Redis is away
// it does nothing and tries again at the next turn.
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "gateway/intake/gateway_state.h"
#include "gateway/redis/link.h"

namespace tapline {

struct QueueFigures {
    std::int64_t depth = 0;            // entries in the stream, delivered or not
    std::int64_t pending = 0;          // delivered and not acknowledged
    double oldest_seconds = 0;         // age of the oldest entry
    std::int64_t removed = 0;          // acknowledged entries removed so far, by any steward
    std::int64_t foreign_deletes = 0;  // entries that somebody else deleted
    std::int64_t resets = 0;           // how often somebody deleted the whole stream
};

struct StewardFigures {
    std::map<std::pair<std::string, std::string>, QueueFigures> queues;  // (brand, queue)
    std::map<std::string, std::int64_t> quarantine;                      // entries by brand
    double clock_skew_seconds = 0;                                       // Redis minus gateway
};

class Steward {
  public:
    Steward(GatewayState& state, redis::Link& link);
    Steward(const Steward&) = delete;
    Steward& operator=(const Steward&) = delete;
    ~Steward();  // stop()

    void start();
    void stop();

    // One whole turn, on the caller's thread. An error ends the turn.
    Result<void> turn();

    StewardFigures figures() const;

  private:
    Result<void> reap(const std::string& brand, const std::string& queue);
    Result<void> measure(const std::string& brand, const std::string& queue);
    Result<void> watch_quarantine(const std::string& brand);
    Result<void> watch_clock();
    void run();

    GatewayState& state_;
    redis::Link& link_;
    redis::Script reap_script_;
    StewardFigures measured_;  // of the turn under way; the steward's thread only

    mutable std::mutex mutex_;
    std::condition_variable wake_;
    bool stopping_ = false;
    StewardFigures figures_;
    std::thread thread_;
};

}  // namespace tapline
