#include "gateway/redis/mailbox.h"

#include <cerrno>
#include <cstdint>
#include <system_error>
#include <utility>

#include <sys/eventfd.h>
#include <unistd.h>

namespace tapline::redis {

Mailbox::Mailbox(std::size_t bytes_max)
    : bytes_max_(bytes_max), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

Result<void> Mailbox::put(std::string_view encoded, Command& command) {
    const std::size_t cost = held_bytes(encoded);
    if (held_.fetch_add(cost, std::memory_order_relaxed) + cost > bytes_max_) {
        release(cost);
        return fail(ErrorCode::unavailable, "redis: the queue to Redis is full; not sent");
    }
    bool must_wake = false;
    {
        const std::lock_guard lock(mutex_);
        if (!open_) {
            release(cost);
            return fail(ErrorCode::unavailable, "redis: not connected; not sent");
        }
        waiting_.add(encoded, std::move(command));
        must_wake = std::exchange(sleeping_, false);
    }
    if (must_wake) wake();
    return {};
}

bool Mailbox::open() {
    const std::lock_guard lock(mutex_);
    open_ = !shut_;
    return open_;
}

void Mailbox::close() {
    const std::lock_guard lock(mutex_);
    open_ = false;
}

void Mailbox::shut() {
    const std::lock_guard lock(mutex_);
    open_ = false;
    shut_ = true;
}

bool Mailbox::take(Batch& batch) {
    const std::lock_guard lock(mutex_);
    sleeping_ = waiting_.empty();
    if (sleeping_) return false;
    std::swap(batch, waiting_);
    return true;
}

void Mailbox::wake() {
    const std::uint64_t one = 1;
    // EAGAIN would mean 2^64 - 1 wakes that nobody read: the reader is awake then.
    [[maybe_unused]] const auto written = ::write(wake_.get(), &one, sizeof one);
}

void Mailbox::clear_wake() {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto got = ::read(wake_.get(), &count, sizeof count);
}

}  // namespace tapline::redis
