#include "gateway/http/listener.h"

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <netinet/tcp.h>

#include "tests/gateway/http/client.h"

using namespace front_test;
using tapline::http::Listener;

TEST_CASE("listening: a port belongs to one server") {
    for (const std::string address : {"127.0.0.1:0", "[::1]:0", "localhost:0"}) {
        CAPTURE(address);
        auto first = Listener::open(address);
        REQUIRE(first.has_value());
        const auto second = Listener::open(first->address());
        REQUIRE_FALSE(second.has_value());
        CHECK(second.error().code == tapline::ErrorCode::bad_config);
        CHECK(second.error().message == "http: cannot listen on " + first->address() +
                                            ": Address already in use; another program has it");
        const std::string name = first->address();
        first->close();
        CHECK(Listener::open(name).has_value());
    }
}

TEST_CASE("listening: a wrong address is told") {
    for (const std::string address :
         {"", "8080", ":8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1",
          "127.0.0.1:80x", "::1:80", "[127.0.0.1]:80", "[::1]", "example.com:80"}) {
        CAPTURE(address);
        const auto listener = Listener::open(address);
        REQUIRE_FALSE(listener.has_value());
        CHECK(listener.error().message ==
              "http: cannot listen on " + address + ": not ADDRESS:PORT, [IPV6]:PORT or unix:PATH");
    }
    CHECK_FALSE(Listener::open("unix:").has_value());
    CHECK_FALSE(Listener::open("unix:/" + std::string(200, 'x')).has_value());
    CHECK_FALSE(Listener::open("unix:/nonexistent-folder/s").has_value());
}

TEST_CASE("listening: accepted sockets do not block, delay or survive exec") {
    auto listener = Listener::open("127.0.0.1:0");
    REQUIRE(listener.has_value());
    CHECK(listener->accept().error == EAGAIN);
    const Client client(listener->address());
    REQUIRE(client.connected());
    const auto accepted = listener->accept();
    REQUIRE(accepted.fd >= 0);
    CHECK(accepted.peer->to_string() == "127.0.0.1");
    CHECK((::fcntl(accepted.fd, F_GETFL) & O_NONBLOCK) != 0);
    CHECK((::fcntl(accepted.fd, F_GETFD) & FD_CLOEXEC) != 0);
    CHECK((::fcntl(listener->fd(), F_GETFD) & FD_CLOEXEC) != 0);
    int no_delay = 0;
    socklen_t size = sizeof no_delay;
    ::getsockopt(accepted.fd, IPPROTO_TCP, TCP_NODELAY, &no_delay, &size);
    CHECK(no_delay == 1);
    int shared = 1;
    size = sizeof shared;
    ::getsockopt(listener->fd(), SOL_SOCKET, SO_REUSEPORT, &shared, &size);
    CHECK(shared == 0);
    ::close(accepted.fd);
}

TEST_CASE("listening: a Unix socket belongs to one server, and a dead one's is replaced") {
    const Folder folder;
    const std::string path = folder / "s";
    auto first = Listener::open("unix:" + path);
    REQUIRE(first.has_value());
    CHECK(first->address() == "unix:" + path);
    const auto second = Listener::open("unix:" + path);
    REQUIRE_FALSE(second.has_value());
    CHECK(second.error().message == "http: cannot listen on unix:" + path +
                                        ": Address already in use; another program has it");
    CHECK(Client("unix:" + path).connected());

    first->close();
    CHECK_FALSE(std::filesystem::exists(path));

    // What a killed process leaves: a bound name that nobody listens behind.
    const int dead = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    path.copy(name.sun_path, sizeof name.sun_path - 1);
    REQUIRE(::bind(dead, reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0);
    ::close(dead);
    REQUIRE(std::filesystem::exists(path));
    auto third = Listener::open("unix:" + path);
    REQUIRE(third.has_value());
    CHECK(Client("unix:" + path).connected());
}

TEST_CASE("listening: a file that is no socket is left alone") {
    const Folder folder;
    const std::string path = folder / "s";
    std::ofstream(path) << "precious";
    const auto listener = Listener::open("unix:" + path);
    REQUIRE_FALSE(listener.has_value());
    CHECK(listener.error().message ==
          "http: cannot listen on unix:" + path + ": a file that is no socket is there");
    CHECK(std::filesystem::file_size(path) == 8);
}

TEST_CASE("listening: closing does not remove another server's socket") {
    const Folder folder;
    const std::string path = folder / "s";
    auto first = Listener::open("unix:" + path);
    REQUIRE(first.has_value());
    std::filesystem::remove(path);
    auto second = Listener::open("unix:" + path);
    REQUIRE(second.has_value());
    first->close();
    CHECK(std::filesystem::exists(path));
    CHECK(Client("unix:" + path).connected());
}
