#include "gateway/http/front.h"

#include <algorithm>

namespace tapline::http {

Front::Front(const Limits& its_limits, const UrlTable& its_urls, std::shared_ptr<Shared> its_shared)
    : limits(its_limits),
      urls(its_urls),
      shared(std::move(its_shared)),
      framer_limits{its_limits.uri_bytes, its_limits.headers, its_limits.header_bytes},
      now(Clock::now()),
      buffer(kBufferBytes) {
    spares_.reserve(kSparesMax);
}

Front::~Front() {
    for (const Exchange* exchange : spares_) delete exchange;
}

bool Front::has_place(Admission admission) const {
    std::size_t most = limits.requests_in_flight;
    if (admission != Admission::normal) most += limits.reserve_requests_late;
    if (admission == Admission::last) most += limits.reserve_requests_last;
    return counters().in_flight.load(std::memory_order_relaxed) < static_cast<std::int64_t>(most);
}

bool Front::body_fits(std::uint64_t bytes, Admission admission) const {
    const std::size_t reserve = admission == Admission::last ? limits.reserve_body_bytes : 0;
    const auto held = counters().body_bytes.load(std::memory_order_relaxed);
    return static_cast<std::uint64_t>(held) + bytes <= limits.buffered_body_bytes + reserve;
}

void Front::count_overload(Admission admission) const {
    count(counters(), Refusal::overloaded);
    if (admission != Admission::normal) count(counters().refused_last);
}

bool Front::holds_too_much(std::size_t bytes) const {
    const auto held = counters().io_bytes.load(std::memory_order_relaxed);
    return held > static_cast<std::int64_t>(limits.buffered_io_bytes) &&
           bytes > limits.buffered_io_bytes / std::max<std::size_t>(limits.connections, 1);
}

Exchange* Front::take_exchange() {
    Exchange* exchange = nullptr;
    if (spares_.empty()) {
        exchange = new Exchange(shared);
        exchange->framer.reset(framer_limits);
    } else {
        exchange = spares_.back();
        spares_.pop_back();
    }
    exchange->number = ++last_number_;
    return exchange;
}

void Front::release(Exchange* exchange) {
    const bool was_given_away = exchange->holders.load(std::memory_order_relaxed) != 0;
    if (was_given_away && !let_go(*exchange)) return;
    exchange->recycle(framer_limits);
    if (spares_.size() < kSparesMax) {
        spares_.push_back(exchange);
    } else {
        delete exchange;
    }
}

}  // namespace tapline::http
