// Addresses of the network as they are written in tapline.yaml.
#pragma once

#include "config/values.h"

namespace tapline {

// "127.0.0.1:8080", "[::1]:8080", "localhost:8080" or "unix:/run/tapline/http.sock"; port 0 lets
// the system choose.
Parsed<std::string> parse_listen_address(std::string_view written);

// "http://host[:port]" or "https://host[:port]": no path, because providers sign the URL that they
// were given, from the root.
Parsed<std::string> parse_public_url(std::string_view written);

// An IPv4 or IPv6 address, or a block of them: "10.0.0.0/8".
Parsed<std::string> parse_address_block(std::string_view written);

// "redis://host:port/0", "rediss://host" or "unix:/run/redis.sock". Whether the rest is right is
// found when the gateway connects. The mend never shows the URL: it may hold a password.
Parsed<std::string> parse_redis_url(std::string_view written);

// Whether the URL has a password in it.
bool has_password(std::string_view url);

inline constexpr ValueKind<std::string> kListenAddress = {
    "an address like 127.0.0.1:8080 or unix:/run/tapline/http.sock", parse_listen_address};
inline constexpr ValueKind<std::string> kPublicUrl = {"a URL like https://hooks.acme.example",
                                                      parse_public_url};
inline constexpr ValueKind<std::string> kAddressBlock = {
    "an address or block like 10.0.0.7 or 10.0.0.0/8", parse_address_block};

}  // namespace tapline
