#include "gateway/http/listener.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <system_error>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "gateway/http/characters.h"

namespace tapline::http {
namespace {

constexpr std::string_view kUnixScheme = "unix:";
constexpr int kLockTries = 100;

class Fd {
  public:
    explicit Fd(int fd) : fd_(fd) {}
    Fd(const Fd&) = delete;
    Fd& operator=(const Fd&) = delete;
    ~Fd() {
        if (fd_ >= 0) ::close(fd_);
    }
    int get() const { return fd_; }
    int release() { return std::exchange(fd_, -1); }

  private:
    int fd_;
};

union SocketAddress {
    sockaddr any;
    sockaddr_in v4;
    sockaddr_in6 v6;
    sockaddr_un local;
    sockaddr_storage storage;
};

tl::unexpected<Error> cannot_listen(const std::string& address, const std::string& why) {
    return fail(ErrorCode::bad_config, "http: cannot listen on " + address + ": " + why);
}

tl::unexpected<Error> cannot_listen(const std::string& address, int error) {
    const std::string why = std::generic_category().message(error);
    return cannot_listen(address, error == EADDRINUSE ? why + "; another program has it" : why);
}

IpAddress ip_of(const SocketAddress& address) {
    if (address.any.sa_family == AF_INET6) {
        std::array<std::uint8_t, 16> bytes{};
        std::memcpy(bytes.data(), &address.v6.sin6_addr, bytes.size());
        return IpAddress::from_v6(bytes);
    }
    std::array<std::uint8_t, 4> bytes{};
    std::memcpy(bytes.data(), &address.v4.sin_addr, bytes.size());
    return IpAddress::from_v4(bytes);
}

// "127.0.0.1:8080" as a socket address and its size; size 0 when it is not valid.
std::pair<SocketAddress, socklen_t> tcp_address(std::string_view text) {
    SocketAddress address{};
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) return {address, 0};
    std::string_view host = text.substr(0, colon);
    const std::string_view port_text = text.substr(colon + 1);
    std::uint16_t port = 0;
    const auto parsed =
        std::from_chars(port_text.data(), port_text.data() + port_text.size(), port);
    if (!is_digits(port_text) || parsed.ec != std::errc()) return {address, 0};
    const bool brackets = host.starts_with('[') && host.ends_with(']');
    if (brackets) host = host.substr(1, host.size() - 2);
    const auto ip = IpAddress::parse(host == "localhost" ? "127.0.0.1" : host);
    if (!ip || brackets != (host.find(':') != std::string_view::npos)) return {address, 0};
    if (brackets) {
        address.v6.sin6_family = AF_INET6;
        address.v6.sin6_port = htons(port);
        std::memcpy(&address.v6.sin6_addr, ip->bytes().data(), 16);
        return {address, sizeof address.v6};
    }
    address.v4.sin_family = AF_INET;
    address.v4.sin_port = htons(port);
    std::memcpy(&address.v4.sin_addr, ip->bytes().data() + 12, 4);
    return {address, sizeof address.v4};
}

void switch_on(int fd, int level, int option) {
    const int on = 1;
    ::setsockopt(fd, level, option, &on, sizeof on);
}

std::string name_of(int fd) {
    SocketAddress bound{};
    socklen_t size = sizeof bound;
    ::getsockname(fd, &bound.any, &size);
    const bool v6 = bound.any.sa_family == AF_INET6;
    const auto port = std::to_string(ntohs(v6 ? bound.v6.sin6_port : bound.v4.sin_port));
    const std::string ip = ip_of(bound).to_string();
    return (v6 ? "[" + ip + "]" : ip) + ":" + port;
}

// Whether somebody listens behind the socket file.
bool answers(const SocketAddress& address) {
    const Fd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const int result = ::connect(probe.get(), &address.any, sizeof address.local);
    return result == 0 || errno != ECONNREFUSED;
}

// Serialises servers that start on sockets of one directory; -1 when it stays locked.
int lock_directory(const std::string& path) {
    const auto slash = path.rfind('/');
    const std::string directory = slash == std::string::npos ? "." : path.substr(0, slash + 1);
    Fd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (fd.get() < 0) return -1;
    for (int tries = 0; tries < kLockTries; ++tries) {
        if (::flock(fd.get(), LOCK_EX | LOCK_NB) == 0) return fd.release();
        if (errno != EWOULDBLOCK && errno != EINTR) return -1;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    errno = EWOULDBLOCK;
    return -1;
}

}  // namespace

Listener::Listener(Listener&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      address_(std::move(other.address_)),
      path_(std::move(other.path_)),
      device_(other.device_),
      inode_(other.inode_) {}

Listener& Listener::operator=(Listener&& other) noexcept {
    if (this != &other) {
        close();
        fd_ = std::exchange(other.fd_, -1);
        address_ = std::move(other.address_);
        path_ = std::move(other.path_);
        device_ = other.device_;
        inode_ = other.inode_;
    }
    return *this;
}

Result<Listener> Listener::open(const std::string& address) {
    if (address.starts_with(kUnixScheme)) return open_unix(address.substr(kUnixScheme.size()));
    return open_tcp(address);
}

Result<Listener> Listener::open_tcp(const std::string& address) {
    const auto [socket_address, size] = tcp_address(address);
    if (size == 0) {
        return cannot_listen(address, "not ADDRESS:PORT, [IPV6]:PORT or unix:PATH");
    }
    const int family = socket_address.any.sa_family;
    Fd fd(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (fd.get() < 0) return cannot_listen(address, errno);
    // A port whose last owner died is free at once; a port that is listened on stays taken.
    switch_on(fd.get(), SOL_SOCKET, SO_REUSEADDR);
    if (family == AF_INET6) switch_on(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY);
    // Accepted sockets inherit both.
    switch_on(fd.get(), IPPROTO_TCP, TCP_NODELAY);
    switch_on(fd.get(), SOL_SOCKET, SO_KEEPALIVE);
    if (::bind(fd.get(), &socket_address.any, size) != 0 || ::listen(fd.get(), kBacklog) != 0) {
        return cannot_listen(address, errno);
    }
    std::string bound = name_of(fd.get());
    return Listener(fd.release(), std::move(bound));
}

Result<Listener> Listener::open_unix(const std::string& path) {
    const std::string name = std::string(kUnixScheme) + path;
    SocketAddress address{};
    address.local.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof address.local.sun_path) {
        return cannot_listen(name, "the path is empty or longer than 107 bytes");
    }
    path.copy(address.local.sun_path, path.size());
    Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (fd.get() < 0) return cannot_listen(name, errno);
    const Fd lock(lock_directory(path));
    if (lock.get() < 0) return cannot_listen(name, errno);

    struct stat file {};
    if (::lstat(path.c_str(), &file) == 0) {
        if (!S_ISSOCK(file.st_mode))
            return cannot_listen(name, "a file that is no socket is there");
        if (answers(address)) return cannot_listen(name, EADDRINUSE);
        if (::unlink(path.c_str()) != 0) return cannot_listen(name, errno);
    }
    if (::bind(fd.get(), &address.any, sizeof address.local) != 0 ||
        ::listen(fd.get(), kBacklog) != 0 || ::lstat(path.c_str(), &file) != 0) {
        return cannot_listen(name, errno);
    }
    Listener listener(fd.release(), name);
    listener.path_ = path;
    listener.device_ = file.st_dev;
    listener.inode_ = file.st_ino;
    return listener;
}

Listener::Accepted Listener::accept() const {
    SocketAddress peer{};
    socklen_t size = sizeof peer;
    Accepted accepted;
    accepted.fd = ::accept4(fd_, &peer.any, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (accepted.fd < 0) {
        accepted.error = errno;
    } else if (peer.any.sa_family != AF_UNIX) {
        accepted.peer = ip_of(peer);
    }
    return accepted;
}

void Listener::close() {
    if (fd_ < 0) return;
    struct stat file {};
    const bool ours = !path_.empty() && ::lstat(path_.c_str(), &file) == 0 &&
                      file.st_dev == device_ && file.st_ino == inode_;
    if (ours) ::unlink(path_.c_str());
    ::close(std::exchange(fd_, -1));
}

}  // namespace tapline::http
