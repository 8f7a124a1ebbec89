#include "gateway/http/connection.h"

#include <algorithm>
#include <array>
#include <utility>

#include <sys/epoll.h>

#include "gateway/http/refusals.h"
#include "gateway/http/response.h"

namespace tapline::http {
namespace {

// A client that reads slower than it asks is not read from above this.
constexpr std::size_t kOutBytesHigh = 256U << 10;
// A refused body of at most this size is read and dropped, so that the connection can go on.
constexpr std::uint64_t kDiscardedBodyMax = 64U << 10;

}  // namespace

Connection::Connection(Front& front, int fd, SslPtr ssl, Peer peer)
    : front_(front),
      transport_(fd, std::move(ssl)),
      state_(transport_.is_tls() ? State::handshake : State::open),
      peer_(std::move(peer)),
      since_(front.now) {
    front_.counters().connections.fetch_add(1, std::memory_order_relaxed);
}

Connection::~Connection() {
    close();
}

void Connection::close() {
    if (is_closed()) return;
    state_ = State::closed;
    transport_.close();
    drop_reading();
    while (first_ != nullptr) {
        Exchange* exchange = std::exchange(first_, first_->next);
        if (exchange->ready) front_.release(exchange);
    }
    last_ = nullptr;
    out_ = std::string();
    leftover_ = std::string();
    note_held(0);
    front_.counters().connections.fetch_sub(1, std::memory_order_relaxed);
}

void Connection::drop_reading() {
    if (reading_ != nullptr) front_.release(std::exchange(reading_, nullptr));
}

std::size_t Connection::held_bytes() const {
    const std::size_t head = reading_ == nullptr ? 0 : reading_->framer.head_bytes();
    return leftover_.size() + out_.size() + queued_bytes_ + head;
}

void Connection::note_held(std::size_t bytes) {
    const auto more = static_cast<std::int64_t>(bytes) - static_cast<std::int64_t>(noted_bytes_);
    if (more == 0) return;
    front_.counters().io_bytes.fetch_add(more, std::memory_order_relaxed);
    noted_bytes_ = bytes;
}

void Connection::account() {
    if (is_closed()) return;
    const std::size_t held = held_bytes();
    note_held(held);
    if (!front_.holds_too_much(held)) return;
    count(front_.counters(), Refusal::overloaded);
    close();
}

bool Connection::has_room() const {
    return waiting_ < front_.limits.pipelined && out_.size() - out_at_ < kOutBytesHigh;
}

bool Connection::can_read() const {
    return state_ == State::open && !input_ended_ && leftover_.empty() && has_room();
}

bool Connection::is_idle() const {
    return reading_ == nullptr && first_ == nullptr && out_.empty() && leftover_.empty();
}

std::uint32_t Connection::interest() const {
    const bool wants_write = transport_.wants_write();
    switch (state_) {
        case State::handshake:
            return EPOLLIN | (wants_write ? EPOLLOUT : 0U);
        case State::open: {
            // What TLS must write before it can read matters only while input is wanted.
            const bool reads = can_read();
            const bool writes = !out_.empty() || (wants_write && reads);
            return (reads ? EPOLLIN : 0U) | (writes ? EPOLLOUT : 0U);
        }
        case State::lingering:
            return EPOLLIN;
        case State::closed:
            break;
    }
    return 0;
}

Clock::time_point Connection::deadline() const {
    const Limits& limits = front_.limits;
    if (state_ == State::handshake) return since_ + limits.handshake_deadline;
    if (state_ == State::lingering) return since_ + limits.linger;
    if (state_ == State::closed) return Clock::time_point::max();
    if (is_idle()) return since_ + limits.idle_deadline;
    auto due = Clock::time_point::max();
    if (!out_.empty()) due = writing_since_ + limits.write_deadline;
    if (reading_ == nullptr || wants_continue_ || !can_read()) return due;
    if (!reading_->framer.head_complete()) {
        return std::min(due, reading_since_ + limits.header_deadline);
    }
    const std::uint64_t rate = std::max<std::uint64_t>(limits.body_bytes_per_second, 1);
    const auto earned = static_cast<std::int64_t>(reading_->framer.body_received() * 1000 / rate);
    return std::min(due, reading_since_ + limits.body_grace + std::chrono::milliseconds(earned));
}

void Connection::on_deadline() {
    if (state_ == State::handshake) count(front_.counters(), Refusal::handshake);
    const bool stuck = !out_.empty() && writing_since_ + front_.limits.write_deadline <= front_.now;
    if (stuck) count(front_.counters(), Refusal::deadline);
    if (state_ != State::open || stuck || reading_ == nullptr) {
        close();
        return;
    }
    refuse(problem(408, "Request Timeout", "The request came too slowly."), Refusal::deadline);
    flush();
}

void Connection::on_drain() {
    if (state_ == State::handshake || (state_ == State::open && is_idle())) {
        transport_.end_output();
        close();
    }
}

void Connection::on_readable() {
    if (state_ == State::handshake) shake_hands();
    if (state_ == State::lingering) {
        const auto outcome = transport_.discard(front_.buffer.data(), front_.buffer.size());
        using Status = Transport::Status;
        if (outcome.status == Status::end || outcome.status == Status::failed) close();
        return;
    }
    if (can_read()) read_input();
}

void Connection::on_writable() {
    if (state_ == State::handshake) shake_hands();
    on_answers();
    if (can_read() && transport_.wants_write()) read_input();
}

void Connection::on_hang_up() {
    // What a peer sent before it left is still read; without more to read nothing can be finished.
    if (can_read()) {
        read_input();
    } else {
        close();
    }
}

void Connection::shake_hands() {
    switch (transport_.handshake()) {
        case Transport::Status::done:
            state_ = State::open;
            since_ = front_.now;
            break;
        case Transport::Status::again:
            break;
        case Transport::Status::end:
        case Transport::Status::failed:
            count(front_.counters(), Refusal::handshake);
            close();
            break;
    }
}

void Connection::read_input() {
    do {
        const auto outcome = transport_.read(front_.buffer.data(), front_.buffer.size());
        switch (outcome.status) {
            case Transport::Status::again:
                return;
            case Transport::Status::failed:
                close();
                return;
            case Transport::Status::end:
                end_input();
                return;
            case Transport::Status::done:
                take({front_.buffer.data(), outcome.bytes}, Input::fresh);
                flush();
                take_leftover();
                break;
        }
    } while (can_read() && transport_.has_pending());
}

void Connection::end_input() {
    drop_reading();
    input_ended_ = true;
    peer_ended_ = true;
    if (is_idle()) close();
}

void Connection::take_leftover() {
    while (!leftover_.empty() && state_ == State::open && !input_ended_ && has_room()) {
        const std::string in = std::exchange(leftover_, std::string());
        // The wait was ours, so the client's time begins again.
        reading_since_ = front_.now;
        take(in, Input::leftover);
        flush();
    }
}

void Connection::take(std::string_view in, Input input) {
    while (!in.empty() && !input_ended_) {
        if (!has_room()) {
            leftover_.assign(in);
            return;
        }
        if (reading_ == nullptr) begin_request();
        std::size_t used = 0;
        Framer::Step step = reading_->framer.feed(in, used);
        in.remove_prefix(used);
        if (step == Framer::Step::head) step = on_head();
        if (reading_ == nullptr || !count_body()) continue;
        if (step == Framer::Step::complete) {
            on_complete();
            // A stopping server answers what it has read, but reads no further request.
            const bool more_was_read = input == Input::leftover && !in.empty();
            if (front_.draining && !more_was_read) input_ended_ = true;
        } else if (step == Framer::Step::refused) {
            const Framer::Refused why = reading_->framer.refused();
            refuse(problem(why.status, reason_phrase(why.status), why.detail), why.refusal);
        }
    }
}

void Connection::begin_request() {
    reading_ = front_.take_exchange();
    reading_->connection = this;
    reading_->peer = peer_.address;
    reading_->peer_trusted = peer_.trusted;
    reading_->secure = peer_.secure;
    reading_since_ = front_.now;
    wants_continue_ = false;
}

Framer::Step Connection::on_head() {
    Exchange& exchange = *reading_;
    Framer& framer = exchange.framer;
    reading_since_ = front_.now;
    exchange.is_head = framer.method() == "HEAD";
    if (framer.target() == "*") return reject(server_options(), Refusal::count);
    const std::string_view target = framer.target();
    front_.urls.find(framer.method(), target.substr(0, target.find('?')), exchange.match);
    if (exchange.match.endpoint == nullptr) {
        return exchange.match.path_known
                   ? reject(method_not_allowed(exchange.match.allow), Refusal::method)
                   : reject(not_found(), Refusal::not_found);
    }
    if (!framer.keep_body(exchange.match.body_max())) return Framer::Step::refused;
    exchange.admission = exchange.match.admission();
    const bool declared = framer.body_kind() == Framer::Body::length;
    if (!front_.has_place(exchange.admission) ||
        (declared && !front_.body_fits(framer.declared_length(), exchange.admission))) {
        return reject(overloaded(), Refusal::overloaded);
    }
    if (framer.body_kind() == Framer::Body::none) return Framer::Step::complete;
    wants_continue_ = framer.expects_continue();
    return Framer::Step::more;
}

// False when the budget of all bodies is used up; then the request was refused.
bool Connection::count_body() {
    Exchange& exchange = *reading_;
    const auto bytes = static_cast<std::int64_t>(exchange.framer.body().size());
    const std::int64_t more = bytes - exchange.counted_body_bytes;
    if (more == 0) return true;
    wants_continue_ = false;
    front_.counters().body_bytes.fetch_add(more, std::memory_order_relaxed);
    exchange.counted_body_bytes = bytes;
    if (front_.body_fits(0, exchange.admission)) return true;
    refuse(overloaded(), Refusal::overloaded);
    return false;
}

void Connection::on_complete() {
    Exchange* exchange = std::exchange(reading_, nullptr);
    wants_continue_ = false;
    if (exchange->framer.wants_close()) {
        exchange->close = true;
        input_ended_ = true;
    }
    if (!exchange->ready && !front_.has_place(exchange->admission)) {
        front_.count_overload(exchange->admission);
        render(overloaded(), exchange->is_head ? BodyOutput::omit : BodyOutput::send,
               exchange->out);
        exchange->ready = true;
    }
    enqueue(exchange);
    if (!exchange->ready) dispatch(exchange);
}

void Connection::enqueue(Exchange* exchange) {
    (last_ == nullptr ? first_ : last_->next) = exchange;
    last_ = exchange;
    ++waiting_;
    exchange->queued_bytes =
        sizeof(Exchange) + exchange->framer.head_bytes() + exchange->out.size();
    queued_bytes_ += exchange->queued_bytes;
}

void Connection::dispatch(Exchange* exchange) {
    ++outstanding_;
    if (!front_.has_place(Admission::normal)) count(front_.counters().reserve_used);
    exchange->holders.store(2, std::memory_order_relaxed);
    front_.counters().in_flight.fetch_add(1, std::memory_order_relaxed);
    count(front_.counters().requests);
    front_.batch.push_back(exchange);
}

void Connection::count_refusal(const Exchange& exchange, Refusal refusal) const {
    if (refusal == Refusal::overloaded) {
        front_.count_overload(exchange.admission);
    } else if (refusal != Refusal::count) {
        count(front_.counters(), refusal);
    }
}

// Answers a request whose head is good. Its body is dropped when it is small, else not read at all:
// then, and where nobody knows how long it is, the connection ends behind the answer.
Framer::Step Connection::reject(const Response& response, Refusal refusal) {
    Framer& framer = reading_->framer;
    const bool small = framer.body_kind() == Framer::Body::length && !framer.expects_continue() &&
                       framer.declared_length() <= kDiscardedBodyMax;
    const bool has_body = framer.body_kind() != Framer::Body::none || framer.lacks_length();
    if (has_body && !small) {
        refuse(response, refusal);
        return Framer::Step::more;
    }
    count_refusal(*reading_, refusal);
    render(response, reading_->is_head ? BodyOutput::omit : BodyOutput::send, reading_->out);
    reading_->ready = true;
    if (!small) return Framer::Step::complete;
    framer.discard_body();
    return Framer::Step::more;
}

// Answers the request that is being read and ends the connection after it.
void Connection::refuse(const Response& response, Refusal refusal) {
    Exchange* exchange = std::exchange(reading_, nullptr);
    count_refusal(*exchange, refusal);
    exchange->out.clear();
    render(response, exchange->is_head ? BodyOutput::omit : BodyOutput::send, exchange->out);
    exchange->ready = true;
    exchange->close = true;
    exchange->release_body();
    input_ended_ = true;
    wants_continue_ = false;
    enqueue(exchange);
}

}  // namespace tapline::http
