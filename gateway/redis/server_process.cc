#include "gateway/redis/server_process.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <spawn.h>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gateway/redis/session.h"

namespace tapline::redis {
namespace {

using namespace std::chrono_literals;

constexpr auto kPollPause = 20ms;
constexpr auto kAskPatience = 2s;

std::string prefixed(const std::string& text) {
    return "embedded Redis: " + text;
}

std::string system_text(int number) {
    return std::generic_category().message(number);
}

// Everything on the command line: no file that could be edited into something else.
std::vector<std::string> arguments(const ServerPlace& place) {
    return {place.program,
            "--port",
            "0",
            "--unixsocket",
            place.socket(),
            "--unixsocketperm",
            "700",
            "--dir",
            place.dir,
            "--pidfile",
            place.pid_file(),
            "--logfile",
            "",
            "--daemonize",
            "no",
            "--supervised",
            "no",
            "--save",
            "",
            "--appendonly",
            "yes",
            "--appendfsync",
            "everysec",
            "--no-appendfsync-on-rewrite",
            "no",
            "--maxmemory-policy",
            "noeviction"};
}

// What the child does between fork and exec, prepared beforehand: a process with threads may do
// almost nothing there.
class SpawnPlan {
  public:
    explicit SpawnPlan(const ServerPlace& place) {
        posix_spawn_file_actions_init(&actions_);
        posix_spawn_file_actions_addopen(&actions_, 0, "/dev/null", O_RDONLY, 0);
        posix_spawn_file_actions_addopen(&actions_, 1, place.log().c_str(),
                                         O_WRONLY | O_CREAT | O_APPEND, 0600);
        posix_spawn_file_actions_adddup2(&actions_, 1, 2);
        posix_spawn_file_actions_addclosefrom_np(&actions_, 3);
        // From its first moment the child is known by its working directory; see works_on.
        posix_spawn_file_actions_addchdir_np(&actions_, place.dir.c_str());
        posix_spawnattr_init(&attributes_);
        sigset_t none;
        sigset_t all;
        sigemptyset(&none);
        sigfillset(&all);
        posix_spawnattr_setsigmask(&attributes_, &none);
        posix_spawnattr_setsigdefault(&attributes_, &all);
        posix_spawnattr_setflags(
            &attributes_, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    }
    SpawnPlan(const SpawnPlan&) = delete;
    SpawnPlan& operator=(const SpawnPlan&) = delete;
    ~SpawnPlan() {
        posix_spawnattr_destroy(&attributes_);
        posix_spawn_file_actions_destroy(&actions_);
    }

    int run(std::vector<std::string> words, pid_t& pid) const {
        std::vector<char*> argv;
        argv.reserve(words.size() + 1);
        for (auto& word : words) argv.push_back(word.data());
        argv.push_back(nullptr);
        return ::posix_spawnp(&pid, argv[0], &actions_, &attributes_, argv.data(), environ);
    }

  private:
    posix_spawn_file_actions_t actions_{};
    posix_spawnattr_t attributes_{};
};

int read_pid(const std::string& path) {
    std::ifstream file(path);
    int pid = 0;
    return file >> pid && pid > 0 ? pid : 0;
}

// A server keeps its directory as working directory, so a process id from a stale file that by now
// names some other process is told from ours.
bool works_on(int pid, const std::string& dir) {
    std::error_code error;
    const auto cwd = std::filesystem::read_symlink("/proc/" + std::to_string(pid) + "/cwd", error);
    return !error && cwd == dir;
}

std::string last_line(const std::string& path) {
    std::ifstream file(path);
    std::string line;
    std::string last;
    while (std::getline(file, line)) {
        if (!line.empty()) last = line;
    }
    return last;
}

// The process id of the server that answers on the socket of `place`.
Result<int> ask_pid(const ServerPlace& place, int cancel_fd) {
    Resolver resolver;
    const Patience patience{Monotonic::now() + kAskPatience, cancel_fd};
    auto session = Session::open(place.endpoint(), "tapline-owner", resolver, patience);
    if (!session) return fail(ErrorCode::unavailable, session.error().message);
    const auto info = session->ask(encode({"INFO", "server"}), patience);
    if (!info) return tl::unexpected(info.error());
    const auto dir = session->ask(encode({"CONFIG", "GET", "dir"}), patience);
    if (!dir) return tl::unexpected(dir.error());
    if (dir->items.size() != 2 || dir->items[1].text != place.dir) {
        return fail(ErrorCode::bad_config,
                    prefixed(place.socket() + " is the socket of a Redis on another directory"));
    }
    constexpr std::string_view kName = "process_id:";
    const auto at = info->text.find(kName);
    int pid = 0;
    if (at != std::string::npos) {
        const char* digits = info->text.data() + at + kName.size();
        std::from_chars(digits, info->text.data() + info->text.size(), pid);
    }
    if (pid <= 0) return fail(ErrorCode::corrupt, prefixed("INFO names no process_id"));
    return pid;
}

// True: the patience allows another look.
bool pause(const Patience& patience) {
    if (Monotonic::now() >= patience.until) return false;
    const auto slice = std::min(patience.until, Monotonic::now() + kPollPause);
    const auto waited = wait_for(patience.cancel_fd, POLLIN, {slice, -1});
    return !waited;
}

}  // namespace

Endpoint ServerPlace::endpoint() const {
    Endpoint endpoint;
    endpoint.unix_path = socket();
    return endpoint;
}

ServerProcess::ServerProcess(int pid, bool child) : pid_(pid), child_(child) {
    if (pid > 0) handle_ = Fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
}

Result<ServerProcess> ServerProcess::spawn(const ServerPlace& place) {
    const SpawnPlan plan(place);
    pid_t pid = 0;
    const int error = plan.run(arguments(place), pid);
    if (error == ENOENT) {
        return fail(ErrorCode::bad_config,
                    prefixed("there is no program " + place.program +
                             "; install the package redis-server, or name a running Redis in "
                             "`redis:`"));
    }
    if (error != 0) {
        return fail(ErrorCode::bad_config,
                    prefixed("cannot run " + place.program + ": " + system_text(error)));
    }
    // The server writes the same once it has read its options; until then a successor of ours
    // must find it too.
    std::ofstream(place.pid_file(), std::ios::trunc) << pid << '\n';
    return ServerProcess(pid, true);
}

Result<ServerProcess> ServerProcess::adopt(const ServerPlace& place, const Patience& patience) {
    while (true) {
        const auto pid = ask_pid(place, patience.cancel_fd);
        if (pid) return ServerProcess(*pid, false);
        if (pid.error().code != ErrorCode::unavailable) return tl::unexpected(pid.error());
        const int written = read_pid(place.pid_file());
        if (written == 0 || !works_on(written, place.dir)) return ServerProcess(0, false);
        if (!pause(patience)) {
            return fail(
                ErrorCode::unavailable,
                prefixed("process " + std::to_string(written) + " works on " + place.dir +
                         " but does not answer; end it with: kill " + std::to_string(written)));
        }
    }
}

bool ServerProcess::ended() {
    if (pid_ == 0) return true;
    if (child_) {
        int status = 0;
        const pid_t got = ::waitpid(pid_, &status, WNOHANG);
        return got == pid_ || (got < 0 && errno == ECHILD);
    }
    if (handle_) {
        pollfd polled{handle_.get(), POLLIN, 0};
        return ::poll(&polled, 1, 0) > 0;
    }
    return ::kill(pid_, 0) != 0 && errno == ESRCH;
}

bool ServerProcess::wait_end(const Patience& patience) {
    while (true) {
        if (ended()) {
            pid_ = 0;
            handle_.close();
            return true;
        }
        if (!handle_) {
            if (!pause(patience)) return false;
            continue;
        }
        if (!wait_for(handle_.get(), POLLIN, patience)) return false;
    }
}

void ServerProcess::signal(int number) const {
    if (pid_ == 0) return;
    if (handle_) {
        ::syscall(SYS_pidfd_send_signal, handle_.get(), number, nullptr, 0);
    } else {
        ::kill(pid_, number);
    }
}

Result<void> wait_ready(const ServerPlace& place, ServerProcess& process,
                        const Patience& patience) {
    while (true) {
        const int pid = process.pid();
        if (process.wait_end({Monotonic::now() + kPollPause, -1})) {
            return fail(ErrorCode::bad_config,
                        prefixed("the server ended at its start: " + last_line(place.log())));
        }
        const auto answering = ask_pid(place, patience.cancel_fd);
        if (answering && *answering == pid) return {};
        if (!answering && answering.error().code == ErrorCode::bad_config) {
            return tl::unexpected(answering.error());
        }
        if (!pause(patience)) {
            return fail(ErrorCode::unavailable,
                        prefixed("the server does not answer in time: " +
                                 (answering ? "another one does" : answering.error().message)));
        }
    }
}

void end_server(const ServerPlace& place, ServerProcess& process, const Patience& patience) {
    if (process.pid() == 0) return;
    Resolver resolver;
    const Patience asking{std::min(patience.until, Monotonic::now() + kAskPatience), -1};
    auto session = Session::open(place.endpoint(), "tapline-owner", resolver, asking);
    // NOSAVE is about snapshots; the append-only file is written and synced. A server that obeys
    // closes without a reply.
    if (!session || session->ask(encode({"SHUTDOWN", "NOSAVE"}), asking)) process.signal(SIGTERM);
    if (process.wait_end(patience)) return;
    process.signal(SIGKILL);
    process.wait_end({Monotonic::now() + kAskPatience, -1});
}

}  // namespace tapline::redis
