// The threads that run handlers. The loop hands over requests in batches and a thread takes several
// at once, so that a busy server pays for few wake-ups.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "gateway/http/exchange.h"

namespace tapline::http {

class Pool {
  public:
    using Run = std::function<void(Exchange*)>;

    // `make_run` is called in each of the threads, so that each owns what its runs need.
    Pool(int threads, const std::function<Run()>& make_run);
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;
    ~Pool() { stop(); }

    // Takes all of the batch and leaves it empty. Thread-safe.
    void submit(std::vector<Exchange*>& batch);

    // Waits for the runs that have begun; what waits is given up and deleted. Idempotent.
    void stop();

  private:
    static constexpr std::size_t kTakenAtOnce = 8;
    static constexpr std::size_t kCompactAt = 1024;

    void work(const Run& run);
    bool take(std::vector<Exchange*>& taken);

    const std::size_t thread_count_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<Exchange*> queue_;  // from head_ on
    std::size_t head_ = 0;
    std::size_t sleeping_ = 0;
    bool stopping_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace tapline::http
