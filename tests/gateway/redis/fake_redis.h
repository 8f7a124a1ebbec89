// A Redis that says what the test wants, on a TCP port of the loopback.
//
// It greets like a real one (PING, CLIENT SETNAME) and gives every other command to the script of
// the test. Serves one connection after the other.
#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/redis/endpoint.h"
#include "gateway/redis/fd.h"
#include "gateway/redis/patience.h"
#include "gateway/redis/reply_reader.h"

namespace tapline::redis {

struct FakeAnswer {
    std::string bytes;
    bool then_close = false;
    std::size_t times = 1;  // how often the bytes are sent
};

class FakeRedis {
  public:
    using Words = std::vector<std::string>;
    using Script = std::function<FakeAnswer(const Words&)>;

    explicit FakeRedis(Script script)
        : script_(std::move(script)),
          listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)),
          stop_(::eventfd(0, EFD_CLOEXEC)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* raw = reinterpret_cast<sockaddr*>(&address);
        REQUIRE(::bind(listener_.get(), raw, size) == 0);
        REQUIRE(::listen(listener_.get(), 64) == 0);
        REQUIRE(::getsockname(listener_.get(), raw, &size) == 0);
        endpoint_.host = "127.0.0.1";
        endpoint_.port = ntohs(address.sin_port);
        thread_ = std::thread([this] { run(); });
    }
    FakeRedis(const FakeRedis&) = delete;
    FakeRedis& operator=(const FakeRedis&) = delete;
    ~FakeRedis() {
        stopping_ = true;
        const std::uint64_t one = 1;
        [[maybe_unused]] const auto written = ::write(stop_.get(), &one, sizeof one);
        thread_.join();
    }

    const Endpoint& endpoint() const { return endpoint_; }
    int connections() const { return connections_; }

  private:
    bool readable(int fd) const {
        return wait_for(fd, POLLIN, {Monotonic::now() + std::chrono::hours(1), stop_.get()})
            .has_value();
    }

    void run() {
        while (readable(listener_.get())) {
            const Fd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
            ++connections_;
            serve(fd.get());
        }
    }

    void serve(int fd) {
        ReplyReader reader;
        std::array<char, 4096> buffer;
        bool open = true;
        while (open && readable(fd)) {
            const auto count = ::recv(fd, buffer.data(), buffer.size(), 0);
            if (count <= 0) return;
            const auto parsed = reader.consume({buffer.data(), static_cast<std::size_t>(count)},
                                               [&](const Reply& command) {
                                                   Words words;
                                                   for (const Reply& item : command.items)
                                                       words.push_back(item.text);
                                                   if (open) open = answer(fd, words);
                                               });
            if (!parsed) return;
        }
    }

    bool answer(int fd, const Words& words) {
        if (words[0] == "PING") return send(fd, {"+PONG\r\n"});
        if (words[0] == "CLIENT") return send(fd, {"+OK\r\n"});
        return send(fd, script_(words));
    }

    bool send(int fd, const FakeAnswer& answer) const {
        for (std::size_t i = 0; i < answer.times && !stopping_; ++i) {
            std::string_view left = answer.bytes;
            while (!left.empty()) {
                const auto count = ::send(fd, left.data(), left.size(), MSG_NOSIGNAL);
                if (count <= 0) return false;
                left.remove_prefix(static_cast<std::size_t>(count));
            }
        }
        return !answer.then_close;
    }

    Script script_;
    Fd listener_;
    Fd stop_;
    Endpoint endpoint_;
    std::atomic<int> connections_{0};
    std::atomic<bool> stopping_{false};
    std::thread thread_;
};

}  // namespace tapline::redis
