#include "gateway/log.h"

#include <array>
#include <memory>

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "adapters/json_writer.h"
#include "adapters/time_text.h"
#include "gateway/clock.h"

namespace tapline {

namespace {

constexpr std::size_t kValueMax = 1024;

// spdlog does not escape what it prints, so the line is made whole here and its pattern is "%v".
spdlog::logger& logger() {
    static const std::shared_ptr<spdlog::logger> instance = [] {
        auto made = std::make_shared<spdlog::logger>(
            "tapline", std::make_shared<spdlog::sinks::stderr_sink_mt>());
        made->set_pattern("%v");
        // A line a contact would cost a system call a contact; a second later is soon enough.
        made->flush_on(spdlog::level::warn);
        spdlog::register_logger(made);
        spdlog::flush_every(std::chrono::seconds(1));
        return made;
    }();
    return *instance;
}

spdlog::level::level_enum to_spdlog(LogLevel level) {
    constexpr std::array kLevels = {spdlog::level::debug, spdlog::level::info, spdlog::level::warn,
                                    spdlog::level::err};
    return kLevels.at(static_cast<std::size_t>(level));
}

constexpr std::array<std::string_view, 4> kNames = {"debug", "info", "warning", "error"};

}  // namespace

void set_log_level(LogLevel least) {
    logger().set_level(to_spdlog(least));
}

std::optional<LogLevel> parse_log_level(std::string_view name) {
    for (std::size_t i = 0; i < kNames.size(); ++i) {
        if (kNames.at(i) == name) return static_cast<LogLevel>(i);
    }
    return std::nullopt;
}

bool log_enabled(LogLevel level) {
    return logger().should_log(to_spdlog(level));
}

void log_line(LogLevel level, std::string_view message, LogFields fields) {
    if (!log_enabled(level)) return;
    JsonWriter json(256);
    json.open('{');
    json.key("time").value(to_rfc3339(system_clock()()));
    json.key("level").value(kNames.at(static_cast<std::size_t>(level)));
    json.key("message").value(message.substr(0, kValueMax));
    for (const auto& [name, value] : fields) json.any_key(name).value(value.substr(0, kValueMax));
    json.close('}');
    logger().log(to_spdlog(level), "{}", json.str());
}

}  // namespace tapline
