// What the handlers of one gateway share: the config that decides now, the acceptor, the counters.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "gateway/intake/acceptor.h"
#include "gateway/intake/callouts.h"
#include "gateway/intake/current_config.h"
#include "gateway/intake/form_limit.h"
#include "gateway/intake/heard.h"
#include "gateway/intake/tap_limit.h"
#include "gateway/metrics.h"
#include "routes/situation.h"

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
    // Clears those that begin with `prefix`, but for "PREFIX" + each of `names`.
    void clear_others(const std::string& prefix, const std::set<std::string>& names);
    // Clears those that concern a brand which is no more: "NAME.BRAND" and "NAME.BRAND.REST".
    void forget_brand(const std::string& brand);
    std::map<std::string, std::string> all() const;

  private:
    mutable std::mutex mutex_;
    std::map<std::string, std::string> raised_;
};

// What holds for each brand now, as the steward last read it. Thread-safe.
class Situations {
  public:
    // Never null; empty until it was read.
    std::shared_ptr<const Situation> of(const std::string& brand) const;
    // Null until it was read: nobody can say yet which switches are on.
    std::shared_ptr<const Situation> known(const std::string& brand) const;
    void set(const std::string& brand, std::shared_ptr<const Situation> situation);
    // Of a brand that is no more: what is read of it is no longer true when it comes back.
    void forget(const std::string& brand);

  private:
    mutable std::mutex mutex_;
    std::map<std::string, std::shared_ptr<const Situation>> situations_;
};

struct GatewayState {
    CurrentConfig current;
    std::shared_ptr<const Acceptor> acceptor;
    std::unique_ptr<Callouts> callouts;  // null: no connection makes any
    Metrics metrics;
    LastHeard last_heard;  // since this gateway started
    Heard heard;           // for the record that all gateways share
    Alarms alarms;
    Situations situations;
    TapLimit tap_limit;
    TapLimit handshake_limit;
    FormLimit form_limit;

    // The config of this moment: a request takes it once and keeps it to its end, so that a reload
    // cannot change it half-way. Name it before a loop over a part of it:
    //
    //     const auto config = state.config();
    //     for (const auto& [name, brand] : config->brands) ...
    std::shared_ptr<const Settings> settings() const { return current.get(); }
    std::shared_ptr<const Config> config() const;
    std::shared_ptr<const BrandIndex> brands() const;
    std::shared_ptr<const Situation> situation(const std::string& brand) const {
        return situations.of(brand);
    }
};

}  // namespace tapline
