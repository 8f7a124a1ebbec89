// The limits of the front: each strikes, with its status and its counter. Limits are small here, so
// that they strike soon; no test says how soon.
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <sys/resource.h>

#include "gateway/http/server.h"
#include "tests/gateway/http/client.h"

using namespace front_test;
using namespace tapline::http;

namespace {

struct Gate {
    std::mutex mutex;
    std::vector<Responder> responders;

    std::size_t count() {
        const std::lock_guard lock(mutex);
        return responders.size();
    }
    void answer_all() {
        const std::lock_guard lock(mutex);
        for (Responder& responder : responders) responder.send(text(200, "late"));
        responders.clear();
    }
};

UrlTable urls_with(Gate& gate) {
    UrlTable urls;
    urls.add({"POST", "/post", 1000, "post", [](const Request& request, Responder responder) {
                  responder.send(text(200, std::to_string(request.body.size())));
              }});
    urls.add({"GET", "/wait", 0, "wait", [&gate](const Request&, Responder responder) {
                  const std::lock_guard lock(gate.mutex);
                  gate.responders.push_back(std::move(responder));
              }});
    urls.add({"GET", "/large", 0, "large", [](const Request&, Responder responder) {
                  responder.send(text(200, std::string(8 << 20, 'x')));
              }});
    return urls;
}

const std::string kChunkedPost =
    "POST /post HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";

}  // namespace

TEST_CASE("limits: a request that is too large is told so and the connection ends") {
    Gate gate;
    const auto server = start(on_free_port(), urls_with(gate));
    struct Row {
        std::string name;
        std::string request;
        int status;
        Refusal refusal;
    };
    const std::vector<Row> rows{
        {"URI", get("/" + std::string(9000, 'a')), 414, Refusal::uri_too_long},
        {"endless URI", "GET /" + std::string(1 << 20, 'a'), 414, Refusal::uri_too_long},
        {"headers", get("/", "X: " + std::string(17000, 'x') + "\r\n"), 431,
         Refusal::headers_too_large},
        {"endless header", "GET / HTTP/1.1\r\nX: " + std::string(1 << 20, 'x'), 431,
         Refusal::headers_too_large},
        {"declared body", post("/post", std::string(1001, 'x')), 413, Refusal::body_too_large},
        {"huge declared body",
         "POST /post HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000000\r\n\r\n", 413,
         Refusal::body_too_large},
        {"body sent at once", post("/post", std::string(1 << 20, 'x')), 413,
         Refusal::body_too_large},
        {"chunked body", kChunkedPost + "3e9\r\n", 413, Refusal::body_too_large},
        {"body of a GET", get("/wait", "Content-Length: 1\r\n") + "x", 413,
         Refusal::body_too_large},
        {"no length", "POST /post HTTP/1.1\r\nHost: a\r\n\r\n", 411, Refusal::length_required},
        {"no length at no URL", "POST /nothing HTTP/1.1\r\nHost: a\r\n\r\n", 404,
         Refusal::not_found},
        {"no length, wrong method", "PUT /post HTTP/1.1\r\nHost: a\r\n\r\n", 405, Refusal::method},
        {"no length, and what may be its body",
         "POST /nothing HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 404,
         Refusal::not_found},
        {"coding", "POST /post HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", 501,
         Refusal::not_implemented},
        {"version", "GET / HTTP/3.0\r\n\r\n", 505, Refusal::version},
        {"malformed", "GET / HTTP/1.1\nHost: a\n\n", 400, Refusal::malformed},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        const auto before = refused(*server, row.refusal);
        Client client(server->address(0));
        client.send(row.request);
        const Reply reply = client.read();
        CHECK(reply.status == row.status);
        CHECK(reply.has("Connection: close\r\n"));
        CHECK(reply.has("Content-Type: application/problem+json\r\n"));
        CHECK(client.ended());
        CHECK(refused(*server, row.refusal) == before + 1);
    }
    Client client(server->address(0));
    CHECK(client.ask(post("/post", std::string(1000, 'x'))).body == "1000");
    CHECK(client.ask(kChunkedPost + "3e8\r\n" + std::string(1000, 'x') + "\r\n0\r\n\r\n").body ==
          "1000");
}

