// How long an operation may wait, and what ends the wait early.
//
//     const Patience patience{Monotonic::now() + 2s, stop_fd};
//     Result<void> ready = wait_for(socket, POLLIN, patience);
//
// Deadlines are on the monotonic clock: a step of the wall clock neither shortens nor prolongs one.
#pragma once

#include <chrono>

#include "routes/error.h"

namespace tapline::redis {

using Monotonic = std::chrono::steady_clock;

struct Patience {
    Monotonic::time_point until;
    int cancel_fd = -1;  // readable: give up now; -1: nothing cancels
};

// Waits until `fd` has one of `events` (or an error to be read); looks at least once, also when the
// deadline has passed. unavailable: the deadline passed or the wait was cancelled.
Result<void> wait_for(int fd, short events, const Patience& patience);

}  // namespace tapline::redis
