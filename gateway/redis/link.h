// The Redis link: one connection, one thread, everything that waits sent as one pipeline.
//
//     Link link(endpoint, LinkOptions{});
//     link.start();
//     link.submit(encode({"GET", "k"}), [](Result<Reply> reply) { ... });   // any thread
//
// Group commit: commands that arrive while others are being written or answered leave together in
// the next write, so that one round trip (and one fsync) serves many. Commands of one thread are
// sent, answered and completed in the order of their submits; a script call that Redis does not
// know is the one exception (see submit_script).
//
// Completions run on the link's thread and must neither block nor throw; they may submit more. The
// one completion that does not run there is that of a command that is refused at once: it runs on
// the submitter's thread, inside submit. Each completion runs exactly once, and none runs on the
// link's thread after stop() has returned.
//
// Errors of a completion:
//   unavailable  The message ends in "not sent" (not connected, the queue is full, the connection
//                ended before the write) or in "the outcome is unknown". A command that timed out
//                is unknown, never failed: its connection is reset (RST) and every command in
//                flight on it ends the same way. Repeat it with the same ids. A Unix socket has no
//                RST, and a TCP peer that had already received the bytes may still obey them: a
//                stopped server that goes on can execute what was given up on.
//   corrupt      Redis spoke something that is not RESP2, or more than a reply may have, or
//   answered
//                what nobody asked; the connection is reset and the outcome is unknown.
// An error reply of Redis ("-OOM ...") is a Reply of kind error, not an Error: whether to repeat,
// to spool or to alarm is the caller's. One of them concerns the connection: after READONLY nothing
// more is sent on it, what is in flight is answered, and the link connects anew, so that a primary
// that moved is found again.
//
// Reconnects with exponential back-off and full jitter. After each connect `on_connect` (server
// checks) runs before anything else is sent; see checks.h.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/redis/endpoint.h"
#include "gateway/redis/reply.h"
#include "routes/error.h"

namespace tapline::redis {

struct LinkOptions {
    std::chrono::milliseconds connect_deadline{2'000};  // look-up, connect, TLS, AUTH, on_connect
    std::chrono::milliseconds command_deadline{2'000};  // from submit to reply
    std::chrono::milliseconds backoff_first{50};
    std::chrono::milliseconds backoff_most{2'000};
    std::size_t queue_bytes_max = 64u << 20;  // waiting and in flight; beyond: unavailable
    std::string client_name = "tapline";
};

struct LinkStats {
    bool connected = false;
    std::uint64_t connects = 0;
    std::uint64_t resets = 0;       // connections given up on a deadline or a protocol error
    std::uint64_t commands = 0;     // answered
    std::uint64_t pipelines = 0;    // groups sent; commands / pipelines is the group size
    std::uint64_t noscript = 0;     // fallbacks to EVAL
    double round_trip_seconds = 0;  // exponentially weighted mean, submit to reply
    std::string last_error;         // why the last connection ended or was refused; empty: never
};

// A Lua script and its SHA-1. REQUIRES: name and source live as long as every link that is given
// the script (they are constants of the program).
struct Script {
    std::string_view name;
    std::string_view source;
    std::string sha1;
};
Script make_script(std::string_view name, std::string_view source);

class Link {
  public:
    using Completion = std::function<void(Result<Reply>)>;
    // Called on the link's thread after connect and AUTH with a function that runs one command and
    // waits for its reply (within the connect deadline). An error refuses the connection: it is
    // closed, reported as last_error, and tried again after the back-off.
    using Ask = std::function<Result<Reply>(const std::string& command)>;
    using OnConnect = std::function<Result<void>(const Ask&)>;
    // Called on the link's thread with the reason, once for each time that Redis is lost: when a
    // connection ended, or when the first one could not be made. Not for the tries that follow, and
    // not by stop().
    using OnLost = std::function<void(const Error&)>;

    Link(Endpoint endpoint, LinkOptions options, OnConnect on_connect = {}, OnLost on_lost = {});
    Link(const Link&) = delete;
    Link& operator=(const Link&) = delete;
    ~Link();  // stop()

    // Connects in the background. REQUIRES: called once.
    void start();
    // Gives what is in flight until the command deadline, completes the rest as unavailable, and
    // refuses all that follows. Safe from several threads; each returns when the link has ended.
    // REQUIRES: not called from a completion or on_connect.
    void stop();
    // True as soon as the link is connected; false when it is not within `patience`.
    bool wait_connected(std::chrono::milliseconds patience) const;

    // Queues one encoded command. While not connected it fails at once with unavailable.
    // REQUIRES: `command` is exactly one command.
    void submit(std::string_view command, Completion done);
    // Queues EVALSHA; when Redis does not know the script, the same call is repeated as EVAL, once
    // and within the same deadline. Calls that are repeated keep their order among themselves, but
    // commands that were in flight behind them have run before.
    void submit_script(const Script& script, std::span<const std::string_view> keys,
                       std::span<const std::string_view> args, Completion done);

    // Submits and waits. For start-up, the command line and background duties; never call it from
    // a request handler. From a completion it fails with unavailable.
    Result<Reply> call(std::string_view command);
    Result<Reply> call_script(const Script& script, std::span<const std::string_view> keys,
                              std::span<const std::string_view> args);

    LinkStats stats() const;

  private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace tapline::redis
