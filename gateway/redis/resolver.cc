#include "gateway/redis/resolver.h"

#include <cstdint>
#include <cstring>
#include <mutex>
#include <netdb.h>
#include <system_error>
#include <thread>
#include <utility>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "gateway/redis/fd.h"

namespace tapline::redis {
namespace {

Result<std::vector<Address>> look_up(const std::string& host, int port, int flags) {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = flags | AI_NUMERICSERV;
    addrinfo* found = nullptr;
    const int status = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
    if (status != 0) {
        return fail(ErrorCode::unavailable,
                    "cannot find the address of " + host + ": " + ::gai_strerror(status));
    }
    std::vector<Address> addresses;
    for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
        if (one->ai_addrlen > sizeof(sockaddr_storage)) continue;
        Address address;
        address.size = one->ai_addrlen;
        std::memcpy(&address.storage, one->ai_addr, one->ai_addrlen);
        addresses.push_back(address);
    }
    ::freeaddrinfo(found);
    if (addresses.empty()) return fail(ErrorCode::unavailable, host + " has no address");
    return addresses;
}

}  // namespace

struct Resolver::Lookup {
    std::string host;
    int port = 0;
    Fd finished;
    std::mutex mutex;
    Result<std::vector<Address>> result;

    void run() {
        auto found = look_up(host, port, AI_ADDRCONFIG);
        {
            const std::lock_guard lock(mutex);
            result = std::move(found);
        }
        const std::uint64_t one = 1;
        // The counter of an eventfd that is written once cannot overflow.
        [[maybe_unused]] const auto written = ::write(finished.get(), &one, sizeof one);
    }
};

Result<std::vector<Address>> Resolver::resolve(const std::string& host, int port,
                                               const Patience& patience) {
    if (auto numeric = look_up(host, port, AI_NUMERICHOST)) return numeric;
    if (!lookup_ || lookup_->host != host || lookup_->port != port) {
        auto lookup = std::make_shared<Lookup>();
        lookup->host = host;
        lookup->port = port;
        lookup->finished = Fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
        if (!lookup->finished) return fail(ErrorCode::unavailable, "no file descriptor left");
        try {
            std::thread([lookup] { lookup->run(); }).detach();
        } catch (const std::system_error& error) {
            return fail(ErrorCode::unavailable, std::string("no thread left: ") + error.what());
        }
        lookup_ = std::move(lookup);
    }
    if (auto ready = wait_for(lookup_->finished.get(), POLLIN, patience); !ready) {
        return fail(ErrorCode::unavailable,
                    "cannot find the address of " + host + ": " + ready.error().message);
    }
    const auto lookup = std::exchange(lookup_, nullptr);
    const std::lock_guard lock(lookup->mutex);
    return std::move(lookup->result);
}

}  // namespace tapline::redis
