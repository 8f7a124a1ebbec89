// All events of one request, accepted together and answered once.
//
// Events of one customer, or of one call, are accepted one after the other, so that they stand on
// the queue in their order and each knows of the one before; those of different customers go
// together, with at most kBatchWindow under way, so that a request of ten thousand lines neither
// floods the link nor waits for one round trip each. `done` runs once, when every item has its
// verdict, on the link's thread (or on the caller's, when no item had to wait). Each accepted
// contact is one log line, with request id and tracking number.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "gateway/intake/gateway_state.h"

namespace tapline {

inline constexpr std::size_t kBatchWindow = 512;

// What became of one item of a request.
struct Verdict {
    enum class State {
        accepted,     // queued or recorded
        seen,         // answered from its mark
        quarantined,  // authentic, but not usable: kept raw
        invalid,      // refused; the sender gets the reason
        conflict,     // the same id with another body
        unavailable,  // not safe anywhere: the sender must repeat it
    };
    State state = State::unavailable;
    std::string event_id;
    Mark mark;
    std::string reason;
};
std::string_view to_string(Verdict::State state);

// One item before it has a verdict: a job, or what is wrong with it.
struct BatchItem {
    std::optional<AcceptJob> job;
    // Without a job: kept in quarantine when `quarantine` is set, else refused with `reason`.
    std::optional<Acceptor::Quarantined> quarantine;
    std::string reason;
    std::string event_id = {};  // of what is refused, where it could be read
};

// For logs and counters.
struct BatchOrigin {
    std::string connection;
    std::string request_id;
    // When the request was complete, for tapline_accept_seconds.
    std::chrono::steady_clock::time_point began = std::chrono::steady_clock::now();
};

// What answers the request. The time is counted before: who reads the metrics after the answer
// finds it there.
using BatchDone = std::function<void(std::vector<Verdict>)>;
void accept_batch(GatewayState& state, BatchOrigin origin, std::vector<BatchItem> items,
                  BatchDone done);

}  // namespace tapline
