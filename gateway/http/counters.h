// What the front counts. Written with relaxed order by its threads; readable at any time.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "gateway/http/refusal.h"

namespace tapline::http {

struct Counters {
    std::atomic<std::uint64_t> accepted{0};  // connections
    std::atomic<std::uint64_t> accept_errors{0};
    std::atomic<std::uint64_t> requests{0};         // complete requests given to a handler
    std::atomic<std::uint64_t> exceptions{0};       // handlers that threw: answered 500
    std::atomic<std::uint64_t> dropped_headers{0};  // of handlers: not valid, or the front's own
    std::atomic<std::int64_t> connections{0};       // open now
    std::atomic<std::int64_t> in_flight{0};         // given to a handler, not answered yet
    std::atomic<std::int64_t> body_bytes{0};        // buffered now
    std::atomic<std::int64_t> io_bytes{0};          // buffered now beside bodies
    // Of endpoints with a reserve (Admission late and last): requests that only it let in to a
    // handler, and requests refused for overload in spite of it (which count under `refused` too).
    std::atomic<std::uint64_t> reserve_used{0};
    std::atomic<std::uint64_t> refused_last{0};
    std::array<std::atomic<std::uint64_t>, static_cast<std::size_t>(Refusal::count)> refused{};
};

inline void count(std::atomic<std::uint64_t>& counter) {
    counter.fetch_add(1, std::memory_order_relaxed);
}

inline void count(Counters& counters, Refusal refusal) {
    count(counters.refused[static_cast<std::size_t>(refusal)]);
}

}  // namespace tapline::http
