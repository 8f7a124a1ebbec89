// One connection of the link from its greeting to its end: what is in flight on it, and in which
// order it is written, answered and given up.
//
// At most two pipelines are in flight: while Redis works on one, the next lies in its socket
// buffer, and everything else gathers in the mailbox for the one after that. So Redis never idles,
// and the busier it is, the larger the groups.
//
// Order: commands of one thread are sent as they were submitted and answered in that order. The one
// exception is a script that Redis does not know: its call is repeated as EVAL ahead of all that
// waits, but behind what was in flight with it.
//
// All of it runs on the link's thread.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "gateway/redis/batch.h"
#include "gateway/redis/mailbox.h"
#include "gateway/redis/session.h"

namespace tapline::redis {

// Written by the link's thread, read by any.
struct LinkCounters {
    std::atomic<std::uint64_t> connects{0};
    std::atomic<std::uint64_t> resets{0};
    std::atomic<std::uint64_t> commands{0};
    std::atomic<std::uint64_t> pipelines{0};
    std::atomic<std::uint64_t> noscript{0};
    std::atomic<double> round_trip_seconds{0};
};

class Connection {
  public:
    Connection(Session session, Mailbox& mailbox, LinkCounters& counters,
               std::chrono::milliseconds command_deadline);

    // Serves the mailbox until the connection ends, or until `stopping` and nothing is left to do.
    // On return the mailbox is closed, and every command that was taken or waits is completed.
    // Returns why it ended; nothing: it was stopped.
    std::optional<Error> serve(const std::atomic<bool>& stopping);

    // Redis has done some work on this connection, so the next connect need not be put off.
    bool proved() const { return proved_; }

  private:
    bool take();
    void write();
    void wait(bool idle);
    void read();
    void expire();
    void answer(Reply reply);
    void repeat(const Batch& batch, std::size_t index, Command command);
    void finish();
    void give_up(Batch& batch, const Error& error);
    void end(ErrorCode code, const std::string& message);
    void count_reply(const Command& command);
    std::optional<Monotonic::time_point> oldest() const;
    Batch spare();
    void recycle(Batch batch);

    Session session_;
    Mailbox& mailbox_;
    LinkCounters& counters_;
    const std::chrono::milliseconds command_deadline_;

    std::deque<Batch> flying_;  // oldest first
    Batch repeats_;
    std::vector<Batch> spares_;
    std::vector<char> buffer_;

    Monotonic::time_point now_;
    std::optional<Error> ending_;
    std::size_t released_ = 0;
    double round_trip_seconds_ = 0;
    bool readable_ = false;   // bytes may be there
    bool unwritten_ = false;  // the socket did not take everything
    bool leaving_ = false;    // send nothing more; end when all is answered
    bool reset_ = false;      // end with RST
    bool proved_ = false;
};

}  // namespace tapline::redis
