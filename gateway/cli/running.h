// How the commands find a running gateway, and what they need of it.
//
// `serve` writes DATA_DIR/gateway.json and a copy into the user's runtime directory
// ($XDG_RUNTIME_DIR/tapline, else /tmp/tapline-UID, mode 0700), named by its process id. A command
// without --config takes the youngest one whose process lives. The file holds no secret.
#pragma once

#include <memory>
#include <string>

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

// Error unavailable: no gateway runs (with this config directory, when one is named).
Result<Running> find_running(const std::string& config_dir);

// A command's view of a running gateway: its config, keys and Redis.
struct Installation {
    Running running;
    Config config;
    Keys keys;
    std::unique_ptr<redis::Link> link;
};
// Opens it; an error says what is missing and how to mend it. Reads only.
Result<Installation> open_installation(const std::string& config_dir);

// Prints "tapline: MESSAGE" to standard error and gives the exit code that fits.
int complain(const Error& error);

// "12:35", or "Mon 12:35" on another day, in the zone; "none" without a time.
std::string due_text(const std::optional<Time>& due, Time now, const std::string& zone);

}  // namespace tapline
