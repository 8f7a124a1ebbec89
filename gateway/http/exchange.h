// One request and its response, from the first byte read to the last byte written.
//
// An Exchange is made and filled by the loop thread, given to a worker, which calls the handler,
// and answered through its Responder from any thread; the answer goes back to the loop through the
// Outbox. Worker and responder each hold it; who lets go last deletes it. The loop keeps some for
// the next requests, so that a busy server does not allocate them.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "gateway/http/counters.h"
#include "gateway/http/framer.h"
#include "gateway/http/message.h"
#include "gateway/http/url_table.h"

namespace tapline::http {

class Connection;
struct Exchange;

// Answered exchanges on their way to the loop. Lock-free for the senders, who wake the loop only
// when it sleeps. Outlives the server for as long as a Responder does.
class Outbox {
  public:
    Outbox();
    Outbox(const Outbox&) = delete;
    Outbox& operator=(const Outbox&) = delete;
    ~Outbox();

    // Any thread. False when closed: the exchange stays with the caller.
    bool push(Exchange* exchange);

    // The loop. All that was pushed, oldest first, linked by next_answered.
    Exchange* take();
    // The loop. Announces sleep; false when there is something to take, then it must not sleep.
    bool may_sleep();
    void awake() { sleeping_.store(false, std::memory_order_relaxed); }
    // Any thread. Makes the loop's wait end.
    void wake();
    // The loop. Nothing can be pushed afterwards; what was pushed is given back.
    Exchange* close();
    int wake_fd() const { return wake_fd_; }
    // Empties wake_fd after it was readable.
    void drain_wake_fd() const;

  private:
    std::atomic<Exchange*> newest_{nullptr};
    std::atomic<bool> sleeping_{false};
    int wake_fd_ = -1;
};

// What the server's threads and the Responders that may outlive it share.
struct Shared {
    Counters counters;
    Outbox outbox;
};

struct Exchange {
    explicit Exchange(std::shared_ptr<Shared> shared_state) : shared(std::move(shared_state)) {}

    std::shared_ptr<Shared> shared;
    Framer framer;
    UrlTable::Match match;
    Request request;  // filled by the worker
    std::uint64_t number = 0;
    std::string peer;  // "unix" for a Unix socket
    bool peer_trusted = false;
    bool secure = false;
    bool is_head = false;
    Admission admission = Admission::normal;
    std::int64_t counted_body_bytes = 0;

    std::string out;  // the rendered response
    bool close = false;
    std::atomic<int> holders{0};  // once given to a worker

    // The loop's alone.
    Connection* connection = nullptr;
    Exchange* next = nullptr;      // of its connection, in the order of requests
    bool ready = false;            // `out` is complete
    std::size_t queued_bytes = 0;  // what its connection counts for it while it is queued

    Exchange* next_answered = nullptr;  // the outbox's

    // Gives back the body's memory and its share of the budget.
    void release_body();
    // Ready for another request.
    void recycle(const FramerLimits& limits);
};

// Lets go of one of two holds. True for the last, who owns the exchange then.
bool let_go(Exchange& exchange);

// The right to answer the exchange. REQUIRES: it has two holds, one of which becomes the
// responder's.
Responder make_responder(Exchange& exchange);

}  // namespace tapline::http
