// Log lines: one JSON object a line on standard error.
//
//     log_info("accepted", {{"request", id}, {"tracking_number", number}});
//     {"time":"...","level":"info","message":"accepted","request":"...","tracking_number":"..."}
//
// What each level means: error: something was lost or a person must act; warning: it may become
// so; info: what an operator would want in a story of the day; debug: one line a request.
// Never personal data (no phone, name, address, message text); values are cut at 1 KiB, so that a
// stranger's input cannot flood the log. A thread of its own writes warnings at once and other
// lines within a second; while nobody reads them, 4 MiB wait and the rest is dropped and counted.
// No caller waits for the disk. Thread-safe.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace tapline {

enum class LogLevel { debug, info, warning, error };

using LogFields = std::initializer_list<std::pair<std::string_view, std::string_view>>;

// Writes to the file instead of standard error, from now on; called again with the same path it
// opens the file anew, as log rotation wants it. False when it cannot be opened: nothing changes.
bool set_log_file(const std::string& path);
// Lines below `least` are not written.
void set_log_level(LogLevel least);
std::optional<LogLevel> parse_log_level(std::string_view name);
bool log_enabled(LogLevel level);
void log_line(LogLevel level, std::string_view message, LogFields fields = {});

inline void log_debug(std::string_view message, LogFields fields = {}) {
    if (log_enabled(LogLevel::debug)) log_line(LogLevel::debug, message, fields);
}
inline void log_info(std::string_view message, LogFields fields = {}) {
    log_line(LogLevel::info, message, fields);
}
inline void log_warning(std::string_view message, LogFields fields = {}) {
    log_line(LogLevel::warning, message, fields);
}
inline void log_error(std::string_view message, LogFields fields = {}) {
    log_line(LogLevel::error, message, fields);
}

}  // namespace tapline
