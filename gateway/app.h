// The whole gateway, wired: Redis, link, acceptor, steward, listeners.
//
//     auto gateway = Gateway::start(config, options);
//     ... (*gateway)->stop();
//
// Tests start the same object in-process. Starting does not wait for Redis: the listeners stand at
// once, and /readyz says when a contact would be accepted.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/last_good.h"
#include "gateway/clock.h"
#include "gateway/http/server.h"
#include "gateway/intake/callouts.h"
#include "gateway/reload/report.h"
#include "routes/error.h"

namespace tapline {

// What reloading needs besides the config that runs (gateway/reload/).
struct ReloadOptions {
    FileAccess files;
    std::string seen;                          // look_at_config(...).state before the load
    LastGood good;                             // of the load
    std::map<std::string, BrandFault> faults;  // of the load
    // SteadyOptions::tests.
    std::function<std::vector<std::string>(const Config&)> tests;
};

struct GatewayOptions {
    Clock clock = system_clock();
    Random random = system_random();
    Fetch fetch = https_fetch();  // how providers' certificates and confirmations are asked for
    http::Limits limits;          // deadlines and sizes; what the config says of limits overrides
    int workers = 0;              // 0: one per core
    std::optional<ReloadOptions> reload;  // nothing: the config stays as it is
};

class Gateway {
  public:
    static Result<std::unique_ptr<Gateway>> start(Config config, GatewayOptions options);
    virtual ~Gateway() = default;

    virtual std::string public_address(std::size_t listener) const = 0;
    virtual std::string admin_address() const = 0;
    // As a person types it: "https://127.0.0.1:8081", "unix:/run/tapline/admin.sock".
    virtual std::string admin_url() const = 0;
    // Lines for a person: what is listening, which Redis, what is missing.
    virtual std::vector<std::string> start_lines() const = 0;
    // True when contacts can be accepted within `patience`: the link stands, and it is known which
    // switches are on.
    virtual bool wait_until_ready(std::chrono::milliseconds patience) const = 0;
    // Those of every listener; of several mistakes the last one.
    virtual Result<void> reload_certificates() = 0;
    // Asks for a reload of the config; `done` is told what became of it, on another thread. Null:
    // nobody asks.
    virtual void reload(std::string_view why, std::function<void(const ReloadReport&)> done) = 0;
    // Answers what was read, ends the duties, closes Redis. Idempotent.
    virtual void stop() = 0;
};

}  // namespace tapline
