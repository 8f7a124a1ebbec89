// IP addresses, blocks of them, and whose request it is behind trusted proxies. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "routes/error.h"

namespace tapline::http {

// An IPv4 or IPv6 address. "::ffff:192.0.2.1" is the IPv4 address 192.0.2.1.
class IpAddress {
  public:
    // Digits and letters only: no port, no brackets, no zone, no name.
    static std::optional<IpAddress> parse(std::string_view text);
    static IpAddress from_v4(const std::array<std::uint8_t, 4>& bytes);
    static IpAddress from_v6(const std::array<std::uint8_t, 16>& bytes);

    std::string to_string() const;
    bool is_v4() const;
    // In the form ::ffff:a.b.c.d for IPv4.
    const std::array<std::uint8_t, 16>& bytes() const { return bytes_; }

    bool operator==(const IpAddress&) const = default;

  private:
    std::array<std::uint8_t, 16> bytes_{};
};

class TrustedProxies {
  public:
    // Entries are addresses ("192.0.2.7", "2001:db8::1"), blocks ("10.0.0.0/8") or "unix": whoever
    // connects through a Unix socket. bad_config for anything else.
    static Result<TrustedProxies> parse(const std::vector<std::string>& entries);

    bool contains(const IpAddress& address) const;
    bool trusts_unix() const { return unix_; }

  private:
    struct Block {
        std::array<std::uint8_t, 16> bytes{};
        unsigned prefix_bits = 128;
    };
    std::vector<Block> blocks_;
    bool unix_ = false;
};

// Whose request it is when a trusted proxy sent it. `forwarded_for` are the values of the
// X-Forwarded-For headers in their order. Read from the right: trusted hops are skipped, the first
// other address is the client. An entry that is no address ends the search: nobody vouches for what
// stands left of it, so the last good hop is taken, or `peer` when there is none. A port and the
// brackets of IPv6 are allowed.
std::string forwarded_client(const TrustedProxies& proxies,
                             const std::vector<std::string_view>& forwarded_for,
                             std::string_view peer);

}  // namespace tapline::http
