#include "gateway/redis/embedded.h"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gateway/redis/checks.h"
#include "gateway/redis/link.h"
#include "tests/gateway/redis/eventually.h"
#include "tests/gateway/redis/real_redis.h"

namespace tapline::redis {
namespace {

using namespace std::chrono_literals;

std::unique_ptr<Embedded> start(const std::string& dir) {
    auto embedded = Embedded::start({.data_dir = dir});
    REQUIRE_MESSAGE(embedded, embedded.error().message);
    return std::move(*embedded);
}

Result<Reply> ask(const Embedded& embedded, std::initializer_list<std::string_view> words) {
    Resolver resolver;
    const Patience patience{Monotonic::now() + 5s};
    auto session = Session::open(embedded.endpoint(), "", resolver, patience);
    if (!session) return tl::unexpected(session.error());
    return session->ask(encode(words), patience);
}

bool is_running(int pid) {
    return std::filesystem::exists("/proc/" + std::to_string(pid) + "/exe");
}

}  // namespace

TEST_CASE("embedded Redis: is private, durable, fit, and out of the terminal's reach") {
    const TempDir temp;
    const std::string dir = temp.path() + "/deep/data";
    const auto embedded = start(dir);
    CHECK(embedded->endpoint().unix_path == embedded_socket(dir));
    CHECK(!embedded->stats().adopted);
    struct stat status {};
    REQUIRE(::stat(dir.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0700);
    CHECK(::getsid(embedded->stats().pid) == embedded->stats().pid);
    CHECK(ask(*embedded, {"CONFIG", "GET", "port"})->items[1].text == "0");
    const auto facts = check_server(
        [&](const std::string& command) {
            Resolver resolver;
            const Patience patience{Monotonic::now() + 5s};
            auto session = Session::open(embedded->endpoint(), "", resolver, patience);
            REQUIRE(session);
            return session->ask(command, patience);
        },
        {},
        [] {
            return std::chrono::time_point_cast<Milliseconds>(std::chrono::system_clock::now());
        });
    REQUIRE(facts);
    CHECK(facts->fit());
    CHECK(facts->persistence == "aof everysec");
}

TEST_CASE("embedded Redis: inherits none of the gateway's files") {
    const TempDir temp;
    // Without O_CLOEXEC, as a library might open it.
    const int leaked = ::open("/dev/null", O_RDONLY);
    const int high = ::fcntl(leaked, F_DUPFD, 200);
    const auto embedded = start(temp.path());
    const std::string fds = "/proc/" + std::to_string(embedded->stats().pid) + "/fd/";
    CHECK(!std::filesystem::exists(fds + std::to_string(high)));
    CHECK(std::filesystem::read_symlink(fds + "1") == temp.path() + "/redis.log");
    ::close(leaked);
    ::close(high);
}

TEST_CASE("embedded Redis: keeps its data over stop and start") {
    const TempDir temp;
    auto embedded = start(temp.path());
    const int first = embedded->stats().pid;
    REQUIRE(ask(*embedded, {"SET", "k", "kept"}));
    embedded->stop();
    embedded->stop();
    CHECK(embedded->stats().pid == 0);
    CHECK(!is_running(first));
    CHECK(!ask(*embedded, {"PING"}));
    embedded = start(temp.path());
    CHECK(ask(*embedded, {"GET", "k"})->text == "kept");
    CHECK(embedded->stats().pid != first);
}

TEST_CASE("embedded Redis: is started again when it is killed, and the link comes back") {
    const TempDir temp;
    const auto embedded = start(temp.path());
    LinkOptions options;
    options.backoff_first = 1ms;
    options.backoff_most = 20ms;
    Link link(embedded->endpoint(), options);
    link.start();
    REQUIRE(link.wait_connected(20s));
    for (int round = 1; round <= 3; ++round) {
        CAPTURE(round);
        const std::string value = std::to_string(round);
        REQUIRE(eventually([&] {
            const auto set = link.call(encode({"SET", "k", value}));
            return set && !set->is_error();
        }));
        const int pid = embedded->stats().pid;
        REQUIRE(::kill(pid, SIGKILL) == 0);
        REQUIRE(eventually([&] { return embedded->stats().restarts == round; }));
        CHECK(embedded->stats().pid != pid);
        REQUIRE(eventually([&] {
            const auto got = link.call(encode({"GET", "k"}));
            return got && got->text == value;
        }));
    }
}

TEST_CASE("embedded Redis: a second owner is refused and told who the first is") {
    const TempDir temp;
    auto first = start(temp.path());
    const auto second = Embedded::start({.data_dir = temp.path()});
    REQUIRE(!second);
    CHECK(second.error().code == ErrorCode::bad_config);
    CHECK(second.error().message.find("process " + std::to_string(::getpid())) !=
          std::string::npos);
    CHECK(ask(*first, {"PING"}));
    first.reset();
    CHECK(Embedded::start({.data_dir = temp.path()}));
}

TEST_CASE("embedded Redis: adopts the server of a gateway that was killed") {
    const TempDir temp;
    const pid_t gateway = ::fork();
    REQUIRE(gateway >= 0);
    if (gateway == 0) {
        const auto embedded = Embedded::start({.data_dir = temp.path()});
        if (embedded) std::ofstream(temp.path() + "/started") << (*embedded)->stats().pid << '\n';
        ::pause();
        ::_exit(1);
    }
    int orphan = 0;
    REQUIRE(eventually([&] { return bool(std::ifstream(temp.path() + "/started") >> orphan); }));
    CHECK(!Embedded::start({.data_dir = temp.path()}));
    ::kill(gateway, SIGKILL);
    ::waitpid(gateway, nullptr, 0);
    REQUIRE(is_running(orphan));

    auto embedded = start(temp.path());
    CHECK(embedded->stats().adopted);
    CHECK(embedded->stats().pid == orphan);
    REQUIRE(ask(*embedded, {"SET", "k", "v"}));
    // An adopted server is watched like a child.
    ::kill(orphan, SIGKILL);
    REQUIRE(eventually([&] { return embedded->stats().restarts == 1; }));
    REQUIRE(eventually([&] {
        const auto got = ask(*embedded, {"GET", "k"});
        return got && got->text == "v";
    }));
    embedded->stop();
    CHECK(!std::filesystem::exists(embedded_socket(temp.path())));
}

TEST_CASE("embedded Redis: stop ends an adopted server too") {
    const TempDir temp;
    const pid_t gateway = ::fork();
    REQUIRE(gateway >= 0);
    if (gateway == 0) {
        const auto embedded = Embedded::start({.data_dir = temp.path()});
        ::_exit(embedded ? 0 : 1);
    }
    int status = 0;
    ::waitpid(gateway, &status, 0);
    REQUIRE(WEXITSTATUS(status) == 0);
    const auto embedded = start(temp.path());
    const int pid = embedded->stats().pid;
    CHECK(embedded->stats().adopted);
    embedded->stop();
    // Who inherits the orphan may take a while to collect it.
    CHECK(eventually([&] { return !is_running(pid); }));
}

TEST_CASE("embedded Redis: a stale process id that is somebody else's is not adopted") {
    const TempDir temp;
    std::ofstream(temp.path() + "/redis.pid") << ::getpid() << '\n';
    const auto embedded = start(temp.path());
    CHECK(!embedded->stats().adopted);
    CHECK(embedded->stats().pid != ::getpid());
}

TEST_CASE("embedded Redis: a server that hangs is killed at the stop deadline") {
    const TempDir temp;
    auto embedded = Embedded::start({.data_dir = temp.path(), .stop_deadline = 100ms});
    REQUIRE(embedded);
    const int pid = (*embedded)->stats().pid;
    ::kill(pid, SIGSTOP);
    (*embedded)->stop();
    CHECK(!is_running(pid));
}

TEST_CASE("embedded Redis: says what hinders its start") {
    const TempDir temp;
    const auto missing =
        Embedded::start({.data_dir = temp.path(), .program = "no-such-redis-server"});
    REQUIRE(!missing);
    CHECK(missing.error().code == ErrorCode::bad_config);
    CHECK(missing.error().message.find("install the package redis-server") != std::string::npos);

    const auto long_path = Embedded::start({.data_dir = temp.path() + "/" + std::string(100, 'd')});
    REQUIRE(!long_path);
    CHECK(long_path.error().message.find("choose a shorter data directory") != std::string::npos);

    std::filesystem::create_directories(temp.path() + "/appendonlydir");
    std::ofstream(temp.path() + "/appendonlydir/appendonly.aof.manifest") << "nonsense\n";
    const auto broken = Embedded::start({.data_dir = temp.path()});
    REQUIRE(!broken);
    CHECK(broken.error().code == ErrorCode::bad_config);
    CHECK(broken.error().message.find("the server ended at its start: ") != std::string::npos);

    std::ofstream(temp.path() + "/file") << "x";
    const auto no_dir = Embedded::start({.data_dir = temp.path() + "/file/data"});
    REQUIRE(!no_dir);
    CHECK(no_dir.error().message.find("cannot make ") != std::string::npos);
}

}  // namespace tapline::redis
