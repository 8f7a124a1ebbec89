#include "gateway/redis/embedded.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <pthread.h>
#include <system_error>
#include <thread>

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/redis/fd.h"
#include "gateway/redis/server_process.h"

namespace tapline::redis {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

// sockaddr_un.sun_path without its closing zero.
constexpr std::size_t kSocketPathMost = 107;
// A server that lived this long died of something else than its start.
constexpr auto kHealthyLife = 10s;
constexpr std::chrono::milliseconds kPauseFirst = 100ms;
constexpr std::chrono::milliseconds kPauseMost = 5s;

tl::unexpected<Error> bad(const std::string& what) {
    return fail(ErrorCode::bad_config, "embedded Redis: " + what);
}

std::string system_text(int number) {
    return std::generic_category().message(number);
}

Result<std::string> prepare_directory(const std::string& data_dir) {
    std::error_code error;
    fs::create_directories(data_dir, error);
    if (error) return bad("cannot make " + data_dir + ": " + error.message());
    if (::chmod(data_dir.c_str(), 0700) != 0) {
        return bad("cannot make " + data_dir + " private: " + system_text(errno));
    }
    const fs::path real = fs::canonical(data_dir, error);
    if (error) return bad("cannot open " + data_dir + ": " + error.message());
    return real.string();
}

Result<Fd> own(const std::string& dir) {
    const std::string path = dir + "/owner.lock";
    Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!fd) return bad("cannot open " + path + ": " + system_text(errno));
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
        std::string owner;
        std::ifstream(path) >> owner;
        return bad("another gateway (process " + owner + ") owns " + dir +
                   "; stop it, or give this one another data directory");
    }
    const std::string pid = std::to_string(::getpid()) + "\n";
    // The number serves the message above and nothing else.
    if (::ftruncate(fd.get(), 0) == 0) {
        [[maybe_unused]] const auto written = ::write(fd.get(), pid.data(), pid.size());
    }
    return fd;
}

}  // namespace

class Embedded::Impl {
  public:
    Impl(ServerPlace place, EmbeddedOptions options, Fd lock, ServerProcess process)
        : place_(std::move(place)),
          options_(std::move(options)),
          lock_(std::move(lock)),
          stop_fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
          process_(std::move(process)),
          pid_(process_.pid()) {}

    void begin(bool adopted) {
        adopted_ = adopted;
        watcher_ = std::thread([this] { watch(); });
    }

    void stop() {
        const std::lock_guard guard(stop_mutex_);
        if (!watcher_.joinable()) return;
        const std::uint64_t one = 1;
        [[maybe_unused]] const auto written = ::write(stop_fd_.get(), &one, sizeof one);
        watcher_.join();
        end_server(place_, process_, {Monotonic::now() + options_.stop_deadline});
        pid_ = 0;
        lock_.close();
    }

    Endpoint endpoint() const { return place_.endpoint(); }
    EmbeddedStats stats() const { return {adopted_, restarts_, pid_}; }

  private:
    bool wait_stop(std::chrono::milliseconds time) const {
        return wait_for(stop_fd_.get(), POLLIN, {Monotonic::now() + time}).has_value();
    }

    // Restarts the server whenever it ends, until stop.
    void watch() {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, nullptr);
        auto pause = 0ms;
        while (true) {
            const auto begun = Monotonic::now();
            while (!process_.wait_end({Monotonic::now() + 1h, stop_fd_.get()})) {
                if (wait_stop(0ms)) return;
            }
            pid_ = 0;
            if (Monotonic::now() - begun >= kHealthyLife) pause = 0ms;
            if (wait_stop(pause)) return;
            pause = std::min(std::max(pause * 2, kPauseFirst), kPauseMost);
            auto again = ServerProcess::spawn(place_);
            if (!again) continue;
            process_ = std::move(*again);
            pid_ = process_.pid();
            ++restarts_;
        }
    }

    const ServerPlace place_;
    const EmbeddedOptions options_;
    Fd lock_;
    Fd stop_fd_;
    ServerProcess process_;  // the watcher's while it runs
    std::atomic<bool> adopted_{false};
    std::atomic<int> restarts_{0};
    std::atomic<int> pid_;
    std::mutex stop_mutex_;
    std::thread watcher_;
};

Embedded::Embedded(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Embedded::~Embedded() {
    stop();
}
Endpoint Embedded::endpoint() const {
    return impl_->endpoint();
}
EmbeddedStats Embedded::stats() const {
    return impl_->stats();
}
void Embedded::stop() {
    impl_->stop();
}

Result<std::unique_ptr<Embedded>> Embedded::start(EmbeddedOptions options) {
    auto dir = prepare_directory(options.data_dir);
    if (!dir) return tl::unexpected(dir.error());
    const ServerPlace place{*dir, options.program};
    if (place.socket().size() > kSocketPathMost) {
        return bad("the path " + place.socket() + " has " + std::to_string(place.socket().size()) +
                   " bytes, and a Unix socket may have 107; choose a shorter data directory");
    }
    auto lock = own(place.dir);
    if (!lock) return tl::unexpected(lock.error());
    const Patience patience{Monotonic::now() + options.start_deadline};
    auto process = ServerProcess::adopt(place, patience);
    if (!process) return tl::unexpected(process.error());
    const bool adopted = process->pid() != 0;
    if (!adopted) {
        process = ServerProcess::spawn(place);
        if (!process) return tl::unexpected(process.error());
        if (auto ready = wait_ready(place, *process, patience); !ready) {
            end_server(place, *process, {Monotonic::now() + options.stop_deadline});
            return tl::unexpected(ready.error());
        }
    }
    auto impl =
        std::make_unique<Impl>(place, std::move(options), std::move(*lock), std::move(*process));
    impl->begin(adopted);
    return std::unique_ptr<Embedded>(new Embedded(std::move(impl)));
}

std::string embedded_socket(const std::string& data_dir) {
    std::error_code error;
    const fs::path real = fs::weakly_canonical(fs::absolute(data_dir, error), error);
    return ServerPlace{error ? data_dir : real.string(), {}}.socket();
}

}  // namespace tapline::redis
