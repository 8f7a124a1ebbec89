// What all connections of one loop share. The loop thread's alone, except where Shared says else.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/http/exchange.h"
#include "gateway/http/limits.h"
#include "gateway/http/timer_wheel.h"
#include "gateway/http/url_table.h"

namespace tapline::http {

class Front {
  public:
    // All outlive the front.
    Front(const Limits& limits, const UrlTable& urls, std::shared_ptr<Shared> shared);
    Front(const Front&) = delete;
    Front& operator=(const Front&) = delete;
    ~Front();

    const Limits& limits;
    const UrlTable& urls;
    const std::shared_ptr<Shared> shared;
    const FramerLimits framer_limits;
    Clock::time_point now;
    bool draining = false;
    std::vector<Exchange*> batch;  // complete requests that no worker has yet
    std::vector<char> buffer;      // for every read; idle connections keep none

    Counters& counters() const { return shared->counters; }
    // Whether one more request may be given to a handler.
    bool has_place(Admission admission) const;
    // Whether that many more body bytes fit into the budget.
    bool body_fits(std::uint64_t bytes, Admission admission) const;
    // Counts a refusal for overload.
    void count_overload(Admission admission) const;
    // Whether a connection that holds so many bytes beside bodies must close: all together hold too
    // much, and it holds more than its even share.
    bool holds_too_much(std::size_t bytes) const;

    // A fresh exchange, with the next number.
    Exchange* take_exchange();
    // The loop is done with it: its memory is used again, unless a worker still looks at it.
    void release(Exchange* exchange);

  private:
    static constexpr std::size_t kSparesMax = 512;
    static constexpr std::size_t kBufferBytes = 64U << 10;

    std::vector<Exchange*> spares_;
    std::uint64_t last_number_ = 0;
};

}  // namespace tapline::http
