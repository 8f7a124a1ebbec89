// What a webhook makes the gateway ask its provider: a signing certificate, a confirmation.
//
//     auto pem = callouts.certificate(url);              // nothing yet: it is being fetched
//     callouts.confirm(url, [](bool done) { ... });       // on the callouts' own thread
//
// One thread makes the calls, one after the other, so that no handler waits for a stranger. URLs
// come from adapters that have checked them to be the provider's own; calls go by HTTPS with the
// certificate checked, follow no redirect, take kCalloutSeconds and kCalloutBytes at most. At most
// kCalloutsMax wait: beyond, nothing is fetched and a confirmation fails, and the provider comes
// again. Certificates are kept until the gateway ends, the first kCertificatesMax of them; a URL
// that failed is not asked again for kFailureLife, so that forged requests cannot make it busy; of
// more than kCertificatesMax failures the oldest is forgotten. A client whose kFetchesOfClient last
// URLs wait or failed has no other one fetched: it cannot keep the provider's out. Thread-safe.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "routes/error.h"

namespace tapline {

inline constexpr std::size_t kCalloutsMax = 16;
inline constexpr std::size_t kCertificatesMax = 64;
inline constexpr std::size_t kFetchesOfClient = 4;
inline constexpr long kCalloutSeconds = 10;
inline constexpr std::size_t kCalloutBytes = 1u << 20;
inline constexpr std::chrono::seconds kFailureLife{30};

// GETs the URL and gives back the body of a 200.
using Fetch = std::function<Result<std::string>(const std::string& url)>;
Fetch https_fetch();

class Callouts {
  public:
    explicit Callouts(Fetch fetch);
    Callouts(const Callouts&) = delete;
    Callouts& operator=(const Callouts&) = delete;
    ~Callouts() { stop(); }

    // The certificate at `url`, or nothing: then it is fetched, unless that failed just now or the
    // client has too many under way. `client` names who asked for it; "" = not known, no bound.
    std::optional<std::string> certificate(const std::string& url, const std::string& client = "");

    // `done` runs once; with false when the call failed or could not be made.
    void confirm(const std::string& url, std::function<void(bool)> done);

    // Ends the thread; what waits fails. Idempotent.
    void stop();

  private:
    struct Call {
        std::string url;
        std::function<void(bool)> done;  // empty: a certificate
        std::string client = {};
    };
    struct Failure {
        std::chrono::steady_clock::time_point until;
        std::string client;
    };
    bool may_fetch(const std::string& client) const;
    void run();
    void finish(const Call& call, const Result<std::string>& answer);

    Fetch fetch_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<Call> waiting_;
    std::map<std::string, std::string> certificates_;
    std::map<std::string, Failure> failed_;
    bool stopped_ = false;
    std::thread thread_;
};

}  // namespace tapline
