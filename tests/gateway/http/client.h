// A client that sends raw bytes and reads responses, for the tests of the front. Gives up after ten
// seconds: what should come and does not is a failed test, not a hanging one.
#pragma once

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "gateway/http/server.h"

namespace front_test {

using namespace std::chrono_literals;

struct Reply {
    int status = 0;  // 0: the connection ended instead
    std::string head;
    std::string body;

    bool has(std::string_view line) const { return head.find(line) != std::string::npos; }
};

class Client {
  public:
    // `made_before`: an unconnected socket to use.
    explicit Client(const std::string& address, int made_before = -1) : fd_(made_before) {
        if (address.starts_with("unix:")) {
            sockaddr_un to{};
            to.sun_family = AF_UNIX;
            address.copy(to.sun_path, sizeof to.sun_path - 1, 5);
            connect(AF_UNIX, reinterpret_cast<const sockaddr*>(&to), sizeof to);
        } else if (address.starts_with("[")) {
            sockaddr_in6 to{};
            to.sin6_family = AF_INET6;
            to.sin6_addr = in6addr_loopback;
            to.sin6_port = htons(port_of(address));
            connect(AF_INET6, reinterpret_cast<const sockaddr*>(&to), sizeof to);
        } else {
            sockaddr_in to{};
            to.sin_family = AF_INET;
            to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
            to.sin_port = htons(port_of(address));
            connect(AF_INET, reinterpret_cast<const sockaddr*>(&to), sizeof to);
        }
    }
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;
    ~Client() { close(); }

    int fd() const { return fd_; }
    bool connected() const { return connected_; }

    bool send(std::string_view bytes) const {
        while (!bytes.empty()) {
            if (!ready(POLLOUT)) return false;
            const auto n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
            if (n < 0 && errno != EAGAIN) return false;
            if (n > 0) bytes.remove_prefix(static_cast<std::size_t>(n));
        }
        return true;
    }

    // One response. `head_only`: it answers HEAD.
    Reply read(bool head_only = false) {
        Reply reply;
        const auto end = [this] { return buffer_.find("\r\n\r\n"); };
        while (end() == std::string::npos) {
            if (!receive()) return reply;
        }
        reply.head = buffer_.substr(0, end() + 2);
        buffer_.erase(0, end() + 4);
        const int status = std::atoi(reply.head.c_str() + std::strlen("HTTP/1.1 "));
        const auto at = reply.head.find("Content-Length: ");
        const std::size_t length = at == std::string::npos || head_only
                                       ? 0
                                       : std::strtoul(reply.head.c_str() + at + 16, nullptr, 10);
        while (buffer_.size() < length) {
            if (!receive()) return reply;
        }
        reply.body = buffer_.substr(0, length);
        buffer_.erase(0, length);
        reply.status = status;
        return reply;
    }

    Reply ask(std::string_view request) {
        send(request);
        return read();
    }

    // Whether the server ends the connection, with nothing more sent.
    bool ended() {
        while (buffer_.empty() && receive()) {
        }
        return buffer_.empty() && ended_;
    }

    void end_output() const { ::shutdown(fd_, SHUT_WR); }
    void close() {
        if (fd_ >= 0) ::close(fd_);
        fd_ = -1;
    }

  private:
    static std::uint16_t port_of(const std::string& address) {
        return static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
    }

    void connect(int family, const sockaddr* to, socklen_t size) {
        if (fd_ < 0) fd_ = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        connected_ = ::connect(fd_, to, size) == 0;
    }

    bool ready(short events) const {
        pollfd waiting{fd_, events, 0};
        return ::poll(&waiting, 1, 10'000) == 1;
    }

    bool receive() {
        char bytes[16 * 1024];
        if (!ready(POLLIN)) return false;
        const auto n = ::recv(fd_, bytes, sizeof bytes, 0);
        if (n <= 0) {
            ended_ = true;
            return false;
        }
        buffer_.append(bytes, static_cast<std::size_t>(n));
        return true;
    }

    int fd_ = -1;
    bool connected_ = false;
    bool ended_ = false;
    std::string buffer_;
};

// Waits for a condition that another thread brings about.
inline bool eventually(const std::function<bool()>& holds) {
    const auto until = std::chrono::steady_clock::now() + 10s;
    while (!holds()) {
        if (std::chrono::steady_clock::now() > until) return false;
        std::this_thread::yield();
    }
    return true;
}

// A folder of its own, gone at the end.
class Folder {
  public:
    Folder() {
        std::string name = (std::filesystem::temp_directory_path() / "front-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
        path_ = name;
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder() { std::filesystem::remove_all(path_); }
    std::string operator/(const std::string& name) const { return (path_ / name).string(); }

  private:
    std::filesystem::path path_;
};

inline tapline::http::ServerOptions on_free_port() {
    tapline::http::ServerOptions options;
    options.listen = {{"127.0.0.1:0", "", ""}};
    return options;
}

inline std::unique_ptr<tapline::http::Server> start(tapline::http::ServerOptions options,
                                                    tapline::http::UrlTable urls) {
    auto server = tapline::http::Server::start(std::move(options), std::move(urls));
    REQUIRE_MESSAGE(server.has_value(), (server ? "" : server.error().message));
    return std::move(*server);
}

inline std::uint64_t refused(const tapline::http::Server& server, tapline::http::Refusal refusal) {
    return server.counters().refused[static_cast<std::size_t>(refusal)].load();
}

inline tapline::http::Response text(int status, std::string body) {
    tapline::http::Response response;
    response.status = status;
    response.content_type = "text/plain";
    response.body = std::move(body);
    return response;
}

inline std::string get(const std::string& target, const std::string& headers = "") {
    return "GET " + target + " HTTP/1.1\r\nHost: a.example\r\n" + headers + "\r\n";
}

inline std::string post(const std::string& target, const std::string& body,
                        const std::string& headers = "") {
    return "POST " + target + " HTTP/1.1\r\nHost: a.example\r\n" + headers +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

}  // namespace front_test
