// A real redis-server for one test, in a directory of its own, on a Unix socket and a free TCP
// port.
#pragma once

#include <csignal>
#include <filesystem>
#include <memory>
#include <spawn.h>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gateway/redis/session.h"
#include "tests/gateway/redis/eventually.h"

namespace tapline::redis {

class TempDir {
  public:
    TempDir() {
        std::string name = (std::filesystem::temp_directory_path() / "tapline-XXXXXX").string();
        path_ = ::mkdtemp(name.data());
    }
    TempDir(const TempDir&) = delete;
    TempDir& operator=(const TempDir&) = delete;
    ~TempDir() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    const std::string& path() const { return path_; }

  private:
    std::string path_;
};

inline int free_port() {
    const Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    REQUIRE(::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
    return ntohs(address.sin_port);
}

class RealRedis {
  public:
    explicit RealRedis(std::vector<std::string> options = {}) : options_(std::move(options)) {
        port_ = free_port();
        start();
    }
    RealRedis(const RealRedis&) = delete;
    RealRedis& operator=(const RealRedis&) = delete;
    ~RealRedis() { kill(); }

    void start() {
        std::vector<std::string> words{"redis-server",
                                       "--port",
                                       std::to_string(port_),
                                       "--bind",
                                       "127.0.0.1",
                                       "--unixsocket",
                                       unix_endpoint().unix_path,
                                       "--dir",
                                       dir_.path(),
                                       "--save",
                                       "",
                                       "--logfile",
                                       dir_.path() + "/log"};
        words.insert(words.end(), options_.begin(), options_.end());
        std::vector<char*> argv;
        for (auto& word : words) argv.push_back(word.data());
        argv.push_back(nullptr);
        REQUIRE(::posix_spawnp(&pid_, argv[0], nullptr, nullptr, argv.data(), environ) == 0);
        REQUIRE(eventually([&] { return answers(); }));
    }
    void kill() {
        if (pid_ == 0) return;
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
        pid_ = 0;
    }
    // Returns when the process has really stopped.
    void stop() const {
        int status = 0;
        ::kill(pid_, SIGSTOP);
        ::waitpid(pid_, &status, WUNTRACED);
    }
    void go_on() const { ::kill(pid_, SIGCONT); }

    Endpoint unix_endpoint() const {
        Endpoint endpoint;
        endpoint.unix_path = dir_.path() + "/redis.sock";
        return endpoint;
    }
    Endpoint tcp_endpoint() const {
        Endpoint endpoint;
        endpoint.host = "127.0.0.1";
        endpoint.port = port_;
        return endpoint;
    }
    const std::string& dir() const { return dir_.path(); }

    // Asks on a connection of its own.
    Result<Reply> ask(std::initializer_list<std::string_view> words) const {
        Resolver resolver;
        const Patience patience{Monotonic::now() + std::chrono::seconds(5)};
        auto session = Session::open(unix_endpoint(), "", resolver, patience);
        if (!session) return tl::unexpected(session.error());
        return session->ask(encode(words), patience);
    }

  private:
    // NOAUTH comes from a server that is there, too.
    bool answers() const {
        const auto pong = ask({"PING"});
        return pong || pong.error().code == ErrorCode::bad_config;
    }

    TempDir dir_;
    std::vector<std::string> options_;
    int port_ = 0;
    pid_t pid_ = 0;
};

}  // namespace tapline::redis
