// The embedded Redis: a private redis-server that the gateway starts and owns.
//
//     auto embedded = Embedded::start({.data_dir = "data/redis"});
//     Link link((*embedded)->endpoint(), ...);
//
// Unix socket only (mode 0700 directory), append-only file with everysec, noeviction, no TCP port.
// Never two servers on one directory (flock on DIR/owner.lock, held by the gateway). A server that
// a killed gateway left behind is adopted; one that dies is started again, at once and then with
// a growing pause; stop() ends it with SHUTDOWN and waits until its file is closed.
// One machine, not for production: the start line and /readyz say so.
//
// The server runs in a session of its own, so that Ctrl-C on the gateway's terminal reaches the
// gateway alone, which can drain before it stops the server.
//
// The directory:
//   owner.lock       locked by the gateway that owns the directory; holds its process id
//   redis.pid        process id of the server
//   redis.sock       where it listens
//   redis.log        what it printed, appended
//   appendonlydir/   its data
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "gateway/redis/endpoint.h"
#include "routes/error.h"

namespace tapline::redis {

struct EmbeddedOptions {
    std::string data_dir;                              // made when missing, mode 0700
    std::string program = "redis-server";              // looked up in PATH
    std::chrono::milliseconds start_deadline{60'000};  // loading a large file takes time
    std::chrono::milliseconds stop_deadline{10'000};   // then it is killed
};

struct EmbeddedStats {
    bool adopted = false;
    int restarts = 0;
    int pid = 0;  // 0: none is running now
};

// Thread-safe.
class Embedded {
  public:
    // bad_config: another gateway owns the directory, or the program is missing (and which package
    // has it), or the socket path is too long for the system (107 bytes), or the server refuses to
    // start (with the last line of its log). unavailable: it does not answer in time.
    static Result<std::unique_ptr<Embedded>> start(EmbeddedOptions options);
    Embedded(const Embedded&) = delete;
    Embedded& operator=(const Embedded&) = delete;
    ~Embedded();  // stop()

    Endpoint endpoint() const;
    EmbeddedStats stats() const;
    void stop();

  private:
    class Impl;
    explicit Embedded(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

// Where the embedded Redis of `data_dir` listens; for the commands that look into a running system.
// An absolute path, whatever the working directory of the caller.
std::string embedded_socket(const std::string& data_dir);

}  // namespace tapline::redis
