// Listening sockets: TCP ("127.0.0.1:8080", "[::1]:8080", port 0 for a free one) and Unix
// ("unix:/run/tapline/http.sock").
//
// Addresses are numeric; "localhost" is 127.0.0.1. An IPv6 listener takes IPv6 only, so that
// 0.0.0.0 and [::] can stand side by side. Nothing is shared: a port or a Unix socket that another
// process listens on is an error, while the socket file that a dead process left is replaced (under
// a lock on its directory, so that two starting servers cannot both replace it). A Unix socket has
// the permissions that the umask gives.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "gateway/http/address.h"
#include "routes/error.h"

namespace tapline::http {

class Listener {
  public:
    static constexpr int kBacklog = 4096;

    // bad_config when the address is not valid or not free.
    static Result<Listener> open(const std::string& address);

    Listener(Listener&& other) noexcept;
    Listener& operator=(Listener&& other) noexcept;
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;
    ~Listener() { close(); }

    struct Accepted {
        int fd = -1;                    // -1: see error
        int error = 0;                  // errno of accept
        std::optional<IpAddress> peer;  // nothing for a Unix socket
    };
    // One waiting connection: non-blocking, closed on exec.
    Accepted accept() const;

    // With the real port.
    const std::string& address() const { return address_; }
    int fd() const { return fd_; }
    // Stops listening and removes the Unix socket's file if it is still ours.
    void close();

  private:
    Listener(int fd, std::string address) : fd_(fd), address_(std::move(address)) {}
    static Result<Listener> open_tcp(const std::string& address);
    static Result<Listener> open_unix(const std::string& path);

    int fd_ = -1;
    std::string address_;
    std::string path_;  // of a Unix socket
    std::uint64_t device_ = 0;
    std::uint64_t inode_ = 0;
};

}  // namespace tapline::http
