#include "gateway/http/pool.h"

#include <algorithm>

#include "gateway/http/signals.h"

namespace tapline::http {

Pool::Pool(int threads, const std::function<Run()>& make_run)
    : thread_count_(static_cast<std::size_t>(std::max(threads, 1))) {
    for (std::size_t i = 0; i < thread_count_; ++i) {
        threads_.emplace_back([this, make_run] {
            block_signals();
            work(make_run());
        });
    }
}

void Pool::submit(std::vector<Exchange*>& batch) {
    if (batch.empty()) return;
    std::size_t woken = 0;
    {
        const std::lock_guard lock(mutex_);
        queue_.insert(queue_.end(), batch.begin(), batch.end());
        woken = std::min(sleeping_, batch.size());
    }
    batch.clear();
    for (; woken > 0; --woken) changed_.notify_one();
}

bool Pool::take(std::vector<Exchange*>& taken) {
    std::unique_lock lock(mutex_);
    ++sleeping_;
    changed_.wait(lock, [this] { return stopping_ || head_ < queue_.size(); });
    --sleeping_;
    if (stopping_) return false;
    const std::size_t waiting = queue_.size() - head_;
    const std::size_t share = (waiting + thread_count_ - 1) / thread_count_;
    const auto begin = queue_.begin() + static_cast<std::ptrdiff_t>(head_);
    const auto n = std::clamp<std::size_t>(share, 1, kTakenAtOnce);
    taken.assign(begin, begin + static_cast<std::ptrdiff_t>(n));
    head_ += n;
    if (head_ == queue_.size()) {
        queue_.clear();
        head_ = 0;
    } else if (head_ >= kCompactAt) {
        queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(head_));
        head_ = 0;
    }
    return true;
}

void Pool::work(const Run& run) {
    std::vector<Exchange*> taken;
    while (take(taken)) {
        for (Exchange* exchange : taken) run(exchange);
    }
}

void Pool::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    for (std::thread& thread : threads_) {
        if (thread.joinable()) thread.join();
    }
    for (; head_ < queue_.size(); ++head_) {
        Exchange* exchange = queue_[head_];
        exchange->shared->counters.in_flight.fetch_sub(1, std::memory_order_relaxed);
        exchange->release_body();
        delete exchange;
    }
}

}  // namespace tapline::http
