#include <algorithm>
#include <cassert>
#include <csignal>
#include <pthread.h>
#include <utility>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "gateway/redis/link_impl.h"

namespace tapline::redis {

Link::Impl::Impl(Endpoint endpoint, LinkOptions options, OnConnect on_connect, OnLost on_lost)
    : endpoint_(std::move(endpoint)),
      options_(std::move(options)),
      on_connect_(std::move(on_connect)),
      on_lost_(std::move(on_lost)),
      mailbox_(options_.queue_bytes_max),
      stop_fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      random_(std::random_device{}()) {}

void Link::Impl::start() {
    const std::lock_guard lock(lifecycle_mutex_);
    assert(!thread_.joinable());
    if (!stopping_) thread_ = std::thread([this] { run(); });
}

void Link::Impl::stop() {
    // In this order: who sees `stopping_` finds a mailbox to which nothing can be added.
    mailbox_.shut();
    stopping_ = true;
    mailbox_.wake();
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(stop_fd_.get(), &one, sizeof one);
    const std::lock_guard lock(lifecycle_mutex_);
    if (thread_.joinable()) thread_.join();
}

bool Link::Impl::wait_connected(std::chrono::milliseconds patience) const {
    std::unique_lock lock(state_mutex_);
    return state_changed_.wait_for(lock, patience, [this] { return connected_; });
}

void Link::Impl::put(std::string_view encoded, std::string_view source, Completion done) {
    Command command{std::move(done), Monotonic::now(), source, 0};
    if (const auto taken = mailbox_.put(encoded, command); !taken) {
        command.done(tl::unexpected(taken.error()));
    }
}

LinkStats Link::Impl::stats() const {
    LinkStats stats;
    stats.connects = counters_.connects;
    stats.resets = counters_.resets;
    stats.commands = counters_.commands;
    stats.pipelines = counters_.pipelines;
    stats.noscript = counters_.noscript;
    stats.round_trip_seconds = counters_.round_trip_seconds;
    const std::lock_guard lock(state_mutex_);
    stats.connected = connected_;
    stats.last_error = last_error_;
    return stats;
}

// The thread of the link. Signals are left to the threads of the program that expect them; SIGPIPE
// in particular would end the process when a TLS peer closes.
void Link::Impl::run() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, nullptr);
    thread_id_ = std::this_thread::get_id();
    int attempt = 0;
    while (!stopping_) {
        auto session = connect();
        bool proved = false;
        if (session) {
            proved = serve(std::move(*session));
        } else {
            note(session.error());
        }
        attempt = proved ? 0 : attempt + 1;
        if (!stopping_) back_off(attempt);
    }
}

Result<Session> Link::Impl::connect() {
    const Patience patience{Monotonic::now() + options_.connect_deadline, stop_fd_.get()};
    auto session = Session::open(endpoint_, options_.client_name, resolver_, patience);
    if (!session || !on_connect_) return session;
    const auto checked =
        on_connect_([&](const std::string& command) { return session->ask(command, patience); });
    if (!checked) return tl::unexpected(checked.error());
    return session;
}

// Returns whether the connection did any work.
bool Link::Impl::serve(Session session) {
    Connection connection(std::move(session), mailbox_, counters_, options_.command_deadline);
    if (!mailbox_.open()) return false;
    counters_.connects.fetch_add(1);
    lost_ = false;
    set_connected(true);
    const auto ended = connection.serve(stopping_);
    set_connected(false);
    if (ended) note(*ended);
    return connection.proved();
}

// Full jitter: many gateways that lost the same Redis do not come back in step.
void Link::Impl::back_off(int attempt) {
    const auto doublings = std::min(attempt, 20);
    const auto most = std::min(options_.backoff_first * (1 << doublings), options_.backoff_most);
    std::uniform_int_distribution<std::int64_t> delay(0, most.count());
    const Patience patience{Monotonic::now() + std::chrono::milliseconds(delay(random_))};
    // Ends with the time or with stop(); which of them does not matter.
    (void)wait_for(stop_fd_.get(), POLLIN, patience);
}

void Link::Impl::set_connected(bool connected) {
    {
        const std::lock_guard lock(state_mutex_);
        connected_ = connected;
    }
    state_changed_.notify_all();
}

void Link::Impl::note(const Error& error) {
    {
        const std::lock_guard lock(state_mutex_);
        last_error_ = error.message;
    }
    if (stopping_ || std::exchange(lost_, true) || !on_lost_) return;
    on_lost_(error);
}

}  // namespace tapline::redis
