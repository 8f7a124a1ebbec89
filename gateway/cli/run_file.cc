#include "gateway/cli/run_file.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <pwd.h>
#include <system_error>

#include <nlohmann/json.hpp>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/config.h"

namespace tapline {

namespace {

namespace fs = std::filesystem;

constexpr mode_t kOwnerOnly = 0600;
constexpr mode_t kReadableByAll = 0644;
constexpr mode_t kWritableByOthers = 022;

// What lstat tells; nothing when it cannot.
std::optional<struct stat> status_of(const std::string& path) {
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0) return std::nullopt;
    return status;
}

// Others must not be able to plant a file that sends our commands elsewhere.
bool is_ours(const std::string& path) {
    const auto status = status_of(path);
    return status && status->st_uid == ::getuid() && (status->st_mode & kWritableByOthers) == 0;
}

bool alive(int pid) {
    return pid > 0 && (::kill(pid, 0) == 0 || errno == EPERM);
}

bool write_file(const std::string& path, const Running& running, mode_t mode) {
    const nlohmann::ordered_json json = {{"pid", running.pid},
                                         {"config", running.config_dir},
                                         {"public", running.public_address},
                                         {"admin", running.admin_address},
                                         {"admin_certificate", running.admin_certificate}};
    std::ofstream file(path, std::ios::trunc);
    file << json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << "\n";
    file.close();
    return !file.fail() && ::chmod(path.c_str(), mode) == 0;
}

std::optional<Running> read_file(const std::string& path) {
    std::ifstream file(path);
    const auto json = nlohmann::json::parse(file, nullptr, false);
    const auto status = status_of(path);
    if (!json.is_object() || !status) return std::nullopt;
    const auto text = [&](const char* name) {
        const auto found = json.find(name);
        return found != json.end() && found->is_string() ? found->get<std::string>() : "";
    };
    const auto pid = json.find("pid");
    Running running;
    if (pid != json.end() && pid->is_number_integer()) running.pid = pid->get<int>();
    running.config_dir = text("config");
    running.public_address = text("public");
    running.admin_address = text("admin");
    running.admin_certificate = text("admin_certificate");
    running.user = user_name(status->st_uid);
    return running;
}

std::string absolute(const std::string& path) {
    std::error_code ignored;
    const auto canonical = fs::weakly_canonical(path, ignored);
    return ignored ? path : canonical.string();
}

// Youngest first.
std::vector<Running> running_in(const std::string& runtime_dir) {
    std::vector<std::pair<fs::file_time_type, Running>> found;
    std::error_code ignored;
    if (!is_ours(runtime_dir)) return {};
    for (const auto& file : fs::directory_iterator(runtime_dir, ignored)) {
        const auto running = is_ours(file.path()) ? read_file(file.path()) : std::nullopt;
        if (!running) continue;
        if (alive(running->pid)) {
            found.emplace_back(file.last_write_time(ignored), *running);
        } else {
            fs::remove(file.path(), ignored);
        }
    }
    std::stable_sort(found.begin(), found.end(),
                     [](const auto& a, const auto& b) { return a.first > b.first; });
    std::vector<Running> gateways;
    gateways.reserve(found.size());
    for (auto& [time, running] : found) gateways.push_back(std::move(running));
    return gateways;
}

// The config may have been broken since the gateway started; then it is where it mostly is.
std::string data_dir_of(const std::string& config_dir) {
    FileAccess files = disk_access(config_dir);
    files.on_missing_secret = [](const Mistake&) {};
    const auto loaded = load_config(files);
    return loaded.config ? loaded.config->data_dir : config_dir + "/data";
}

// The gateway of one config directory by its DATA_DIR/gateway.json: nothing when none runs, an
// error when one may run that this user cannot ask.
Result<std::optional<Running>> running_with(const std::string& config_dir) {
    const std::string data_dir = data_dir_of(config_dir);
    const std::string path = data_dir + "/gateway.json";
    const auto another = [&](const std::string& user, const std::string& what) {
        return fail(ErrorCode::unavailable, "user " + user_name(::getuid()) + " cannot read " +
                                                what + ", which belongs to user " + user +
                                                "; run this command as that user: sudo -u " + user +
                                                " tapline ...");
    };
    const auto folder = status_of(data_dir + "/.");
    const auto file = status_of(path);
    if (!file) {
        const bool denied = errno == EACCES;
        const auto closed = status_of(data_dir);
        if (denied && closed) return another(user_name(closed->st_uid), data_dir);
        return std::optional<Running>();
    }
    const bool known_owner = file->st_uid == ::getuid() || file->st_uid == 0 ||
                             (folder && file->st_uid == folder->st_uid);
    if (!S_ISREG(file->st_mode) || !known_owner || (file->st_mode & kWritableByOthers) != 0) {
        return fail(ErrorCode::unavailable, path + " is passed over, because others than user " +
                                                user_name(::getuid()) +
                                                " may have written it; remove it and start the "
                                                "gateway again");
    }
    if (::access(path.c_str(), R_OK) != 0) return another(user_name(file->st_uid), path);
    auto running = read_file(path);
    if (running && alive(running->pid)) return running;
    return std::optional<Running>();
}

// A config that somebody else put here says nothing of where this user's gateway is.
bool is_config_dir(const std::string& path) {
    const auto status = status_of(path + "/tapline.yaml");
    return status && (status->st_uid == ::getuid() || status->st_uid == 0);
}

Result<std::optional<Running>> running_beside(const std::string& working_dir) {
    for (const char* below : {"", "/tapline-config", "/config/examples/acme"}) {
        if (!is_config_dir(working_dir + below)) continue;
        auto running = running_with(absolute(working_dir + below));
        if (!running || *running) return running;
    }
    return std::optional<Running>();
}

// What hides a gateway from its own commands.
std::string passed_over(const RunPlaces& places) {
    std::string told;
    for (const std::string& dir : places.runtime_dirs) {
        const auto status = status_of(dir);
        if (!status || is_ours(dir)) continue;
        told += "; " + dir + " is passed over, because user " + user_name(status->st_uid) +
                " or others may write there: remove it";
    }
    return told;
}

Result<Running> one_of(const std::vector<Running>& found) {
    const bool same = std::all_of(found.begin(), found.end(), [&](const Running& one) {
        return one.config_dir == found.front().config_dir;
    });
    if (same) return found.front();
    std::string list;
    for (const Running& one : found) {
        list += (list.empty() ? "" : " or ") + std::string("--config ") + one.config_dir;
    }
    return fail(ErrorCode::bad_request, "several gateways are running; add " + list);
}

Result<Running> find_with(const std::string& config_dir, const RunPlaces& places) {
    const std::string wanted = absolute(config_dir);
    auto running = running_with(wanted);
    if (running && *running) return **running;
    for (const std::string& dir : places.runtime_dirs) {
        for (const Running& one : running_in(dir)) {
            if (one.config_dir == wanted) return one;
        }
    }
    if (!running) return tl::unexpected(running.error());
    return fail(ErrorCode::unavailable, "no gateway is running with " + wanted +
                                            "; start it with: tapline serve --config " + wanted +
                                            passed_over(places));
}

// Makes the first that can be this user's own; "" when none can.
std::string make_runtime_dir(const RunPlaces& places) {
    for (const std::string& dir : places.runtime_dirs) {
        std::error_code failed;
        if (!fs::exists(fs::path(dir).parent_path(), failed)) continue;
        fs::create_directory(dir, failed);
        ::chmod(dir.c_str(), 0700);
        if (is_ours(dir)) return dir;
    }
    return "";
}

}  // namespace

