#include "gateway/redis/transport.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>

namespace tapline::redis {
namespace {

constexpr int kKeepaliveIdleSeconds = 15;
constexpr int kKeepaliveIntervalSeconds = 5;
constexpr int kKeepaliveProbes = 3;
constexpr int kUserTimeoutMilliseconds = 30'000;

std::string system_text(int number) {
    return std::generic_category().message(number);
}

void set_option(int fd, int level, int name, int value) {
    // An option that the system does not know costs comfort, not correctness.
    (void)::setsockopt(fd, level, name, &value, sizeof value);
}

void tune_tcp(int fd) {
    set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, kKeepaliveIdleSeconds);
    set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, kKeepaliveIntervalSeconds);
    set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, kKeepaliveProbes);
    set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, kUserTimeoutMilliseconds);
}

Result<Fd> connect_address(const Address& address, const Patience& patience) {
    const int family = address.storage.ss_family;
    Fd fd(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd) return fail(ErrorCode::unavailable, system_text(errno));
    if (family != AF_UNIX) tune_tcp(fd.get());
    const auto* raw = reinterpret_cast<const sockaddr*>(&address.storage);
    if (::connect(fd.get(), raw, address.size) == 0) return fd;
    // A Unix socket whose backlog is full says EAGAIN and cannot be waited for.
    if (errno != EINPROGRESS) return fail(ErrorCode::unavailable, system_text(errno));
    if (auto ready = wait_for(fd.get(), POLLOUT, patience); !ready) {
        return tl::unexpected(ready.error());
    }
    int error = 0;
    socklen_t size = sizeof error;
    if (::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
    if (error != 0) return fail(ErrorCode::unavailable, system_text(error));
    return fd;
}

Result<Address> unix_address(const std::string& path) {
    Address address;
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    if (path.size() >= sizeof name.sun_path) {
        return fail(ErrorCode::bad_config, "the path of the socket is longer than 107 bytes");
    }
    std::memcpy(name.sun_path, path.data(), path.size());
    std::memcpy(&address.storage, &name, sizeof name);
    address.size = sizeof name;
    return address;
}

Result<std::vector<Address>> addresses_of(const Endpoint& endpoint, Resolver& resolver,
                                          const Patience& patience) {
    if (endpoint.unix_path.empty()) {
        return resolver.resolve(endpoint.host, endpoint.port, patience);
    }
    auto address = unix_address(endpoint.unix_path);
    if (!address) return tl::unexpected(address.error());
    return std::vector<Address>{*address};
}

}  // namespace

Result<Transport> Transport::open(const Endpoint& endpoint, Resolver& resolver,
                                  const Patience& patience) {
    const auto addresses = addresses_of(endpoint, resolver, patience);
    if (!addresses) return tl::unexpected(addresses.error());
    Transport transport;
    Error last;
    for (std::size_t i = 0; i < addresses->size() && !transport.socket_; ++i) {
        // A black hole among the addresses must leave time for the others.
        const auto share = (patience.until - Monotonic::now()) /
                           static_cast<Monotonic::rep>(addresses->size() - i);
        auto fd = connect_address((*addresses)[i], {Monotonic::now() + share, patience.cancel_fd});
        if (fd) {
            transport.socket_ = std::move(*fd);
        } else {
            last = std::move(fd.error());
        }
    }
    if (!transport.socket_) {
        return fail(last.code, "cannot connect to " + describe(endpoint) + ": " + last.message);
    }
    if (endpoint.tls && endpoint.unix_path.empty()) {
        auto tls = Tls::connect(transport.fd(), endpoint, patience);
        if (!tls) return tl::unexpected(tls.error());
        transport.tls_ = std::move(*tls);
    }
    return transport;
}

Result<std::size_t> Transport::read(std::span<char> into) {
    if (tls_) return tls_->read(into);
    while (true) {
        const auto count = ::recv(socket_.get(), into.data(), into.size(), 0);
        if (count > 0) return static_cast<std::size_t>(count);
        if (count == 0) return fail(ErrorCode::unavailable, "the server closed the connection");
        if (errno == EAGAIN) return std::size_t{0};
        if (errno != EINTR) return fail(ErrorCode::unavailable, system_text(errno));
    }
}

Result<std::size_t> Transport::write(std::span<const std::string_view> pieces) {
    if (tls_) {
        std::size_t total = 0;
        for (const auto piece : pieces) {
            auto count = tls_->write(piece);
            if (!count) return count;
            total += *count;
            if (*count < piece.size()) break;
        }
        return total;
    }
    std::array<iovec, 8> parts{};
    std::size_t used = 0;
    for (const auto piece : pieces) {
        if (used == parts.size()) break;
        parts[used++] = {const_cast<char*>(piece.data()), piece.size()};
    }
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = used;
    while (true) {
        const auto count = ::sendmsg(socket_.get(), &message, MSG_NOSIGNAL);
        if (count >= 0) return static_cast<std::size_t>(count);
        if (errno == EAGAIN) return std::size_t{0};
        if (errno != EINTR) return fail(ErrorCode::unavailable, system_text(errno));
    }
}

void Transport::reset() {
    const linger now{1, 0};
    (void)::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
    tls_.reset();
    socket_.close();
}

}  // namespace tapline::redis
