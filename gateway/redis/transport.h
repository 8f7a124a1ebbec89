// A byte stream to a Redis server: TCP, Unix socket or TLS over TCP, non-blocking.
//
// The socket has TCP_NODELAY, keep-alive (a dead peer is noticed within about 30 s without
// traffic) and TCP_USER_TIMEOUT. Closing is orderly unless `reset` was called.
//
// REQUIRES: SIGPIPE is blocked or ignored on the calling thread (OpenSSL writes without
// MSG_NOSIGNAL). One owner thread at a time.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "gateway/redis/endpoint.h"
#include "gateway/redis/fd.h"
#include "gateway/redis/patience.h"
#include "gateway/redis/resolver.h"
#include "gateway/redis/tls.h"
#include "routes/error.h"

namespace tapline::redis {

class Transport {
  public:
    // Connects to the first address that answers. An endpoint with `tls` never becomes plain.
    // unavailable: nobody answers; bad_config: see Tls::connect.
    static Result<Transport> open(const Endpoint& endpoint, Resolver& resolver,
                                  const Patience& patience);

    // Fills `into` as far as bytes are there; less than its size means nothing more is there now.
    // unavailable: the connection has ended.
    Result<std::size_t> read(std::span<char> into);
    // How many bytes of the pieces, taken as one, the socket took.
    Result<std::size_t> write(std::span<const std::string_view> pieces);

    int fd() const { return socket_.get(); }
    // What to poll for besides readability when nothing is left to write.
    bool needs_write() const { return tls_ && tls_->read_needs_write(); }

    // Ends the connection with RST instead of an orderly close: what is still on its way is
    // dropped, and nothing of ours is sent any more. What the peer's kernel has already received
    // the peer may still read and obey, and a Unix socket has no RST at all.
    void reset();

  private:
    Fd socket_;
    std::unique_ptr<Tls> tls_;
};

}  // namespace tapline::redis
