// The process of an embedded redis-server: started by us, or adopted from a gateway that was
// killed.
//
// Used by embedded.cc alone. One owner thread at a time.
#pragma once

#include <string>

#include "gateway/redis/endpoint.h"
#include "gateway/redis/fd.h"
#include "gateway/redis/patience.h"
#include "routes/error.h"

namespace tapline::redis {

// The directory of an embedded server and the names in it.
struct ServerPlace {
    std::string dir;  // absolute, without symbolic links: as /proc and CONFIG GET dir show it
    std::string program;

    std::string socket() const { return dir + "/redis.sock"; }
    std::string pid_file() const { return dir + "/redis.pid"; }
    std::string log() const { return dir + "/redis.log"; }
    Endpoint endpoint() const;
};

class ServerProcess {
  public:
    // Starts a server on `place`. bad_config: the program is missing or cannot be run.
    static Result<ServerProcess> spawn(const ServerPlace& place);
    // The server that works on `place` already, if there is one, once it answers; pid() is 0 if
    // there is none. unavailable: a process works there but does not answer. bad_config: the socket
    // is that of a Redis on another directory.
    static Result<ServerProcess> adopt(const ServerPlace& place, const Patience& patience);

    int pid() const { return pid_; }
    // True when the process has ended; false when the patience did.
    bool wait_end(const Patience& patience);
    void signal(int number) const;

  private:
    ServerProcess(int pid, bool child);
    bool ended();

    int pid_ = 0;
    bool child_ = false;
    Fd handle_;  // pidfd; none on a system without: then the process is polled
};

// Waits until the server answers. bad_config: it ended, with the last line of its log.
Result<void> wait_ready(const ServerPlace& place, ServerProcess& process, const Patience& patience);

// Ends the server with SHUTDOWN, else SIGTERM, and SIGKILL when the patience ends.
void end_server(const ServerPlace& place, ServerProcess& process, const Patience& patience);

}  // namespace tapline::redis
