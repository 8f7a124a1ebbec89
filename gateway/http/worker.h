// What a worker thread does with one request: fill the Request, call its handler through
// cpp-httplib, contain what it throws.
#pragma once

#include "gateway/http/address.h"
#include "gateway/http/exchange.h"
#include "gateway/http/httplib_bridge.h"

namespace tapline::http {

// Not thread-safe: each thread has its own.
class Worker {
  public:
    // `id_prefix` begins every request id. Both arguments outlive the worker.
    Worker(const TrustedProxies& proxies, const std::string& id_prefix)
        : proxies_(proxies), id_prefix_(id_prefix) {}

    // REQUIRES: the exchange has two holds; both pass to this call.
    void run(Exchange* exchange);

  private:
    void fill(Exchange& exchange);

    const TrustedProxies& proxies_;
    const std::string& id_prefix_;
    HttplibBridge bridge_;
};

}  // namespace tapline::http
