// How many taps one visitor may have recorded: contact links are open to everybody, and a tap that
// is recorded takes a place in Redis for a month. Beyond the limit a visitor is still sent on,
// without a number, and counted.
#pragma once

#include <chrono>
#include <mutex>
#include <string>
#include <unordered_map>

namespace tapline {

// Whether many visitors may stand behind the address: private, shared (100.64/10), loopback, link
// local, or a Unix socket. Such a peer is a proxy that the config does not trust.
bool is_shared_address(const std::string& address);

// What one visitor's addresses have in common: an IPv4 address as it is, the /64 of an IPv6 one.
std::string address_block(const std::string& address);

// A token bucket for each address (for IPv6 each /64). Thread-safe. Remembers at most 100,000
// addresses; then it begins anew, in favour of the visitors.
class TapLimit {
  public:
    // Takes one token; false when there is none.
    bool allow(const std::string& address, std::chrono::steady_clock::time_point now);

  private:
    struct Bucket {
        double tokens = 0;
        std::chrono::steady_clock::time_point filled;
    };
    std::mutex mutex_;
    std::unordered_map<std::string, Bucket> buckets_;
};

}  // namespace tapline
