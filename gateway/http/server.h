// The connection front: own sockets, epoll, strict HTTP/1.1 framing, limits and total deadlines.
//
//     auto server = Server::start(options, std::move(urls));
//     if (!server) ...
//     (*server)->address(0)      // "127.0.0.1:8080", the real port when 0 was asked for
//     (*server)->stop();         // finishes what was read, at most limits.drain
//
// One loop thread owns all sockets and TLS state; `workers` threads run the handlers on complete
// requests; responses may be sent from any thread. Responses of one connection leave in the order
// of its requests. No handler is called twice for one request, and none after stop() returned.
// Two servers cannot share a TCP port or a Unix socket: the second fails to start.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gateway/http/counters.h"
#include "gateway/http/limits.h"
#include "gateway/http/url_table.h"
#include "routes/error.h"

namespace tapline::http {

struct Listen {
    std::string address;      // "127.0.0.1:8080", "[::]:8080", "unix:/run/tapline/http.sock"
    std::string certificate;  // PEM chain file; empty: no TLS
    std::string key;          // PEM file
};

struct ServerOptions {
    std::vector<Listen> listen;
    Limits limits;
    std::vector<std::string> trusted_proxies;  // addresses, CIDR blocks, or "unix"
    int workers = 2;
};

class Server {
  public:
    // bad_config when an address is not free or not valid, or a certificate cannot be read.
    static Result<std::unique_ptr<Server>> start(ServerOptions options, UrlTable urls);
    virtual ~Server() = default;

    virtual std::string address(std::size_t listener) const = 0;
    virtual const Counters& counters() const = 0;
    // Reads the certificates again; on an error the old ones stay. Open connections keep theirs.
    virtual Result<void> reload_certificates() = 0;
    // When the earliest certificate of the listeners ends; nothing without TLS.
    virtual std::optional<std::chrono::system_clock::time_point> certificate_ends() const = 0;
    // Stops listening, answers what was read with "Connection: close", then closes; takes at most
    // limits.drain. Responders that are still out may be used afterwards: their answers go nowhere.
    // Idempotent. REQUIRES: not called from a handler.
    virtual void stop() = 0;
};

}  // namespace tapline::http
