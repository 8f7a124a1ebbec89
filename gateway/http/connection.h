// One connection: input to requests, answers to output, in the order of the requests.
//
// The loop thread's alone. Every on_... call may change what the connection waits for: the loop
// then asks interest(), deadline() and is_closed(). An idle connection keeps no buffers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/http/exchange.h"
#include "gateway/http/front.h"
#include "gateway/http/timer_wheel.h"
#include "gateway/http/transport.h"

namespace tapline::http {

struct Peer {
    std::string address;  // "unix" for a Unix socket
    bool trusted = false;
    bool secure = false;
};

class Connection : public Timer {
  public:
    Connection(Front& front, int fd, SslPtr ssl, Peer peer);
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    ~Connection();

    void on_readable();
    void on_writable();
    // The peer is gone or the socket broke.
    void on_hang_up();
    // REQUIRES: Clock has passed deadline().
    void on_deadline();
    // The server stops: closes at once what has nothing to finish.
    void on_drain();
    // Notes that one of this connection's requests was answered; on_answers follows.
    void take_answer(Exchange* exchange);
    void on_answers();
    // Answers 503 without reading and closes.
    void turn_away();
    // Counts what it holds beside bodies; closes when that is too much. For the loop, after all of
    // the above.
    void account();

    int fd() const { return transport_.fd(); }
    // The epoll events it waits for.
    std::uint32_t interest() const;
    // Clock::time_point::max(): none.
    Clock::time_point deadline() const;
    bool is_closed() const { return state_ == State::closed; }
    // Closed, and no answer to one of its requests is to come.
    bool is_removable() const { return is_closed() && outstanding_ == 0; }
    void close();

    // For the loop's books.
    std::uint32_t registered_interest = 0;
    std::size_t index = 0;
    bool is_noted = false;

  private:
    enum class State : std::uint8_t { handshake, open, lingering, closed };
    enum class Input : std::uint8_t { fresh, leftover };

    bool has_room() const;
    bool can_read() const;
    bool is_idle() const;
    void shake_hands();
    void read_input();
    void end_input();
    void take(std::string_view in, Input input);
    void take_leftover();
    void begin_request();
    Framer::Step on_head();
    void on_complete();
    bool count_body();
    Framer::Step reject(const Response& response, Refusal refusal);
    void refuse(const Response& response, Refusal refusal);
    // Refusal::count: none.
    void count_refusal(const Exchange& exchange, Refusal refusal) const;
    void enqueue(Exchange* exchange);
    void dispatch(Exchange* exchange);
    void drop_reading();
    std::size_t held_bytes() const;
    void note_held(std::size_t bytes);

    void flush();
    bool is_last() const;
    void write_now(std::string_view bytes);
    void write_out();
    void send_continue();
    void linger();

    Front& front_;
    Transport transport_;
    State state_;
    bool input_ended_ = false;     // no further request is read
    bool peer_ended_ = false;      // the peer sends nothing more
    bool last_queued_ = false;     // no further response is sent
    bool wants_continue_ = false;  // 100 is due before the body comes
    Peer peer_;
    Exchange* reading_ = nullptr;
    Exchange* first_ = nullptr;  // complete requests whose responses are not queued, in order
    Exchange* last_ = nullptr;
    std::uint32_t waiting_ = 0;      // how many these are
    std::uint32_t outstanding_ = 0;  // how many of all its requests handlers have
    std::string out_;                // what the socket did not take yet
    std::size_t out_at_ = 0;
    std::string leftover_;             // read, but waiting for room
    std::size_t queued_bytes_ = 0;     // of the exchanges from first_ on
    std::size_t noted_bytes_ = 0;      // its part of Counters::io_bytes
    Clock::time_point since_;          // of the handshake, of idleness, of lingering
    Clock::time_point reading_since_;  // of the head, then of the body
    Clock::time_point writing_since_;
};

}  // namespace tapline::http