TEST_CASE("limits: slow clients meet a total deadline, however often they send") {
    Gate gate;
    ServerOptions options = on_free_port();
    options.limits.header_deadline = 100ms;
    options.limits.body_grace = 100ms;
    options.limits.body_bytes_per_second = 100'000;
    const auto server = start(options, urls_with(gate));
    const std::vector<std::pair<std::string, std::string>> rows{
        {"GET /wait HTTP/1.1\r\nHost: a\r\nX: ", "x"},
        {"POST /post HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n", "x"},
        {kChunkedPost, "1\r\nx\r\n"},
    };
    for (const auto& [begin, drip] : rows) {
        CAPTURE(begin);
        Client client(server->address(0));
        const auto before = refused(*server, Refusal::deadline);
        client.send(begin);
        int drips = 0;
        while (refused(*server, Refusal::deadline) == before && drips < 900) {
            client.send(drip);
            ++drips;
            pollfd pause{client.fd(), POLLIN, 0};
            ::poll(&pause, 1, 20);
        }
        CHECK(client.read().status == 408);
        CHECK(client.ended());
        CHECK(refused(*server, Refusal::deadline) == before + 1);
    }
}

TEST_CASE("limits: idle connections and clients that do not read are closed") {
    Gate gate;
    ServerOptions options = on_free_port();
    options.limits.idle_deadline = 100ms;
    options.limits.write_deadline = 100ms;
    const auto server = start(options, urls_with(gate));
    {
        Client idle(server->address(0));
        CHECK(idle.ended());
        Client used(server->address(0));
        CHECK(used.ask(post("/post", "x")).status == 200);
        CHECK(used.ended());
        CHECK(refused(*server, Refusal::deadline) == 0);
    }
    Client slow(server->address(0));
    slow.send(get("/large"));
    CHECK(eventually([&] { return refused(*server, Refusal::deadline) == 1; }));
    CHECK(slow.read().status == 0);
}

TEST_CASE("limits: a handler that takes long does not make its connection idle") {
    Gate gate;
    ServerOptions options = on_free_port();
    options.limits.idle_deadline = 50ms;
    options.limits.header_deadline = 50ms;
    const auto server = start(options, urls_with(gate));
    Client waiting(server->address(0));
    waiting.send(get("/wait"));
    Client idle(server->address(0));
    CHECK(idle.ended());
    Client later(server->address(0));
    CHECK(later.ended());
    REQUIRE(eventually([&] { return gate.count() == 1; }));
    gate.answer_all();
    CHECK(waiting.read().body == "late");
}

TEST_CASE("limits: requests in flight beyond the limit are told to come again") {
    Gate gate;
    ServerOptions options = on_free_port();
    options.limits.requests_in_flight = 2;
    const auto server = start(options, urls_with(gate));
    Client first(server->address(0));
    first.send(get("/wait") + get("/wait"));
    REQUIRE(eventually([&] { return gate.count() == 2; }));
    Client second(server->address(0));
    const Reply reply = second.ask(post("/post", "x"));
    CHECK(reply.status == 503);
    CHECK(reply.has("Retry-After: 1\r\n"));
    CHECK_FALSE(reply.has("Connection: close"));
    CHECK(refused(*server, Refusal::overloaded) == 1);
    gate.answer_all();
    CHECK(first.read().body == "late");
    CHECK(first.read().body == "late");
    CHECK(second.ask(post("/post", "x")).status == 200);
}

