// Reading the config again while the gateway serves.
//
//     Reloader reloader(std::move(parts));
//     reloader.start();
//     reloader.request("SIGHUP", {});                                          // any thread
//     reloader.request("admin", [](const ReloadReport& report) { ... });       // told when done
//
// A thread of its own loads, checks, runs the brands' tests and swaps; serving threads wait for
// nothing but the pointer. Requests that come meanwhile are one next reload, so that each is
// answered by a load that began after it came. A brand with mistakes stays at its last good version
// with the alarm `config.BRAND`, a mistake that concerns all leaves the whole config as it is with
// the alarm `config` (config/last_good.h); both are cleared by the load that has them no more.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "config/last_good.h"
#include "gateway/intake/gateway_state.h"
#include "gateway/reload/report.h"

namespace tapline {

// What asks for a reload, besides persons: the log is silent on one that changed nothing.
inline constexpr std::string_view kFileChange = "file change";

struct ReloaderParts {
    FileAccess files;
    GatewayState* state = nullptr;
    // Of the config in `state`: what decides each of its brands, and the faults of its load.
    LastGood good = {};
    std::map<std::string, BrandFault> faults = {};
    // SteadyOptions::tests.
    std::function<std::vector<std::string>(const Config&)> tests = {};
    // Told of each version that loaded, the first one too, to keep it for the next start. On the
    // reloader's thread.
    std::function<void(const LastGood&)> keep = {};
    // Called after each swap, on the reloader's thread.
    std::function<void(const Config& old, const Config& next)> on_swapped = {};
};

class Reloader {
  public:
    using Done = std::function<void(const ReloadReport&)>;

    explicit Reloader(ReloaderParts parts);
    Reloader(const Reloader&) = delete;
    Reloader& operator=(const Reloader&) = delete;
    ~Reloader();  // stop()

    void start();
    // Ends after the reload under way. Requests that were not begun are told a report that is not
    // used and has one mistake. Idempotent.
    void stop();

    // `why` stands in the log. `done` runs on the reloader's thread, or on that of stop(); null:
    // nobody asks.
    void request(std::string_view why, Done done);

    // One reload on the caller's thread. REQUIRES: start() was not called.
    ReloadReport reload(std::string_view why);

  private:
    void run();
    void note_faults(const std::map<std::string, BrandFault>& faults);
    void note_refusal(const ReloadReport& report);
    ReloadReport refused(std::string message) const;

    ReloaderParts parts_;
    std::set<std::string> faulty_;  // brands whose alarm stands

    std::mutex mutex_;
    std::condition_variable wake_;
    std::vector<std::pair<std::string, Done>> waiting_;
    bool stopping_ = false;
    std::thread thread_;
};

// What the alarm of a brand says, with the mend.
std::string fault_text(const BrandFault& fault);

}  // namespace tapline
