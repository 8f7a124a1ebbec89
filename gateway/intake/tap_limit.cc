#include "gateway/intake/tap_limit.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include <arpa/inet.h>
#include <netinet/in.h>

namespace tapline {

namespace {

struct Rate {
    double burst;
    double per_second;
};
// A person taps a few times; an office behind one address a few times a second.
constexpr Rate kVisitor{30, 1};
constexpr Rate kShared{2000, 200};
constexpr std::size_t kAddressesMax = 100'000;

using Ipv6 = std::array<std::uint8_t, 16>;

std::optional<std::uint32_t> ipv4(const std::string& address) {
    in_addr parsed{};
    if (inet_pton(AF_INET, address.c_str(), &parsed) != 1) return std::nullopt;
    return ntohl(parsed.s_addr);
}

std::optional<Ipv6> ipv6(const std::string& address) {
    Ipv6 bytes{};
    if (inet_pton(AF_INET6, address.c_str(), bytes.data()) != 1) return std::nullopt;
    return bytes;
}

bool within(std::uint32_t address, std::uint32_t network, int bits) {
    return address >> (32 - bits) == network >> (32 - bits);
}

}  // namespace

std::string address_block(const std::string& address) {
    const auto bytes = ipv6(address);
    if (!bytes) return address;
    return {reinterpret_cast<const char*>(bytes->data()), 8};
}

bool is_shared_address(const std::string& address) {
    if (const auto v4 = ipv4(address)) {
        return within(*v4, 0x0A000000, 8) || within(*v4, 0xAC100000, 12) ||
               within(*v4, 0xC0A80000, 16) || within(*v4, 0x64400000, 10) ||
               within(*v4, 0x7F000000, 8) || within(*v4, 0xA9FE0000, 16);
    }
    if (const auto v6 = ipv6(address)) {
        const bool loopback =
            std::all_of(v6->begin(), v6->end() - 1, [](std::uint8_t byte) { return byte == 0; });
        const bool unique_local = ((*v6)[0] & 0xFE) == 0xFC;
        const bool link_local = (*v6)[0] == 0xFE && ((*v6)[1] & 0xC0) == 0x80;
        return loopback || unique_local || link_local;
    }
    return true;
}

bool TapLimit::allow(const std::string& address, std::chrono::steady_clock::time_point now) {
    const Rate rate = is_shared_address(address) ? kShared : kVisitor;
    const std::lock_guard lock(mutex_);
    if (buckets_.size() >= kAddressesMax) buckets_.clear();
    auto [place, is_new] = buckets_.try_emplace(address_block(address), Bucket{rate.burst, now});
    Bucket& bucket = place->second;
    const std::chrono::duration<double> passed = now - bucket.filled;
    bucket.tokens = std::min(rate.burst, bucket.tokens + passed.count() * rate.per_second);
    bucket.filled = now;
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
}

}  // namespace tapline
