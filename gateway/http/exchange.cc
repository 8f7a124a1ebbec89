#include "gateway/http/exchange.h"

#include <cerrno>
#include <system_error>
#include <utility>

#include <sys/eventfd.h>
#include <unistd.h>

#include "gateway/http/response.h"

namespace tapline::http {
namespace {

constexpr std::size_t kKeptOut = 4096;

// Stands for "closed" in Outbox::newest_; never dereferenced.
Exchange* closed_mark() {
    alignas(Exchange) static char mark = 0;
    return reinterpret_cast<Exchange*>(&mark);
}

// In the order of pushing, which is the reverse of the links.
Exchange* reversed(Exchange* newest) {
    Exchange* oldest = nullptr;
    while (newest != nullptr) {
        Exchange* older = std::exchange(newest->next_answered, oldest);
        oldest = newest;
        newest = older;
    }
    return oldest;
}

void answer(Exchange* exchange, Response&& response) {
    Counters& counters = exchange->shared->counters;
    const auto body = exchange->is_head ? BodyOutput::omit : BodyOutput::send;
    const int dropped = render(response, body, exchange->out);
    if (dropped > 0) counters.dropped_headers.fetch_add(static_cast<std::uint64_t>(dropped));
    if (response.close) exchange->close = true;
    counters.in_flight.fetch_sub(1, std::memory_order_relaxed);
    // The loop may free the exchange, and with it the last reference, as soon as it is pushed.
    const std::shared_ptr<Shared> shared = exchange->shared;
    if (!shared->outbox.push(exchange) && let_go(*exchange)) delete exchange;
}

}  // namespace

Outbox::Outbox() : wake_fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (wake_fd_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
}

Outbox::~Outbox() {
    ::close(wake_fd_);
}

bool Outbox::push(Exchange* exchange) {
    // Who sees "closed" may delete the exchange, so that must come after the loop's last look.
    Exchange* newest = newest_.load(std::memory_order_acquire);
    do {
        if (newest == closed_mark()) return false;
        exchange->next_answered = newest;
    } while (!newest_.compare_exchange_weak(newest, exchange, std::memory_order_seq_cst,
                                            std::memory_order_acquire));
    if (sleeping_.load(std::memory_order_seq_cst) && sleeping_.exchange(false)) wake();
    return true;
}

Exchange* Outbox::take() {
    if (newest_.load(std::memory_order_relaxed) == nullptr) return nullptr;
    return reversed(newest_.exchange(nullptr, std::memory_order_acquire));
}

bool Outbox::may_sleep() {
    sleeping_.store(true, std::memory_order_seq_cst);
    if (newest_.load(std::memory_order_seq_cst) == nullptr) return true;
    awake();
    return false;
}

void Outbox::wake() {
    const std::uint64_t one = 1;
    // It fails only when the counter is full, and then the loop is awake anyway.
    [[maybe_unused]] const auto written = ::write(wake_fd_, &one, sizeof one);
}

void Outbox::drain_wake_fd() const {
    std::uint64_t ignored = 0;
    [[maybe_unused]] const auto got = ::read(wake_fd_, &ignored, sizeof ignored);
}

Exchange* Outbox::close() {
    return reversed(newest_.exchange(closed_mark(), std::memory_order_acq_rel));
}

void Exchange::release_body() {
    framer.release_body();
    if (counted_body_bytes == 0) return;
    shared->counters.body_bytes.fetch_sub(counted_body_bytes, std::memory_order_relaxed);
    counted_body_bytes = 0;
}

void Exchange::recycle(const FramerLimits& limits) {
    release_body();
    framer.reset(limits);
    request.headers.clear();
    request.captures.clear();
    if (out.capacity() > kKeptOut) out = std::string();
    out.clear();
    is_head = false;
    close = false;
    ready = false;
    admission = Admission::normal;
    queued_bytes = 0;
    holders.store(0, std::memory_order_relaxed);
    connection = nullptr;
    next = nullptr;
    next_answered = nullptr;
}

bool let_go(Exchange& exchange) {
    return exchange.holders.fetch_sub(1, std::memory_order_acq_rel) == 1;
}

Responder make_responder(Exchange& exchange) {
    return Responder(
        [held = &exchange](Response&& response) { answer(held, std::move(response)); });
}

}  // namespace tapline::http
