// How the commands find a running gateway, and what they need of it.
//
// `serve` writes DATA_DIR/gateway.json and a copy into the user's runtime directory
// ($XDG_RUNTIME_DIR/tapline, else /tmp/tapline-UID, mode 0700), named by its process id. A command
// without --config takes the one whose process lives, and none when several do. Files that a killed
// gateway left behind are removed by whoever finds them. The file holds no secret.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/config.h"
#include "gateway/intake/identity.h"
#include "gateway/intake/records.h"
#include "gateway/redis/link.h"
#include "routes/error.h"

namespace tapline {

struct Running {
    int pid = 0;
    std::string config_dir;      // absolute
    std::string public_address;  // of the first listener: "http://127.0.0.1:8080", "unix:/path"
    std::string admin_address;   // "http://127.0.0.1:8081"
};

// Writes both files; the returned object removes them again.
class RunningFile {
  public:
    RunningFile(const Running& running, const std::string& data_dir);
    RunningFile(const RunningFile&) = delete;
    RunningFile& operator=(const RunningFile&) = delete;
    ~RunningFile();

  private:
    std::string in_data_;
    std::string in_runtime_;
};

// Error unavailable: no gateway runs (with this config directory, when one is named). Error
// bad_request: several do, which are listed, and none is named. Of several with one config
// directory it is the youngest.
Result<Running> find_running(const std::string& config_dir);

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
