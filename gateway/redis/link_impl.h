// The inside of Link: the thread that connects, serves and connects again. Included by link*.cc.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <random>
#include <string>
#include <thread>

#include "gateway/redis/connection.h"
#include "gateway/redis/link.h"
#include "gateway/redis/mailbox.h"
#include "gateway/redis/resolver.h"
#include "gateway/redis/session.h"

namespace tapline::redis {

class Link::Impl {
  public:
    Impl(Endpoint endpoint, LinkOptions options, OnConnect on_connect, OnLost on_lost);

    void start();
    void stop();
    bool wait_connected(std::chrono::milliseconds patience) const;
    void put(std::string_view encoded, std::string_view source, Completion done);
    LinkStats stats() const;
    bool on_link_thread() const { return std::this_thread::get_id() == thread_id_.load(); }

  private:
    void run();
    Result<Session> connect();
    bool serve(Session session);
    void back_off(int attempt);
    void set_connected(bool connected);
    void note(const Error& error);

    const Endpoint endpoint_;
    const LinkOptions options_;
    const OnConnect on_connect_;
    const OnLost on_lost_;
    Mailbox mailbox_;
    LinkCounters counters_;
    Fd stop_fd_;
    std::atomic<bool> stopping_{false};

    bool lost_ = false;    // the link's thread: on_lost was told, and nothing stood since
    Resolver resolver_;    // the link's thread
    std::mt19937 random_;  // the link's thread

    mutable std::mutex state_mutex_;
    mutable std::condition_variable state_changed_;
    bool connected_ = false;
    std::string last_error_;

    std::mutex lifecycle_mutex_;
    std::thread thread_;
    std::atomic<std::thread::id> thread_id_;
};

}  // namespace tapline::redis
