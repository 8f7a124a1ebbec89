#include "gateway/log.h"

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <memory>
#include <mutex>
#include <thread>

#include <spdlog/sinks/sink.h>
#include <spdlog/spdlog.h>

#include "adapters/json_writer.h"
#include "adapters/time_text.h"
#include "gateway/clock.h"

namespace tapline {

namespace {

constexpr std::size_t kValueMax = 1024;
constexpr std::size_t kWaitingMax = 4u << 20;
constexpr std::chrono::seconds kWriteEvery{1};

// Collects lines and writes them from a thread of its own, so that no thread that serves contacts
// waits for whoever reads standard error. While that one does not read, lines beyond kWaitingMax
// are dropped, and the next line that is written says how many.
class Writer final : public spdlog::sinks::sink {
  public:
    Writer() : thread_([this] { run(); }) {}
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;
    ~Writer() override {
        {
            const std::lock_guard lock(mutex_);
            stopping_ = true;
        }
        wake_.notify_one();
        thread_.join();
    }

    bool open(const std::string& path) {
        std::FILE* file = std::fopen(path.c_str(), "ae");
        if (file == nullptr) return false;
        const std::lock_guard lock(mutex_);
        reopened_ = file;
        wake_.notify_one();
        return true;
    }

    void log(const spdlog::details::log_msg& message) override {
        const std::lock_guard lock(mutex_);
        if (waiting_.size() > kWaitingMax) {
            ++dropped_;
            return;
        }
        waiting_.append(message.payload.data(), message.payload.size()).append("\n");
        if (message.level >= spdlog::level::warn) wake_.notify_one();
    }

    void flush() override { wake_.notify_one(); }
    void set_pattern(const std::string& /*pattern*/) override {}
    void set_formatter(std::unique_ptr<spdlog::formatter> /*formatter*/) override {}

  private:
    void run() {
        std::unique_lock lock(mutex_);
        while (!stopping_ || !waiting_.empty()) {
            if (!stopping_) wake_.wait_for(lock, kWriteEvery);
            std::string lines = std::exchange(waiting_, {});
            if (const auto dropped = std::exchange(dropped_, 0); dropped > 0) {
                lines += "{\"level\":\"error\",\"message\":\"log lines dropped\",\"count\":" +
                         std::to_string(dropped) + "}\n";
            }
            std::FILE* reopened = std::exchange(reopened_, nullptr);
            lock.unlock();
            if (reopened != nullptr) {
                if (file_ != stderr) std::fclose(file_);
                file_ = reopened;
            }
            std::fwrite(lines.data(), 1, lines.size(), file_);
            std::fflush(file_);
            lock.lock();
        }
    }

    std::FILE* file_ = stderr;  // the writer's thread only

    std::mutex mutex_;
    std::condition_variable wake_;
    std::string waiting_;
    std::uint64_t dropped_ = 0;
    std::FILE* reopened_ = nullptr;
    bool stopping_ = false;
    std::thread thread_;
};

const std::shared_ptr<Writer>& writer() {
    static const auto instance = std::make_shared<Writer>();
    return instance;
}

spdlog::logger& logger() {
    static spdlog::logger instance("tapline", writer());
    return instance;
}

spdlog::level::level_enum to_spdlog(LogLevel level) {
    constexpr std::array kLevels = {spdlog::level::debug, spdlog::level::info, spdlog::level::warn,
                                    spdlog::level::err};
    return kLevels.at(static_cast<std::size_t>(level));
}

constexpr std::array<std::string_view, 4> kNames = {"debug", "info", "warning", "error"};

}  // namespace

bool set_log_file(const std::string& path) {
    return writer()->open(path);
}

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
