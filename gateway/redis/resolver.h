// Host names to addresses, with a deadline.
//
// getaddrinfo has none and may block for half a minute, so a name is looked up on a thread of its
// own. A look-up that outlives its deadline is not started a second time: the next call for the
// same host waits for it. Numeric addresses are converted at once.
//
// One caller at a time.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <sys/socket.h>

#include "gateway/redis/patience.h"
#include "routes/error.h"

namespace tapline::redis {

struct Address {
    sockaddr_storage storage{};
    socklen_t size = 0;
};

class Resolver {
  public:
    // At least one address. unavailable: unknown host, or not known before the deadline.
    Result<std::vector<Address>> resolve(const std::string& host, int port,
                                         const Patience& patience);

  private:
    struct Lookup;
    std::shared_ptr<Lookup> lookup_;
};

}  // namespace tapline::redis
