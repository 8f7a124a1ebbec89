// The front's threads take no signals: the program's signals go to the thread that asked for them,
// and writing to a closed TLS socket fails with EPIPE instead of ending the process.
#pragma once

#include <pthread.h>

#include <signal.h>

namespace tapline::http {

// For the calling thread.
inline void block_signals() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

}  // namespace tapline::http
