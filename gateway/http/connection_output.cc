// The output side of a connection: answers in order, what the socket does not take, the end.
#include <utility>

#include "gateway/http/connection.h"
#include "gateway/http/refusals.h"
#include "gateway/http/response.h"

namespace tapline::http {
namespace {

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

}  // namespace

void Connection::take_answer(Exchange* exchange) {
    --outstanding_;
    exchange->ready = true;
    if (is_closed()) {
        front_.release(exchange);
        return;
    }
    exchange->queued_bytes += exchange->out.size();
    queued_bytes_ += exchange->out.size();
}

void Connection::on_answers() {
    flush();
    take_leftover();
    if (can_read() && transport_.has_pending()) read_input();
}

void Connection::turn_away() {
    const Response response = overloaded();
    render(response, BodyOutput::send, out_);
    add_connection_close(out_, 0);
    input_ended_ = true;
    last_queued_ = true;
    writing_since_ = front_.now;
    flush();
}

bool Connection::is_last() const {
    return (input_ended_ || front_.draining) && first_ == nullptr && reading_ == nullptr &&
           (leftover_.empty() || input_ended_);
}

void Connection::flush() {
    while (state_ == State::open && first_ != nullptr && first_->ready && !last_queued_) {
        Exchange* exchange = std::exchange(first_, first_->next);
        if (first_ == nullptr) last_ = nullptr;
        --waiting_;
        queued_bytes_ -= exchange->queued_bytes;
        if (exchange->close || is_last()) {
            add_connection_close(exchange->out, 0);
            last_queued_ = true;
            input_ended_ = true;
        }
        const bool more_is_ready = first_ != nullptr && first_->ready && !last_queued_;
        if (out_.empty() && !more_is_ready) {
            write_now(exchange->out);
        } else {
            if (out_.empty()) writing_since_ = front_.now;
            out_ += exchange->out;
        }
        front_.release(exchange);
    }
    if (state_ == State::open && !out_.empty()) write_out();
    if (state_ == State::open && out_.empty()) {
        since_ = front_.now;
        if (last_queued_) {
            linger();
        } else if ((peer_ended_ || front_.draining) && is_idle()) {
            linger();
        } else {
            send_continue();
        }
    }
}

void Connection::write_now(std::string_view bytes) {
    while (!bytes.empty()) {
        const auto outcome = transport_.write(bytes);
        if (outcome.status == Transport::Status::again) {
            out_.assign(bytes);
            writing_since_ = front_.now;
            return;
        }
        if (outcome.status != Transport::Status::done) {
            close();
            return;
        }
        bytes.remove_prefix(outcome.bytes);
    }
}

void Connection::write_out() {
    while (out_at_ < out_.size()) {
        const auto outcome = transport_.write(std::string_view(out_).substr(out_at_));
        if (outcome.status == Transport::Status::again) {
            // What is sent is dropped now and then, so that a client that always leaves a rest
            // does not make the buffer grow.
            if (out_at_ < out_.size() - out_at_) return;
            out_.erase(0, out_at_);
            out_at_ = 0;
            return;
        }
        if (outcome.status != Transport::Status::done) {
            close();
            return;
        }
        out_at_ += outcome.bytes;
    }
    out_ = std::string();
    out_at_ = 0;
}

void Connection::send_continue() {
    if (!wants_continue_ || reading_ == nullptr || first_ != nullptr) return;
    wants_continue_ = false;
    reading_since_ = front_.now;
    write_now(kContinue);
}

// Closing with input unread would reset the connection and could destroy the last response on its
// way, so the end of output is sent first and input is dropped until the peer ends too.
void Connection::linger() {
    state_ = State::lingering;
    drop_reading();
    leftover_ = std::string();
    transport_.end_output();
    if (peer_ended_) close();
}

}  // namespace tapline::http