TEST_CASE("limits: a request that was complete too late is not given to its handler") {
    Gate gate;
    ServerOptions options = on_free_port();
    options.limits.requests_in_flight = 1;
    const auto server = start(options, urls_with(gate));
    Client slow(server->address(0));
    slow.send("POST /post HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nx");
    REQUIRE(eventually([&] { return server->counters().body_bytes == 1; }));
    Client first(server->address(0));
    first.send(get("/wait"));
    REQUIRE(eventually([&] { return gate.count() == 1; }));
    CHECK(slow.ask("x").status == 503);
    gate.answer_all();
    CHECK(first.read().body == "late");
    CHECK(slow.ask(post("/post", "x")).status == 200);
}

TEST_CASE("limits: bodies beyond the budget of all are told to come again") {
    Gate gate;
    ServerOptions options = on_free_port();
    options.limits.buffered_body_bytes = 1500;
    const auto server = start(options, urls_with(gate));
    Client first(server->address(0));
    first.send("POST /post HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n" +
               std::string(900, 'x'));
    REQUIRE(eventually([&] { return server->counters().body_bytes == 900; }));
    {
        Client declared(server->address(0));
        CHECK(declared.ask(post("/post", std::string(601, 'x'))).status == 503);
        CHECK(declared.ask(post("/post", std::string(600, 'x'))).status == 200);
    }
    REQUIRE(eventually([&] { return server->counters().body_bytes == 900; }));
    {
        Client growing(server->address(0));
        const Reply reply = growing.ask(kChunkedPost + "259\r\n" + std::string(601, 'x'));
        CHECK(reply.status == 503);
        CHECK(reply.has("Retry-After: 1\r\n"));
        CHECK(growing.ended());
    }
    CHECK(refused(*server, Refusal::overloaded) == 2);
    CHECK(first.ask(std::string(100, 'x')).body == "1000");
    CHECK(eventually([&] { return server->counters().body_bytes == 0; }));
    {
        Client leaves(server->address(0));
        leaves.send("POST /post HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nabc");
        REQUIRE(eventually([&] { return server->counters().body_bytes == 3; }));
    }
    CHECK(eventually([&] { return server->counters().body_bytes == 0; }));
}

TEST_CASE("limits: connections beyond the limit are answered 503 and closed") {
    Gate gate;
    ServerOptions options = on_free_port();
    options.limits.connections = 2;
    const auto server = start(options, urls_with(gate));
    Client first(server->address(0));
    Client second(server->address(0));
    CHECK(first.ask(post("/post", "x")).status == 200);
    CHECK(second.ask(post("/post", "x")).status == 200);
    {
        Client third(server->address(0));
        const Reply reply = third.ask(post("/post", "x"));
        CHECK(reply.status == 503);
        CHECK(reply.has("Retry-After: 1\r\n"));
        CHECK(third.ended());
        CHECK(refused(*server, Refusal::connections) == 1);
    }
    second.close();
    REQUIRE(eventually([&] { return server->counters().connections == 1; }));
    Client fourth(server->address(0));
    CHECK(fourth.ask(post("/post", "x")).status == 200);
}

TEST_CASE("limits: the loop survives running out of file descriptors") {
    Gate gate;
    const auto server = start(on_free_port(), urls_with(gate));
    Client before(server->address(0));
    CHECK(before.ask(post("/post", "x")).status == 200);

    // Open descriptors stay usable, new ones cannot be had.
    rlimit files{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &files) == 0);
    const int made_before = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    rlimit lower = files;
    lower.rlim_cur = 3;
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &lower) == 0);
    const auto late = std::make_unique<Client>(server->address(0), made_before);
    const bool noticed = eventually([&] { return server->counters().accept_errors >= 3; });
    const Reply while_full = before.ask(post("/post", "xy"));
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &files) == 0);

    CHECK(noticed);
    CHECK(while_full.body == "2");
    CHECK(late->connected());
    CHECK(late->ask(post("/post", "xyz")).body == "3");
}
