// What the commands need of a running gateway (run_file.h finds it): its config, keys and Redis.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/config.h"
#include "gateway/cli/run_file.h"
#include "gateway/intake/identity.h"
#include "gateway/intake/records.h"
#include "gateway/redis/link.h"
#include "routes/error.h"

namespace tapline {

// A command's view of a running gateway: its config, keys and Redis.
struct Installation {
    Running running;
    Config config;
    Keys keys;
    std::unique_ptr<redis::Link> link;
    // The gateway's secrets that cannot be had in this shell, as sentences; they are empty in
    // `config`.
    std::vector<std::string> missing_secrets = {};
};
// Opens it; an error says what is missing and how to mend it. Reads only.
Result<Installation> open_installation(const std::string& config_dir);

// Error bad_request: no brand is called so; it lists those that there are.
Result<std::shared_ptr<const Brand>> named_brand(const Config& config, const std::string& name);

// Prints "tapline: MESSAGE" to standard error and gives the exit code that fits.
int complain(const Error& error);

// "12:35", or "2026-03-09 12:35" on another day, in the zone; "none" without a time.
std::string due_text(const std::optional<Time>& due, Time now, const std::string& zone);

}  // namespace tapline
