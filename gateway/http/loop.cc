#include "gateway/http/loop.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <new>
#include <system_error>
#include <utility>

#include <sys/resource.h>
#include <unistd.h>

namespace tapline::http {
namespace {

constexpr int kEventsAtOnce = 64;
constexpr int kAcceptedAtOnce = 64;
constexpr std::size_t kBatch = 16;
constexpr std::chrono::milliseconds kAcceptPause{50};
// Connections above the limit that may wait for their client to read the 503.
constexpr std::size_t kTurnedAwayMax = 256;
// File descriptors that are left to the rest of the program when the limit is the process's.
constexpr std::size_t kSpareFds = 64;

// The process's own limit, if it is smaller, so that too many connections are told so with 503
// instead of waiting unaccepted.
std::size_t connections_max(std::size_t wanted) {
    rlimit files{};
    if (::getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur == RLIM_INFINITY) return wanted;
    const auto most = static_cast<std::size_t>(files.rlim_cur);
    const std::size_t reserved = std::min(kSpareFds + kTurnedAwayMax, most / 2);
    return std::min(wanted, most - reserved);
}

// Errors of accept that concern one connection; the next one may be good.
bool concerns_one_connection(int error) {
    switch (error) {
        case EMFILE:
        case ENFILE:
        case ENOBUFS:
        case ENOMEM:
        case EBADF:
        case EINVAL:
        case ENOTSOCK:
        case EFAULT:
            return false;
        default:
            return true;
    }
}

}  // namespace

Loop::Loop(Front& front, std::vector<Door>& doors, const TrustedProxies& proxies, Pool& pool)
    : front_(front),
      doors_(doors),
      proxies_(proxies),
      pool_(pool),
      epoll_fd_(::epoll_create1(EPOLL_CLOEXEC)),
      wheel_(Clock::now()),
      connections_max_(connections_max(front.limits.connections)) {
    if (epoll_fd_ < 0) throw std::system_error(errno, std::generic_category(), "epoll_create1");
    bool watched = watch(front_.shared->outbox.wake_fd(), EPOLLIN, nullptr, EPOLL_CTL_ADD);
    for (std::size_t i = 0; i < doors_.size(); ++i) {
        watched = watched && watch(doors_[i].listener.fd(), EPOLLIN, &doors_[i], EPOLL_CTL_ADD);
    }
    if (!watched) {
        const int error = errno;
        ::close(epoll_fd_);
        throw std::system_error(error, std::generic_category(), "epoll_ctl");
    }
}

Loop::~Loop() {
    ::close(epoll_fd_);
}

bool Loop::watch(int fd, std::uint32_t events, void* tag, int operation) const {
    epoll_event event{};
    event.events = events;
    event.data.ptr = tag;
    return ::epoll_ctl(epoll_fd_, operation, fd, &event) == 0;
}

void Loop::request_stop() {
    stop_requested_.store(true, std::memory_order_release);
    front_.shared->outbox.wake();
}

void Loop::run() {
    while (!is_drained()) {
        wait_and_handle();
        take_answers();
        strike_deadlines();
        if (stop_requested_.load(std::memory_order_acquire) && !front_.draining) begin_drain();
        pool_.submit(front_.batch);
        sweep();
    }
    // Once the outbox is closed, who answers deletes the exchange: no connection may know it then.
    for (const auto& connection : connections_) connection->close();
    Exchange* answered = front_.shared->outbox.close();
    while (answered != nullptr) {
        Exchange* next = answered->next_answered;
        answered->connection->take_answer(answered);
        answered = next;
    }
    connections_.clear();
}

int Loop::wait_ms() {
    if (!front_.shared->outbox.may_sleep()) return 0;
    const auto now = Clock::now();
    auto wait = wheel_.wait(now).value_or(std::chrono::hours(1));
    const auto earliest = std::min(drain_until_, resume_at_);
    if (earliest != Clock::time_point::max()) {
        wait = std::min(wait, std::chrono::ceil<std::chrono::milliseconds>(earliest - now));
    }
    return static_cast<int>(std::max(wait, std::chrono::milliseconds(0)).count());
}

void Loop::wait_and_handle() {
    std::array<epoll_event, kEventsAtOnce> events{};
    const int n = ::epoll_wait(epoll_fd_, events.data(), kEventsAtOnce, wait_ms());
    front_.shared->outbox.awake();
    front_.now = Clock::now();
    for (int i = 0; i < n; ++i) {
        handle(events[static_cast<std::size_t>(i)]);
        if (front_.batch.size() >= kBatch) pool_.submit(front_.batch);
    }
    if (resume_at_ <= front_.now) resume_accepting();
}

// An event's tag is null for the wake-up, else a door or a connection.
void Loop::handle(const epoll_event& event) {
    if (event.data.ptr == nullptr) {
        front_.shared->outbox.drain_wake_fd();
        return;
    }
    for (std::size_t i = 0; i < doors_.size(); ++i) {
        if (event.data.ptr != &doors_[i]) continue;
        accept_from(i);
        return;
    }
    handle_connection(*static_cast<Connection*>(event.data.ptr), event.events);
}

void Loop::handle_connection(Connection& connection, std::uint32_t events) {
    if (connection.is_closed()) return;
    try {
        if ((events & (EPOLLERR | EPOLLHUP)) != 0) {
            connection.on_hang_up();
        } else {
            if ((events & EPOLLOUT) != 0) connection.on_writable();
            if ((events & EPOLLIN) != 0) connection.on_readable();
        }
    } catch (const std::bad_alloc&) {
        connection.close();
    }
    settle(connection);
}

void Loop::settle(Connection& connection) {
    connection.account();
    if (connection.is_closed()) {
        note_closed(connection);
        return;
    }
    const std::uint32_t interest = connection.interest();
    if (interest != connection.registered_interest) {
        watch(connection.fd(), interest, &connection, EPOLL_CTL_MOD);
        connection.registered_interest = interest;
    }
    wheel_.set(connection, connection.deadline());
}

void Loop::note_closed(Connection& connection) {
    if (connection.is_noted) return;
    TimerWheel::cancel(connection);
    connection.is_noted = true;
    closed_.push_back(&connection);
}

// Connections are deleted only here, so that no event or answer of the same round finds them gone.
void Loop::sweep() {
    for (Connection* connection : closed_) {
        connection->is_noted = false;
        if (!connection->is_removable()) continue;
        const std::size_t at = connection->index;
        std::swap(connections_[at], connections_.back());
        connections_[at]->index = at;
        connections_.pop_back();
    }
    closed_.clear();
}

void Loop::take_answers() {
    Exchange* exchange = front_.shared->outbox.take();
    while (exchange != nullptr) {
        Exchange* next = exchange->next_answered;
        Connection& connection = *exchange->connection;
        connection.take_answer(exchange);
        if (connection.is_closed()) {
            note_closed(connection);
        } else if (!connection.is_noted) {
            connection.is_noted = true;
            answered_.push_back(&connection);
        }
        exchange = next;
    }
    for (Connection* connection : answered_) {
        connection->is_noted = false;
        try {
            connection->on_answers();
        } catch (const std::bad_alloc&) {
            connection->close();
        }
        settle(*connection);
        if (front_.batch.size() >= kBatch) pool_.submit(front_.batch);
    }
    answered_.clear();
}

void Loop::strike_deadlines() {
    while (Timer* timer = wheel_.pop(front_.now)) {
        auto& connection = static_cast<Connection&>(*timer);
        if (connection.deadline() <= front_.now) connection.on_deadline();
        settle(connection);
    }
}

void Loop::accept_from(std::size_t door) {
    for (int i = 0; i < kAcceptedAtOnce; ++i) {
        const Listener::Accepted accepted = doors_[door].listener.accept();
        if (accepted.fd >= 0) {
            admit(doors_[door], accepted);
            continue;
        }
        if (accepted.error == EAGAIN || accepted.error == EWOULDBLOCK) return;
        count(front_.counters().accept_errors);
        if (!concerns_one_connection(accepted.error)) {
            pause_accepting(door);
            return;
        }
    }
}

void Loop::admit(const Door& door, const Listener::Accepted& accepted) {
    Counters& counters = front_.counters();
    count(counters.accepted);
    const bool full = connections_.size() >= connections_max_;
    if (full) count(counters, Refusal::connections);
    if (full && (door.certificates != nullptr ||
                 connections_.size() >= connections_max_ + kTurnedAwayMax)) {
        ::close(accepted.fd);
        return;
    }
    SslPtr ssl;
    if (door.certificates != nullptr) {
        ssl = door.certificates->accept_on(accepted.fd);
        if (ssl == nullptr) {
            count(counters, Refusal::handshake);
            ::close(accepted.fd);
            return;
        }
    }
    Peer peer;
    peer.address = accepted.peer ? accepted.peer->to_string() : "unix";
    peer.trusted = accepted.peer ? proxies_.contains(*accepted.peer) : proxies_.trusts_unix();
    peer.secure = door.certificates != nullptr;
    connections_.push_back(
        std::make_unique<Connection>(front_, accepted.fd, std::move(ssl), std::move(peer)));
    Connection& connection = *connections_.back();
    connection.index = connections_.size() - 1;
    connection.registered_interest = EPOLLIN;
    if (!watch(accepted.fd, EPOLLIN, &connection, EPOLL_CTL_ADD)) {
        count(counters.accept_errors);
        connection.close();
    }
    if (full && !connection.is_closed()) connection.turn_away();
    settle(connection);
}

// Without file descriptors or memory a waiting connection would wake the loop again and again.
void Loop::pause_accepting(std::size_t door) {
    doors_[door].paused = true;
    watch(doors_[door].listener.fd(), 0, &doors_[door], EPOLL_CTL_MOD);
    resume_at_ = front_.now + kAcceptPause;
}

void Loop::resume_accepting() {
    resume_at_ = Clock::time_point::max();
    for (std::size_t i = 0; i < doors_.size(); ++i) {
        if (!doors_[i].paused || doors_[i].listener.fd() < 0) continue;
        doors_[i].paused = false;
        watch(doors_[i].listener.fd(), EPOLLIN, &doors_[i], EPOLL_CTL_MOD);
    }
}

void Loop::begin_drain() {
    front_.draining = true;
    drain_until_ = front_.now + front_.limits.drain;
    for (Door& door : doors_) door.listener.close();
    for (const auto& connection : connections_) {
        if (connection->is_closed()) continue;
        connection->on_drain();
        settle(*connection);
    }
}

bool Loop::is_drained() const {
    if (!front_.draining) return false;
    const auto open = front_.counters().connections.load(std::memory_order_relaxed);
    return open == 0 || front_.now >= drain_until_;
}

}  // namespace tapline::http
