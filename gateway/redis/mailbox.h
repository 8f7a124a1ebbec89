// Where many threads leave commands and the link's thread picks them all up at once.
//
// A put copies the bytes behind those that wait, under a lock that nobody holds for longer than
// such a copy. The link's thread is woken (eventfd) only if it said that it sleeps, so under load
// neither side makes a system call here.
//
// Bounded: what waits and what is in flight count together, until `release`.
// Thread-safe: put, shut, wake. The rest belongs to the link's thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <mutex>
#include <string_view>

#include "gateway/redis/batch.h"
#include "gateway/redis/fd.h"
#include "routes/error.h"

namespace tapline::redis {

class Mailbox {
  public:
    explicit Mailbox(std::size_t bytes_max);

    // Takes `command` over. unavailable: closed or full; then `command` is untouched.
    Result<void> put(std::string_view encoded, Command& command);

    // False: shut, and stays so.
    bool open();
    // Refuses puts; what waits can still be taken.
    void close();
    // Closes for ever.
    void shut();
    void wake();

    // Swaps what waits into `batch`. False: nothing waits, and the next put wakes `wake_fd`.
    // REQUIRES: `batch` is empty.
    bool take(Batch& batch);
    // A command of so many held bytes has been completed.
    void release(std::size_t bytes) { held_.fetch_sub(bytes, std::memory_order_relaxed); }
    void hold(std::size_t bytes) { held_.fetch_add(bytes, std::memory_order_relaxed); }

    int wake_fd() const { return wake_.get(); }
    void clear_wake();

  private:
    const std::size_t bytes_max_;
    Fd wake_;
    std::atomic<std::size_t> held_{0};
    std::mutex mutex_;
    Batch waiting_;  // under mutex_, as are the three below
    bool open_ = false;
    bool shut_ = false;
    bool sleeping_ = false;
};

}  // namespace tapline::redis
