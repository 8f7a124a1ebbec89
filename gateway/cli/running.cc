#include "gateway/cli/running.h"

#include <algorithm>
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

// Youngest first.
std::vector<Running> running_gateways() {
    std::vector<std::pair<fs::file_time_type, Running>> found;
    std::error_code ignored;
    if (!is_ours(runtime_dir())) return {};
    for (const auto& file : fs::directory_iterator(runtime_dir(), ignored)) {
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
    std::vector<Running> found = running_gateways();
    if (!wanted.empty()) {
        std::erase_if(found, [&](const Running& one) { return one.config_dir != wanted; });
    }
    const bool same = std::all_of(found.begin(), found.end(), [&](const Running& one) {
        return one.config_dir == found.front().config_dir;
    });
    if (!found.empty() && same) return found.front();
    if (!found.empty()) {
        std::string list;
        for (const Running& one : found) {
            list += (list.empty() ? "" : " or ") + std::string("--config ") + one.config_dir;
        }
        return fail(ErrorCode::bad_request, "several gateways are running; add " + list);
    }
    return fail(ErrorCode::unavailable,
                wanted.empty() ? "no gateway is running; start one with: tapline serve --config DIR"
                               : "no gateway is running with " + wanted +
                                     "; start it with: tapline serve --config " + wanted);
}

Result<Installation> open_installation(const std::string& config_dir) {
    set_log_level(LogLevel::error);
    auto running = find_running(config_dir);
    if (!running) return tl::unexpected(running.error());
    std::vector<std::string> missing;
    FileAccess files = disk_access(running->config_dir);
    files.on_missing_secret = [&](const Mistake& mistake) {
        Mistake told = mistake;
        told.severity = Mistake::Severity::error;
        missing.push_back(to_string(told));
    };
    auto loaded = load_config(files);
    if (!loaded.config) {
        const auto first = std::find_if(
            loaded.mistakes.begin(), loaded.mistakes.end(),
            [](const Mistake& one) { return one.severity == Mistake::Severity::error; });
        return fail(ErrorCode::bad_config,
                    "the config of the running gateway cannot be used here: " + to_string(*first) +
                        " (all mistakes: tapline check " + running->config_dir + ")");
    }
    Installation installation{*running, std::move(*loaded.config), {}, nullptr, std::move(missing)};
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

Result<std::shared_ptr<const Brand>> named_brand(const Config& config, const std::string& name) {
    const auto found = config.brands.find(name);
    if (found != config.brands.end()) return found->second;
    std::string known;
    for (const auto& [one, brand] : config.brands) known += " " + one;
    return fail(ErrorCode::bad_request, "no brand \"" + name + "\"; there is:" + known);
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
        return date::format(same_day ? "%H:%M" : "%Y-%m-%d %H:%M",
                            date::floor<std::chrono::minutes>(local));
    } catch (const std::exception&) {
        return "unknown time zone " + zone;
    }
}

}  // namespace tapline
