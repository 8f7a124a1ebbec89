#include "gateway/cli/running.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gateway/clock.h"
#include "tests/gateway/redis/real_redis.h"

using namespace tapline;

namespace {

namespace fs = std::filesystem;

// A runtime directory of the test's own while it lives.
class Runtime {
  public:
    Runtime() {
        const char* before = std::getenv("XDG_RUNTIME_DIR");
        if (before != nullptr) before_ = before;
        ::setenv("XDG_RUNTIME_DIR", dir_.path().c_str(), 1);
    }
    Runtime(const Runtime&) = delete;
    Runtime& operator=(const Runtime&) = delete;
    ~Runtime() {
        before_.empty() ? ::unsetenv("XDG_RUNTIME_DIR")
                        : ::setenv("XDG_RUNTIME_DIR", before_.c_str(), 1);
    }
    std::string path(const std::string& name) const { return dir_.path() + "/" + name; }

  private:
    redis::TempDir dir_;
    std::string before_;
};

Running running(int pid, const std::string& config) {
    return {pid, config, "127.0.0.1:1", "127.0.0.1:2"};
}

// The id of a process that has ended.
int dead_pid() {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(0);
    ::waitpid(child, nullptr, 0);
    return child;
}

}  // namespace

TEST_CASE("running gateways: one is taken, several are listed, one that is named is found") {
    const Runtime runtime;
    CHECK(find_running("").error().code == ErrorCode::unavailable);
    const RunningFile first(running(::getpid(), "/etc/first"), runtime.path(""));
    REQUIRE(find_running("").has_value());
    CHECK(find_running("")->config_dir == "/etc/first");

    const RunningFile second(running(::getppid(), "/etc/second"), runtime.path(""));
    const auto both = find_running("");
    REQUIRE_FALSE(both.has_value());
    CHECK(both.error().code == ErrorCode::bad_request);
    CHECK(both.error().message.starts_with("several gateways are running; add --config /etc/"));
    CHECK(both.error().message.find("/etc/first") != std::string::npos);
    CHECK(both.error().message.find("/etc/second") != std::string::npos);
    CHECK(find_running("/etc/first")->pid == ::getpid());
    CHECK(find_running("/etc/none").error().code == ErrorCode::unavailable);
}

TEST_CASE("running gateways: what a killed one left behind is removed and not taken") {
    const Runtime runtime;
    const int pid = dead_pid();
    const RunningFile dead(running(pid, "/etc/dead"), runtime.path(""));
    const std::string left = runtime.path("tapline/" + std::to_string(pid) + ".json");
    REQUIRE(fs::exists(left));
    const RunningFile alive(running(::getpid(), "/etc/alive"), runtime.path(""));
    REQUIRE(find_running("").has_value());
    CHECK(find_running("")->config_dir == "/etc/alive");
    CHECK_FALSE(fs::exists(left));
}

TEST_CASE("running gateways: a file that others may write is passed over") {
    const Runtime runtime;
    const RunningFile file(running(::getpid(), "/etc/mine"), runtime.path(""));
    const std::string path = runtime.path("tapline/" + std::to_string(::getpid()) + ".json");
    ::chmod(path.c_str(), 0666);
    CHECK_FALSE(find_running("").has_value());
}

TEST_CASE("times: today by the clock, another day with its date, in the zone that is asked for") {
    const Time noon = from_ms(1773059400000);  // 2026-03-09 12:30 UTC
    struct Row {
        std::optional<Time> due;
        std::string zone;
        std::string shown;
    };
    const Row rows[] = {{noon, "UTC", "12:30"},
                        {noon, "America/New_York", "08:30"},
                        {noon + std::chrono::hours(12), "UTC", "2026-03-10 00:30"},
                        {noon + std::chrono::hours(12), "America/New_York", "20:30"},
                        {noon - std::chrono::hours(24 * 8), "UTC", "2026-03-01 12:30"},
                        {std::nullopt, "UTC", "none"},
                        {noon, "Mars/Olympus", "unknown time zone Mars/Olympus"}};
    for (const Row& row : rows) {
        CAPTURE(row.shown);
        CHECK(due_text(row.due, noon, row.zone) == row.shown);
    }
}

TEST_CASE("brands: one that does not exist is answered with those that do") {
    auto loaded = load_config(disk_access(TAPLINE_SOURCE_DIR "/config/examples/acme"));
    REQUIRE(loaded.config.has_value());
    CHECK(named_brand(*loaded.config, "acme").value()->name == "acme");
    CHECK(named_brand(*loaded.config, "nope").error().message ==
          "no brand \"nope\"; there is: acme");
}
