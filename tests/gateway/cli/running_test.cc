#include "gateway/cli/running.h"

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

// Directories of the test's own, so that no gateway of this machine is found.
class Runtime {
  public:
    Runtime() { fs::create_directories(path("data")); }
    RunPlaces places() const { return {{path("first/tapline"), path("tapline")}, path("here")}; }
    std::string data() const { return path("data"); }
    std::string path(const std::string& name) const { return dir_.path() + "/" + name; }

    // A config directory with this data_dir.
    std::string config(const std::string& name, const std::string& data_dir) const {
        fs::create_directories(path(name) + "/brands");
        std::ofstream(path(name) + "/tapline.yaml") << "config: 1\ndata_dir: " << data_dir << "\n";
        std::ofstream(path(name) + "/brands/shop.yaml")
            << "config: 1\nbrand: shop\nowner: web team\nqueues: {all: {respond_within: 5m}}\n"
               "routes: [{name: default, to: all}]\n";
        return path(name);
    }

  private:
    redis::TempDir dir_;
};

Running running(int pid, const std::string& config) {
    return {pid, config, "127.0.0.1:1", "127.0.0.1:2", ""};
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
    CHECK(find_running("", runtime.places()).error().code == ErrorCode::unavailable);
    const RunningFile first(running(::getpid(), "/etc/first"), runtime.data(), runtime.places());
    REQUIRE(find_running("", runtime.places()).has_value());
    CHECK(find_running("", runtime.places())->config_dir == "/etc/first");

    const RunningFile second(running(::getppid(), "/etc/second"), runtime.data(), runtime.places());
    const auto both = find_running("", runtime.places());
    REQUIRE_FALSE(both.has_value());
    CHECK(both.error().code == ErrorCode::bad_request);
    CHECK(both.error().message.starts_with("several gateways are running; add --config /etc/"));
    CHECK(both.error().message.find("/etc/first") != std::string::npos);
    CHECK(both.error().message.find("/etc/second") != std::string::npos);
    CHECK(find_running("/etc/first", runtime.places())->pid == ::getpid());
    CHECK(find_running("/etc/none", runtime.places()).error().code == ErrorCode::unavailable);
}

TEST_CASE("running gateways: what a killed one left behind is removed and not taken") {
    const Runtime runtime;
    const int pid = dead_pid();
    const RunningFile dead(running(pid, "/etc/dead"), runtime.data(), runtime.places());
    const std::string left = runtime.path("tapline/" + std::to_string(pid) + ".json");
    REQUIRE(fs::exists(left));
    const RunningFile alive(running(::getpid(), "/etc/alive"), runtime.data(), runtime.places());
    REQUIRE(find_running("", runtime.places()).has_value());
    CHECK(find_running("", runtime.places())->config_dir == "/etc/alive");
    CHECK_FALSE(fs::exists(left));
}

TEST_CASE("running gateways: a file that others may write is passed over") {
    const Runtime runtime;
    const RunningFile file(running(::getpid(), "/etc/mine"), runtime.data(), runtime.places());
    const std::string path = runtime.path("tapline/" + std::to_string(::getpid()) + ".json");
    ::chmod(path.c_str(), 0666);
    CHECK_FALSE(find_running("", runtime.places()).has_value());
}

TEST_CASE("running gateways: a named config is found by its data directory alone") {
    const Runtime runtime;
    const std::string data = runtime.data();
    const std::string config = runtime.config("etc", data);
    CHECK(find_running(config, runtime.places())
              .error()
              .message.starts_with("no gateway is running with " + config));
    const RunningFile file(running(::getpid(), config), data, runtime.places());
    CHECK(file.warnings().empty());
    fs::remove_all(runtime.path("tapline"));
    REQUIRE(find_running(config, runtime.places()).has_value());
    CHECK(find_running(config, runtime.places())->pid == ::getpid());
    struct stat status {};
    REQUIRE(::stat((data + "/gateway.json").c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0644);

    ::chmod((data + "/gateway.json").c_str(), 0666);
    const auto planted = find_running(config, runtime.places());
    REQUIRE_FALSE(planted.has_value());
    CHECK(planted.error().message.find("is passed over, because others") != std::string::npos);
}

TEST_CASE("running gateways: the working directory's config leads to its gateway") {
    for (const std::string below : {"here", "here/tapline-config", "here/config/examples/acme"}) {
        CAPTURE(below);
        const Runtime runtime;
        const std::string config = runtime.config(below, "data");
        fs::create_directories(config + "/data");
        const auto none = find_running("", runtime.places());
        REQUIRE_FALSE(none.has_value());
        CHECK(none.error().message.starts_with("no gateway of user " + user_name(::getuid())));
        const RunningFile file(running(::getpid(), config), config + "/data", runtime.places());
        fs::remove_all(runtime.path("tapline"));
        CHECK(find_running("", runtime.places()).has_value());
    }
}

TEST_CASE("running gateways: every runtime directory is looked into, whichever had one at start") {
    const Runtime runtime;
    const RunningFile file(running(::getpid(), "/etc/late"), runtime.data(), runtime.places());
    REQUIRE(fs::exists(runtime.path("tapline/" + std::to_string(::getpid()) + ".json")));
    fs::create_directories(runtime.path("first/tapline"));
    REQUIRE(find_running("", runtime.places()).has_value());
    CHECK(find_running("", runtime.places())->config_dir == "/etc/late");
}

TEST_CASE(
    "running gateways: a directory that is not the user's own is told, not passed over in "
    "silence") {
    const Runtime runtime;
    std::ofstream(runtime.path("plain")) << "";
    const RunPlaces places{{runtime.path("plain")}, runtime.path("here")};
    ::chmod(runtime.path("plain").c_str(), 0622);
    const RunningFile file(running(::getpid(), "/etc/hidden"), runtime.path("nowhere"), places);
    REQUIRE(file.warnings().size() == 2);
    CHECK(file.warnings()[0].starts_with("cannot write " + runtime.path("nowhere")));
    CHECK(file.warnings()[1].find("commands need --config /etc/hidden") != std::string::npos);
    ::chmod(runtime.path("plain").c_str(), 0622);
    CHECK(
        find_running("", places).error().message.find(runtime.path("plain") + " is passed over") !=
        std::string::npos);
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
