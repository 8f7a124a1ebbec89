// Where Redis is, and as whom to speak to it.
//
//     redis://user:password@host:6379/0     TCP; user may be empty ("redis://:password@host")
//     rediss://host                         TLS, chain and host name are verified
//     rediss://host?ca=/etc/redis/ca.pem    TLS, with another root than the system's
//     unix:/run/redis.sock                  Unix socket; `?database=1&user=u&password=p`
//
// User and password are percent-decoded. An IPv6 address stands in brackets.
#pragma once

#include <string>
#include <string_view>

#include "routes/error.h"

namespace tapline::redis {

struct Endpoint {
    std::string host;  // TCP
    int port = 6379;
    std::string unix_path;  // set: Unix socket, host and port are not used
    bool tls = false;
    std::string ca_file;   // PEM; empty: the system's store
    std::string user;      // AUTH; empty: "default"
    std::string password;  // empty: no AUTH
    int database = 0;
};

// bad_config for everything that is not one of the forms above. A URL may hold a password, so the
// message never quotes it.
Result<Endpoint> parse_endpoint(std::string_view url);

// "redis://host:6379/0" without user and password, for logs and messages.
std::string describe(const Endpoint& endpoint);

}  // namespace tapline::redis
