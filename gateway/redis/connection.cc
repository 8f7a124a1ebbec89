#include "gateway/redis/connection.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <utility>

#include <poll.h>

namespace tapline::redis {
namespace {

constexpr std::size_t kPipelinesInFlight = 2;
constexpr std::size_t kReadBytes = std::size_t{64} * 1024;
constexpr int kReadsPerRound = 16;
constexpr std::size_t kSpares = 4;
constexpr double kRoundTripWeight = 0.01;

// The server cannot do the work now; it says nothing about the health of a new connection.
bool is_unfit(const Reply& reply) {
    return reply.is_error("READONLY") || reply.is_error("LOADING") || reply.is_error("MASTERDOWN");
}

}  // namespace

Connection::Connection(Session session, Mailbox& mailbox, LinkCounters& counters,
                       std::chrono::milliseconds command_deadline)
    : session_(std::move(session)),
      mailbox_(mailbox),
      counters_(counters),
      command_deadline_(command_deadline),
      buffer_(kReadBytes),
      round_trip_seconds_(counters.round_trip_seconds.load()) {}

std::optional<Error> Connection::serve(const std::atomic<bool>& stopping) {
    while (!ending_) {
        // Read before the mailbox is: once it is set the mailbox is shut, so nothing can follow.
        const bool last = stopping.load();
        const bool idle = take();
        write();
        if (ending_ || (flying_.empty() && (leaving_ || last))) break;
        wait(idle);
        read();
        expire();
    }
    finish();
    return ending_;
}

// True: there is nothing to send, and the next put wakes us.
bool Connection::take() {
    if (leaving_) return false;
    if (!repeats_.empty()) {
        flying_.push_back(std::exchange(repeats_, spare()));
        unwritten_ = true;
    }
    if (flying_.size() >= kPipelinesInFlight) return false;
    Batch batch = spare();
    if (!mailbox_.take(batch)) {
        recycle(std::move(batch));
        return true;
    }
    counters_.pipelines.fetch_add(1, std::memory_order_relaxed);
    flying_.push_back(std::move(batch));
    unwritten_ = true;
    return false;
}

void Connection::write() {
    if (!unwritten_) return;
    std::array<std::string_view, 8> pieces;
    std::size_t used = 0;
    for (const Batch& batch : flying_) {
        if (used < pieces.size() && !batch.unwritten().empty()) pieces[used++] = batch.unwritten();
    }
    const auto count = session_.transport.write({pieces.data(), used});
    if (!count) return end(count.error().code, count.error().message);
    std::size_t left = *count;
    unwritten_ = false;
    for (Batch& batch : flying_) {
        const std::size_t part = std::min(left, batch.unwritten().size());
        batch.written += part;
        left -= part;
        unwritten_ = unwritten_ || !batch.unwritten().empty();
    }
}

void Connection::wait(bool idle) {
    const bool output = unwritten_ || session_.transport.needs_write();
    const short events = output ? POLLIN | POLLOUT : POLLIN;
    std::array<pollfd, 2> polled{
        {{session_.transport.fd(), events, 0}, {idle ? mailbox_.wake_fd() : -1, POLLIN, 0}}};
    timespec timeout{};
    const timespec* limit = nullptr;
    if (const auto since = oldest()) {
        const auto left = *since + command_deadline_ - Monotonic::now();
        const auto ns = std::max<std::int64_t>(std::chrono::nanoseconds(left).count(), 0);
        timeout = {static_cast<time_t>(ns / 1'000'000'000), static_cast<long>(ns % 1'000'000'000)};
        limit = &timeout;
    }
    const timespec at_once{};
    const int ready = ::ppoll(polled.data(), polled.size(), readable_ ? &at_once : limit, nullptr);
    now_ = Monotonic::now();
    if (ready <= 0) return;
    readable_ = readable_ || polled[0].revents != 0;
    if (polled[1].revents != 0) mailbox_.clear_wake();
}

void Connection::read() {
    for (int round = 0; readable_ && !ending_ && round < kReadsPerRound; ++round) {
        const auto count = session_.transport.read(buffer_);
        if (!count) {
            end(count.error().code, count.error().message);
            break;
        }
        readable_ = *count == buffer_.size();
        const auto consumed = session_.reader.consume(
            {buffer_.data(), *count}, [this](Reply reply) { answer(std::move(reply)); });
        if (!consumed && !ending_) {
            reset_ = true;
            end(consumed.error().code, consumed.error().message);
        }
    }
    mailbox_.release(std::exchange(released_, 0));
    counters_.round_trip_seconds.store(round_trip_seconds_, std::memory_order_relaxed);
}

void Connection::expire() {
    const auto since = oldest();
    if (ending_ || !since || now_ < *since + command_deadline_) return;
    reset_ = true;
    end(ErrorCode::unavailable,
        "no reply within " + std::to_string(command_deadline_.count()) + " ms");
}

void Connection::answer(Reply reply) {
    if (ending_) return;
    if (flying_.empty() ||
        flying_.front().commands[flying_.front().answered].begin >= flying_.front().written) {
        reset_ = true;
        return end(ErrorCode::corrupt, "a reply that nobody asked for");
    }
    Batch& batch = flying_.front();
    const std::size_t index = batch.answered++;
    Command command = std::move(batch.commands[index]);
    proved_ = proved_ || !is_unfit(reply);
    if (reply.is_error("READONLY")) {
        leaving_ = true;
        mailbox_.close();
    }
    if (reply.is_error("NOSCRIPT") && !command.source.empty() && !leaving_) {
        repeat(batch, index, std::move(command));
    } else {
        count_reply(command);
        released_ += held_bytes(batch.bytes_of(index));
        command.done(std::move(reply));
    }
    if (batch.done()) {
        recycle(std::move(batch));
        flying_.pop_front();
    }
}

void Connection::repeat(const Batch& batch, std::size_t index, Command command) {
    const std::string_view evalsha = batch.bytes_of(index);
    std::string eval;
    append_eval(eval, evalsha, std::exchange(command.source, {}));
    mailbox_.hold(held_bytes(eval) - held_bytes(evalsha));
    repeats_.add(eval, std::move(command));
    counters_.noscript.fetch_add(1, std::memory_order_relaxed);
}

void Connection::count_reply(const Command& command) {
    const std::chrono::duration<double> taken = now_ - command.submitted;
    round_trip_seconds_ += (taken.count() - round_trip_seconds_) * kRoundTripWeight;
    counters_.commands.fetch_add(1, std::memory_order_relaxed);
}

void Connection::finish() {
    mailbox_.close();
    if (reset_) {
        session_.transport.reset();
        counters_.resets.fetch_add(1, std::memory_order_relaxed);
    }
    const std::string why = ending_ ? ending_->message : "redis: the link was closed";
    const Error unknown{ending_ ? ending_->code : ErrorCode::unavailable,
                        why + "; the outcome is unknown"};
    for (Batch& batch : flying_) give_up(batch, unknown);
    flying_.clear();
    const Error not_sent{ErrorCode::unavailable, why + "; not sent"};
    give_up(repeats_, not_sent);
    Batch waiting;
    if (mailbox_.take(waiting)) give_up(waiting, not_sent);
    if (leaving_ && !ending_) {
        ending_ = Error{ErrorCode::unavailable, "redis: this server is read-only now"};
    }
}

void Connection::give_up(Batch& batch, const Error& error) {
    for (; batch.answered < batch.commands.size(); ++batch.answered) {
        mailbox_.release(held_bytes(batch.bytes_of(batch.answered)));
        const auto done = std::move(batch.commands[batch.answered].done);
        done(tl::unexpected(error));
    }
}

void Connection::end(ErrorCode code, const std::string& message) {
    ending_ = Error{code, message.starts_with("redis: ") ? message : "redis: " + message};
}

std::optional<Monotonic::time_point> Connection::oldest() const {
    std::optional<Monotonic::time_point> since;
    for (const Batch& batch : flying_) {
        const auto submitted = batch.commands[batch.answered].submitted;
        if (!since || submitted < *since) since = submitted;
    }
    return since;
}

Batch Connection::spare() {
    if (spares_.empty()) return {};
    Batch batch = std::move(spares_.back());
    spares_.pop_back();
    return batch;
}

void Connection::recycle(Batch batch) {
    if (spares_.size() == kSpares) return;
    batch.clear();
    spares_.push_back(std::move(batch));
}

}  // namespace tapline::redis
