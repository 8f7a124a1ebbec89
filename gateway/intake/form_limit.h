// How many submits of a web form are taken: of one client, so that nobody floods a queue, and of a
// connection in all, so that many clients do not either. Token buckets with a burst of one minute's
// worth.
//
//     switch (limit.take("acme-web", form, client, now)) { case FormLimit::Verdict::client: ... }
//
// Thread-safe. Remembers at most 100,000 clients; then it begins anew, in favour of the visitors.
#pragma once

#include <chrono>
#include <mutex>
#include <string>
#include <unordered_map>

#include "adapters/sources/web_form.h"

namespace tapline {

class FormLimit {
  public:
    enum class Verdict { taken, client, connection };
    using Moment = std::chrono::steady_clock::time_point;

    // Takes one token of the client's and one of the connection's bucket, or none. `address` is an
    // IPv4 address or, as its /64, an IPv6 address; behind a proxy that the config does not trust
    // everybody has the proxy's, so that only the connection's limit counts.
    Verdict take(const std::string& connection, const WebForm& form, const std::string& address,
                 Moment now);

  private:
    struct Bucket {
        double tokens = 0;
        Moment filled;
    };
    static void fill(Bucket& bucket, double per_minute, Moment now);

    std::mutex mutex_;
    std::unordered_map<std::string, Bucket> clients_;  // "connection\nclient"
    std::unordered_map<std::string, Bucket> connections_;
};

}  // namespace tapline
