#include "gateway/cli/running.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <date/tz.h>
#include <nlohmann/json.hpp>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/cli/cli.h"
#include "gateway/cli/terminal.h"
#include "gateway/log.h"
#include "gateway/redis/embedded.h"

namespace tapline {

namespace {

namespace fs = std::filesystem;
constexpr std::chrono::milliseconds kConnectPatience{3'000};

std::string runtime_dir() {
    const char* given = std::getenv("XDG_RUNTIME_DIR");
    if (given != nullptr && *given != '\0') return std::string(given) + "/tapline";
    return "/tmp/tapline-" + std::to_string(::getuid());
}

// Others must not be able to plant a file that sends our commands elsewhere.
bool is_ours(const std::string& path) {
    struct stat status {};
    return ::lstat(path.c_str(), &status) == 0 && status.st_uid == ::getuid() &&
           (status.st_mode & 022) == 0;
}

bool alive(int pid) {
    return pid > 0 && (::kill(pid, 0) == 0 || errno == EPERM);
}

void write_file(const std::string& path, const Running& running) {
    const nlohmann::ordered_json json = {{"pid", running.pid},
                                         {"config", running.config_dir},
                                         {"public", running.public_address},
                                         {"admin", running.admin_address}};
    std::ofstream(path, std::ios::trunc) << json.dump(2) << "\n";
    ::chmod(path.c_str(), 0600);
}

std::optional<Running> read_file(const std::string& path) {
    std::ifstream file(path);
    const auto json = nlohmann::json::parse(file, nullptr, false);
    if (!json.is_object()) return std::nullopt;
    Running running;
    running.pid = json.value("pid", 0);
    running.config_dir = json.value("config", "");
    running.public_address = json.value("public", "");
    running.admin_address = json.value("admin", "");
    return running;
}

std::string absolute(const std::string& path) {
    std::error_code ignored;
    const auto canonical = fs::weakly_canonical(path, ignored);
    return ignored ? path : canonical.string();
}

}  // namespace

RunningFile::RunningFile(const Running& running, const std::string& data_dir)
    : in_data_(data_dir + "/gateway.json"),
      in_runtime_(runtime_dir() + "/" + std::to_string(running.pid) + ".json") {
    std::error_code ignored;
    fs::create_directories(runtime_dir(), ignored);
    ::chmod(runtime_dir().c_str(), 0700);
    write_file(in_data_, running);
    if (is_ours(runtime_dir())) write_file(in_runtime_, running);
}

RunningFile::~RunningFile() {
    std::error_code ignored;
    fs::remove(in_data_, ignored);
    fs::remove(in_runtime_, ignored);
}

Result<Running> find_running(const std::string& config_dir) {
    const std::string wanted = config_dir.empty() ? "" : absolute(config_dir);
    std::optional<Running> youngest;
    fs::file_time_type youngest_time;
    std::error_code ignored;
    if (is_ours(runtime_dir())) {
        for (const auto& file : fs::directory_iterator(runtime_dir(), ignored)) {
            const auto running = is_ours(file.path()) ? read_file(file.path()) : std::nullopt;
            if (!running || !alive(running->pid)) continue;
            if (!wanted.empty() && running->config_dir != wanted) continue;
            if (youngest && file.last_write_time(ignored) <= youngest_time) continue;
            youngest = running;
            youngest_time = file.last_write_time(ignored);
        }
    }
    if (youngest) return *youngest;
    return fail(ErrorCode::unavailable,
                wanted.empty() ? "no gateway is running; start one with: tapline serve --config DIR"
                               : "no gateway is running with " + wanted +
                                     "; start it with: tapline serve --config " + wanted);
}

Result<Installation> open_installation(const std::string& config_dir) {
    set_log_level(LogLevel::error);
    auto running = find_running(config_dir);
    if (!running) return tl::unexpected(running.error());
    auto loaded = load_config(disk_access(running->config_dir));
    if (!loaded.config) {
        return fail(ErrorCode::bad_config,
                    "the config of the running gateway has mistakes now; see: "
                    "tapline check " +
                        running->config_dir);
    }
    Installation installation{*running, std::move(*loaded.config), {}, nullptr};
    auto keys = read_keys(installation.config.tracking_key, installation.config.privacy_key);
    if (!keys) return tl::unexpected(keys.error());
    installation.keys = *keys;
    redis::Endpoint endpoint;
    if (installation.config.redis.embedded) {
        endpoint.unix_path = redis::embedded_socket(installation.config.data_dir + "/redis");
    } else {
        auto parsed = redis::parse_endpoint(installation.config.redis.url);
        if (!parsed) return tl::unexpected(parsed.error());
        endpoint = *parsed;
    }
    installation.link = std::make_unique<redis::Link>(endpoint, redis::LinkOptions{});
    installation.link->start();
    if (!installation.link->wait_connected(kConnectPatience)) {
        const std::string why = installation.link->stats().last_error;
        return fail(ErrorCode::unavailable, why.empty() ? "redis: no answer in time" : why);
    }
    return installation;
}

int complain(const Error& error) {
    std::fprintf(stderr, "tapline: %s\n", printable(error.message).c_str());
    return error.code == ErrorCode::bad_config ? kExitConfig : kExitFindings;
}

std::string due_text(const std::optional<Time>& due, Time now, const std::string& zone) {
    if (!due) return "none";
    try {
        const auto* where = date::locate_zone(zone);
        const auto local = date::make_zoned(where, *due).get_local_time();
        const auto today = date::make_zoned(where, now).get_local_time();
        const bool same_day = date::floor<date::days>(local) == date::floor<date::days>(today);
        return date::format(same_day ? "%H:%M" : "%a %H:%M",
                            date::floor<std::chrono::minutes>(local));
    } catch (const std::exception&) {
        return "unknown time zone " + zone;
    }
}

}  // namespace tapline
