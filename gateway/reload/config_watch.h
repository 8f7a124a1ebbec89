// Tells when the files of a config directory were changed and then left alone for a second.
//
//     ConfigWatch watch("/etc/tapline", seen, [&] { reloader.request(kFileChange, {}); });
//     watch.start();
//
// What counts is what a load would read below the directory: tapline.yaml, brands/*.yaml,
// brands/*/*.yaml, tables/*.csv and tables/*/*.csv, links followed, names that begin with a "." and
// whatever editors keep beside them left alone. The kernel tells when to look (inotify on these
// folders, so that a mount whose link `..data` is moved is seen too), and every ten seconds it is
// looked anyway, for files that are links to elsewhere. Without inotify it is looked every second.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace tapline {

inline constexpr std::chrono::milliseconds kQuietTime{1'000};

// The files at one moment.
struct ConfigLook {
    std::string state;                 // another one when any file is another one or was written
    std::vector<std::string> folders;  // those that exist: where something may happen
};
ConfigLook look_at_config(const std::string& directory);

// When a change is complete. Pure; the clock is the caller's.
class Settling {
  public:
    using Moment = std::chrono::steady_clock::time_point;

    // `state` is what was loaded.
    explicit Settling(std::string state) : told_(state), last_(std::move(state)) {}

    // Whether the files are others than those last told of (or loaded) and have been like this for
    // kQuietTime; told once.
    bool look(const std::string& state, Moment now);
    // While a change is not told of yet.
    bool is_pending() const { return last_ != told_; }

  private:
    std::string told_;
    std::string last_;
    Moment since_{};
};

class ConfigWatch {
  public:
    // `seen` is the state of the files before they were loaded. `on_change` runs on the watch's own
    // thread and must not block.
    ConfigWatch(std::string directory, std::string seen, std::function<void()> on_change);
    ConfigWatch(const ConfigWatch&) = delete;
    ConfigWatch& operator=(const ConfigWatch&) = delete;
    ~ConfigWatch();  // stop()

    void start();
    void stop();  // idempotent

  private:
    void run();

    const std::string directory_;
    const std::function<void()> on_change_;
    Settling settling_;
    int wake_ = -1;  // an eventfd: written by stop
    std::thread thread_;
};

}  // namespace tapline
