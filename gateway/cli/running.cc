#include "gateway/cli/running.h"

#include <algorithm>
#include <cstdio>

#include <date/tz.h>
#include <unistd.h>

#include "config/last_good.h"
#include "gateway/cli/cli.h"
#include "gateway/cli/terminal.h"
#include "gateway/log.h"
#include "gateway/redis/embedded.h"
#include "gateway/reload/last_good_store.h"

namespace tapline {

namespace {

constexpr std::chrono::milliseconds kConnectPatience{3'000};

// What a shell of another user lacks is that user's: the keys, and Redis' socket.
Error as_user(Error error, const Running& running) {
    const std::string me = user_name(::getuid());
    if (running.user == me) return error;
    error.message += "; the gateway runs as user " + running.user + " and this command as " + me +
                     ": run it as that user: sudo -u " + running.user + " tapline ...";
    return error;
}

}  // namespace

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
    SteadyOptions options;
    options.last_good = [](const std::string& data_dir) {
        return data_dir.empty() ? LastGood{} : LastGoodStore(data_dir).read();
    };
    auto loaded = load_steadily(files, options);
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
    if (!keys) return tl::unexpected(as_user(keys.error(), *running));
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
        return tl::unexpected(
            as_user({ErrorCode::unavailable, why.empty() ? "redis: no answer in time" : why},
                    installation.running));
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
