// The one thread that owns all sockets: accepts, reads, writes, keeps deadlines, collects answers.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include <sys/epoll.h>

#include "gateway/http/address.h"
#include "gateway/http/connection.h"
#include "gateway/http/front.h"
#include "gateway/http/listener.h"
#include "gateway/http/pool.h"
#include "gateway/http/timer_wheel.h"
#include "gateway/http/tls.h"

namespace tapline::http {

struct Door {
    Listener listener;
    std::unique_ptr<TlsCertificates> certificates;  // null: no TLS
    bool paused = false;                            // until Loop's resume time
};

class Loop {
  public:
    // All outlive the loop. Throws std::system_error when epoll cannot be had.
    Loop(Front& front, std::vector<Door>& doors, const TrustedProxies& proxies, Pool& pool);
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;
    ~Loop();

    // Until request_stop, and then until everything that was read is answered or limits.drain has
    // passed. Afterwards all sockets are closed and no answer is taken any more.
    void run();
    // Any thread.
    void request_stop();

  private:
    void wait_and_handle();
    int wait_ms();
    void handle(const epoll_event& event);
    void handle_connection(Connection& connection, std::uint32_t events);
    void accept_from(std::size_t door);
    void admit(const Door& door, const Listener::Accepted& accepted);
    void pause_accepting(std::size_t door);
    void resume_accepting();
    void take_answers();
    void strike_deadlines();
    void begin_drain();
    bool is_drained() const;
    void settle(Connection& connection);
    void note_closed(Connection& connection);
    void sweep();
    bool watch(int fd, std::uint32_t events, void* tag, int operation) const;

    Front& front_;
    std::vector<Door>& doors_;
    const TrustedProxies& proxies_;
    Pool& pool_;
    int epoll_fd_;
    TimerWheel wheel_;
    std::size_t connections_max_;
    std::atomic<bool> stop_requested_{false};
    Clock::time_point drain_until_ = Clock::time_point::max();
    Clock::time_point resume_at_ = Clock::time_point::max();
    std::vector<std::unique_ptr<Connection>> connections_;
    std::vector<Connection*> closed_;    // to be swept
    std::vector<Connection*> answered_;  // scratch of take_answers
};

}  // namespace tapline::http
