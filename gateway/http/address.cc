#include "gateway/http/address.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>

#include "gateway/http/characters.h"

namespace tapline::http {
namespace {

constexpr std::array<std::uint8_t, 12> kV4Prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
constexpr unsigned kV4PrefixBits = 96;

// "192.0.2.1:443" and "[2001:db8::1]:443" without port and brackets.
std::string_view without_port(std::string_view hop) {
    if (hop.starts_with('[')) {
        const auto end = hop.find(']');
        return end == std::string_view::npos ? std::string_view() : hop.substr(1, end - 1);
    }
    const auto colon = hop.find(':');
    const bool one_colon = colon != std::string_view::npos && hop.find(':', colon + 1) == hop.npos;
    return one_colon ? hop.substr(0, colon) : hop;
}

bool same_prefix(const std::array<std::uint8_t, 16>& left,
                 const std::array<std::uint8_t, 16>& right, unsigned bits) {
    const unsigned whole = bits / 8;
    if (!std::equal(left.begin(), left.begin() + whole, right.begin())) return false;
    if (bits % 8 == 0) return true;
    const unsigned shift = 8 - bits % 8;
    return left[whole] >> shift == right[whole] >> shift;
}

// The last entry of a comma-separated list, taken off it.
std::string_view take_last(std::string_view& list) {
    const auto comma = list.rfind(',');
    if (comma == std::string_view::npos) return std::exchange(list, {});
    const std::string_view last = list.substr(comma + 1);
    list = list.substr(0, comma);
    return last;
}

}  // namespace

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
    std::array<char, INET6_ADDRSTRLEN> terminated{};
    if (text.empty() || text.size() >= terminated.size()) return std::nullopt;
    text.copy(terminated.data(), text.size());
    std::array<std::uint8_t, 4> v4{};
    if (inet_pton(AF_INET, terminated.data(), v4.data()) == 1) return from_v4(v4);
    std::array<std::uint8_t, 16> v6{};
    if (inet_pton(AF_INET6, terminated.data(), v6.data()) == 1) return from_v6(v6);
    return std::nullopt;
}

IpAddress IpAddress::from_v4(const std::array<std::uint8_t, 4>& bytes) {
    IpAddress address;
    std::copy(kV4Prefix.begin(), kV4Prefix.end(), address.bytes_.begin());
    std::copy(bytes.begin(), bytes.end(), address.bytes_.begin() + kV4Prefix.size());
    return address;
}

IpAddress IpAddress::from_v6(const std::array<std::uint8_t, 16>& bytes) {
    IpAddress address;
    address.bytes_ = bytes;
    return address;
}

bool IpAddress::is_v4() const {
    return std::equal(kV4Prefix.begin(), kV4Prefix.end(), bytes_.begin());
}

std::string IpAddress::to_string() const {
    std::array<char, INET6_ADDRSTRLEN> text{};
    const bool v4 = is_v4();
    const std::uint8_t* bytes = bytes_.data() + (v4 ? kV4Prefix.size() : 0);
    inet_ntop(v4 ? AF_INET : AF_INET6, bytes, text.data(), text.size());
    return text.data();
}

Result<TrustedProxies> TrustedProxies::parse(const std::vector<std::string>& entries) {
    TrustedProxies proxies;
    for (const std::string& entry : entries) {
        if (entry == "unix") {
            proxies.unix_ = true;
            continue;
        }
        const std::string_view text = entry;
        const auto slash = std::min(text.find('/'), text.size());
        const auto address = IpAddress::parse(text.substr(0, slash));
        const std::string wrong = "trusted proxy \"" + entry +
                                  "\" is neither an address, a block "
                                  "like 10.0.0.0/8, nor \"unix\"";
        if (!address) return fail(ErrorCode::bad_config, wrong);
        Block block{address->bytes(), 128};
        if (slash < text.size()) {
            // "::ffff:10.0.0.0/104" counts its bits as IPv6, "10.0.0.0/8" as IPv4.
            const unsigned base = text.find(':') == text.npos ? kV4PrefixBits : 0;
            const std::string_view bits = text.substr(slash + 1);
            unsigned value = 0;
            const auto parsed = std::from_chars(bits.data(), bits.data() + bits.size(), value);
            if (!is_digits(bits) || parsed.ec != std::errc() || value > 128 - base) {
                return fail(ErrorCode::bad_config, wrong);
            }
            block.prefix_bits = base + value;
        }
        proxies.blocks_.push_back(block);
    }
    return proxies;
}

bool TrustedProxies::contains(const IpAddress& address) const {
    return std::any_of(blocks_.begin(), blocks_.end(), [&address](const Block& block) {
        return same_prefix(block.bytes, address.bytes(), block.prefix_bits);
    });
}

std::string forwarded_client(const TrustedProxies& proxies,
                             const std::vector<std::string_view>& forwarded_for,
                             std::string_view peer) {
    std::string client(peer);
    for (auto value = forwarded_for.rbegin(); value != forwarded_for.rend(); ++value) {
        std::string_view list = *value;
        while (!list.empty()) {
            const auto hop = IpAddress::parse(without_port(trim(take_last(list))));
            if (!hop) return client;
            client = hop->to_string();
            if (!proxies.contains(*hop)) return client;
        }
    }
    return client;
}

}  // namespace tapline::http
