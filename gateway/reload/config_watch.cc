#include "gateway/reload/config_watch.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <utility>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/log.h"
#include "gateway/redis/fd.h"

namespace tapline {

namespace {

namespace fs = std::filesystem;

constexpr std::chrono::milliseconds kLookAnyway{10'000};
constexpr std::chrono::milliseconds kLookWithoutEvents{1'000};
constexpr std::uint32_t kEvents = IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM |
                                  IN_MOVED_TO | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF;

void add_file(const fs::path& path, std::string& state) {
    struct stat found {};
    if (::stat(path.c_str(), &found) != 0) return;
    state += path.string() + " " + std::to_string(found.st_dev) + " " +
             std::to_string(found.st_ino) + " " + std::to_string(found.st_size) + " " +
             std::to_string(found.st_mtim.tv_sec) + "." + std::to_string(found.st_mtim.tv_nsec) +
             "\n";
}

// The files of the folder and of the folders in it whose names end so.
void add_folder(const fs::path& folder, std::string_view ending, int depth, ConfigLook& look) {
    std::error_code error;
    std::vector<fs::path> files;
    std::vector<fs::path> folders;
    for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
        const std::string name = at->path().filename().string();
        if (name.empty() || name.front() == '.') continue;
        std::error_code unknown;
        if (at->is_directory(unknown)) {
            folders.push_back(at->path());
        } else if (name.ends_with(ending)) {
            files.push_back(at->path());
        }
    }
    if (error) return;
    look.folders.push_back(folder.string());
    std::sort(files.begin(), files.end());
    std::sort(folders.begin(), folders.end());
    for (const fs::path& file : files) add_file(file, look.state);
    if (depth == 0) return;
    for (const fs::path& inner : folders) add_folder(inner, ending, depth - 1, look);
}

// Waits for something to happen in folders; without inotify only for the time to pass.
class FolderEvents {
  public:
    explicit FolderEvents(int wake)
        : inotify_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)), wake_(wake) {}

    bool has_inotify() const { return static_cast<bool>(inotify_); }

    // A folder that was replaced is another one under the same name, so that each look says all of
    // them anew; for those that are known this changes nothing.
    void watch(const std::vector<std::string>& folders) {
        if (!inotify_) return;
        for (const std::string& folder : folders) {
            if (::inotify_add_watch(inotify_.get(), folder.c_str(), kEvents) < 0) is_whole_ = false;
        }
    }
    bool is_whole() const { return has_inotify() && is_whole_; }

    void wait(std::chrono::milliseconds time) {
        std::array<pollfd, 2> fds = {
            {{wake_, POLLIN, 0}, {inotify_ ? inotify_.get() : -1, POLLIN, 0}}};
        ::poll(fds.data(), fds.size(), static_cast<int>(time.count()));
        std::array<char, std::size_t{16} * 1024> events{};
        while (inotify_ && ::read(inotify_.get(), events.data(), events.size()) > 0) {
        }
    }

  private:
    redis::Fd inotify_;
    int wake_;
    bool is_whole_ = true;
};

}  // namespace

ConfigLook look_at_config(const std::string& directory) {
    ConfigLook look;
    const fs::path root(directory);
    look.folders.push_back(root.string());
    add_file(root / "tapline.yaml", look.state);
    add_folder(root / "brands", ".yaml", 1, look);
    add_folder(root / "tables", ".csv", 1, look);
    return look;
}

bool Settling::look(const std::string& state, Moment now) {
    if (state != last_) {
        last_ = state;
        since_ = now;
    }
    if (!is_pending() || now - since_ < kQuietTime) return false;
    told_ = last_;
    return true;
}

ConfigWatch::ConfigWatch(std::string directory, std::string seen, std::function<void()> on_change)
    : directory_(std::move(directory)),
      on_change_(std::move(on_change)),
      settling_(std::move(seen)),
      wake_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}

ConfigWatch::~ConfigWatch() {
    stop();
}

void ConfigWatch::start() {
    if (wake_ < 0) return log_error("config: cannot watch the files", {{"directory", directory_}});
    thread_ = std::thread([this] { run(); });
}

void ConfigWatch::stop() {
    const std::uint64_t one = 1;
    // It can fail only where the counter is full, and then it wakes as well.
    [[maybe_unused]] const auto written = ::write(wake_, &one, sizeof one);
    if (thread_.joinable()) thread_.join();
    if (wake_ >= 0) ::close(std::exchange(wake_, -1));
}

void ConfigWatch::run() {
    FolderEvents events(wake_);
    if (!events.has_inotify()) {
        log_warning("config: no inotify, so the files are looked at every second");
    }
    for (;;) {
        const ConfigLook look = look_at_config(directory_);
        events.watch(look.folders);
        if (settling_.look(look.state, std::chrono::steady_clock::now())) on_change_();
        const auto anyway = events.is_whole() ? kLookAnyway : kLookWithoutEvents;
        // A little longer than the quiet time, so that one look is enough.
        constexpr std::chrono::milliseconds kGrace{20};
        events.wait(settling_.is_pending() ? kQuietTime + kGrace : anyway);
        std::uint64_t stopped = 0;
        if (::read(wake_, &stopped, sizeof stopped) > 0) return;
    }
}

}  // namespace tapline
