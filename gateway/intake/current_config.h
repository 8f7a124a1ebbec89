// The config that decides now, which a reload replaces as a whole.
//
//     state.current.use(std::move(config));              // at the start, and by a reload
//     const auto settings = state.settings();            // a request: once, kept to its end
//
// Thread-safe. A version lives for as long as somebody holds it, so a request in flight ends with
// the one that it began with.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "config/config.h"
#include "gateway/intake/brand_index.h"

namespace tapline {

// One version of the config and what is made of it.
struct Settings {
    explicit Settings(Config loaded);

    Config config;
    BrandIndex brands;
    std::string hash;  // config_hash(config)
};

// 12 hex characters of all that decides what becomes of a contact: brands and their versions,
// connections, mail, bounds of the quarantine. Of gateways of one Redis it must be the same;
// secrets, addresses and paths, which may differ between machines, are not in it.
std::string config_hash(const Config& config);

class CurrentConfig {
  public:
    // Never null: without brands and connections until `use` was called.
    std::shared_ptr<const Settings> get() const;
    void use(Config config);

  private:
    mutable std::mutex mutex_;
    std::shared_ptr<const Settings> now_ = std::make_shared<const Settings>(Config{});
};

}  // namespace tapline
