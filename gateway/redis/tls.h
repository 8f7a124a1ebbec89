// TLS over a connected, non-blocking socket, as a client that trusts nobody unseen.
//
// The server's chain must lead to `Endpoint::ca_file` (else the system's store), and its
// certificate must name `Endpoint::host`. TLS 1.2 or newer. There is no way to switch a check off.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "gateway/redis/endpoint.h"
#include "gateway/redis/patience.h"
#include "routes/error.h"

namespace tapline::redis {

class Tls {
  public:
    // Shakes hands. bad_config: the certificate is refused, or the root cannot be read.
    // unavailable: the peer does not speak TLS, closed, or took too long. Does not own `fd`.
    static Result<std::unique_ptr<Tls>> connect(int fd, const Endpoint& endpoint,
                                                const Patience& patience);
    Tls(const Tls&) = delete;
    Tls& operator=(const Tls&) = delete;
    ~Tls();

    // Fills `into` as far as bytes are there; less than its size means nothing more is there now.
    Result<std::size_t> read(std::span<char> into);
    // How many of `bytes` were taken.
    Result<std::size_t> write(std::string_view bytes);
    // A read that must first write (key update) waits for the socket to take bytes.
    bool read_needs_write() const { return read_needs_write_; }

  private:
    class Impl;
    explicit Tls(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
    bool read_needs_write_ = false;
};

}  // namespace tapline::redis
