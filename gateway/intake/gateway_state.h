// What the handlers of one gateway share: the config, the acceptor, the counters.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "config/config.h"
#include "gateway/intake/acceptor.h"
#include "gateway/intake/brand_index.h"
#include "gateway/intake/callouts.h"
#include "gateway/intake/form_limit.h"
#include "gateway/intake/heard.h"
#include "gateway/intake/tap_limit.h"
#include "gateway/metrics.h"

namespace tapline {

// When each connection was last heard, at once; what outlives the gateway is in Heard. Thread-safe.
class LastHeard {
  public:
    void note(const std::string& connection, Time when);
    std::map<std::string, Time> all() const;

  private:
    mutable std::mutex mutex_;
    std::map<std::string, Time> times_;
};

// Conditions that a person must see. Each has a fixed name; raised again it only counts.
// Thread-safe.
class Alarms {
  public:
    void raise(const std::string& name, const std::string& message);
    void clear(const std::string& name);
    std::map<std::string, std::string> all() const;

  private:
    mutable std::mutex mutex_;
    std::map<std::string, std::string> raised_;
};

struct GatewayState {
    std::shared_ptr<const Config> config;  // immutable while the gateway runs
    std::shared_ptr<const BrandIndex> brands;
    std::shared_ptr<const Acceptor> acceptor;
    std::unique_ptr<Callouts> callouts;  // null: no connection makes any
    Metrics metrics;
    LastHeard last_heard;  // since this gateway started
    Heard heard;           // for the record that all gateways share
    Alarms alarms;
    TapLimit tap_limit;
    TapLimit handshake_limit;
    FormLimit form_limit;
};

}  // namespace tapline