std::string user_name(unsigned uid) {
    const passwd* found = ::getpwuid(uid);
    return found == nullptr ? "uid " + std::to_string(uid) : found->pw_name;
}

RunPlaces run_places() {
    const std::string uid = std::to_string(::getuid());
    RunPlaces places;
    const char* given = std::getenv("XDG_RUNTIME_DIR");
    if (given != nullptr && *given != '\0') {
        places.runtime_dirs.push_back(std::string(given) + "/tapline");
    }
    for (const std::string& dir : {"/run/user/" + uid + "/tapline", "/tmp/tapline-" + uid}) {
        if (places.runtime_dirs.empty() || places.runtime_dirs.front() != dir) {
            places.runtime_dirs.push_back(dir);
        }
    }
    std::error_code ignored;
    places.working_dir = fs::current_path(ignored).string();
    return places;
}

RunningFile::RunningFile(const Running& running, const std::string& data_dir,
                         const RunPlaces& places)
    : in_data_(data_dir + "/gateway.json") {
    if (!write_file(in_data_, running, kReadableByAll)) {
        warnings_.push_back("cannot write " + in_data_ +
                            "; commands find this gateway only as user " + user_name(::getuid()));
    }
    const std::string runtime_dir = make_runtime_dir(places);
    in_runtime_ = runtime_dir + "/" + std::to_string(running.pid) + ".json";
    if (runtime_dir.empty() || !write_file(in_runtime_, running, kOwnerOnly)) {
        in_runtime_.clear();
        warnings_.push_back("cannot write to " + places.runtime_dirs.back() +
                            "; commands need --config " + running.config_dir + passed_over(places));
    }
}

RunningFile::~RunningFile() {
    std::error_code ignored;
    fs::remove(in_data_, ignored);
    if (!in_runtime_.empty()) fs::remove(in_runtime_, ignored);
}

Result<Running> find_running(const std::string& config_dir, const RunPlaces& places) {
    if (!config_dir.empty()) return find_with(config_dir, places);
    for (const std::string& dir : places.runtime_dirs) {
        const auto found = running_in(dir);
        if (!found.empty()) return one_of(found);
    }
    auto beside = running_beside(places.working_dir);
    if (!beside) return tl::unexpected(beside.error());
    if (*beside) return **beside;
    return fail(ErrorCode::unavailable,
                "no gateway of user " + user_name(::getuid()) +
                    " is running; start one with: tapline serve --config DIR, or name that of "
                    "another user: --config DIR" +
                    passed_over(places));
}

}  // namespace tapline
