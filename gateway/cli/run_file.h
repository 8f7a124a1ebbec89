// How the commands find a running gateway.
//
// `serve` writes the run file twice: as DATA_DIR/gateway.json, which every user may read, and as
// PID.json in its user's runtime directory, mode 0700: $XDG_RUNTIME_DIR/tapline, else
// /run/user/UID/tapline, else /tmp/tapline-UID. It holds no secret:
//
//     {"pid": 4711, "config": "/etc/tapline", "public": "127.0.0.1:8080",
//      "admin": "127.0.0.1:8081", "admin_certificate": ""}
//
// With --config a command reads DATA_DIR/gateway.json of that config. Without, it takes the one
// gateway that runs by the first of its user's runtime directories that has any (all three are
// looked into, because a shell of `su` or cron has no session); where there is none, that of the
// working directory: a config directory, the one that `tapline init` makes, or a clone's example.
// A file that others than the user, root and the owner of the data directory could have written is
// passed over. Files in a runtime directory that a killed gateway left behind are removed by
// whoever finds them.
#pragma once

#include <string>
#include <vector>

#include "routes/error.h"

namespace tapline {

struct Running {
    int pid = 0;
    std::string config_dir;         // absolute
    std::string public_address;     // of the first listener: "127.0.0.1:8080", "unix:/path"
    std::string admin_address;      // "127.0.0.1:8081", "unix:/path"
    std::string admin_certificate;  // absolute path; "" = the admin listener has no TLS
    std::string user = {};          // who runs it; not in the file, but its owner
};

// Where a command looks and `serve` writes.
struct RunPlaces {
    std::vector<std::string> runtime_dirs;  // in this order
    std::string working_dir;
};
RunPlaces run_places();

// Writes both files; the returned object removes them again.
class RunningFile {
  public:
    RunningFile(const Running& running, const std::string& data_dir,
                const RunPlaces& places = run_places());
    RunningFile(const RunningFile&) = delete;
    RunningFile& operator=(const RunningFile&) = delete;
    ~RunningFile();

    // What could not be written, and what commands need for that; empty when all was.
    const std::vector<std::string>& warnings() const { return warnings_; }

  private:
    std::string in_data_;
    std::string in_runtime_;
    std::vector<std::string> warnings_;
};

// Error unavailable: no gateway runs (with this config directory, when one is named), or another
// user's, whose file cannot be read; the message names the users. Error bad_request: several do,
// which are listed, and none is named. Of several with one config directory it is the youngest.
Result<Running> find_running(const std::string& config_dir, const RunPlaces& places = run_places());

// "root", or "uid 1000" when it has no name.
std::string user_name(unsigned uid);

}  // namespace tapline
