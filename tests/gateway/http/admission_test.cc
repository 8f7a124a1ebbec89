// Who is served when the front is full: endpoints that are refused last have a reserve, and what
// connections keep beside bodies has a budget of its own.
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "gateway/http/server.h"
#include "tests/gateway/http/client.h"

using namespace front_test;
using namespace tapline::http;

namespace {

// Handlers that do not answer by themselves.
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

// "/{name}/wait" never answers by itself, "/{name}/post" tells the size of the body at once; both
// are refused last when the name is "call", and late when it is "link".
UrlTable urls_with(Gate& gate) {
    const auto wait = [&gate](const Request&, Responder responder) {
        const std::lock_guard lock(gate.mutex);
        gate.responders.push_back(std::move(responder));
    };
    const auto size = [](const Request& request, Responder responder) {
        responder.send(text(200, std::to_string(request.body.size())));
    };
    const auto large = [](const Request&, Responder responder) {
        responder.send(text(200, std::string(16 << 20, 'x')));
    };
    const auto by_name = [](const Captures& captures) {
        if (captures.at(0) == "link") return Admission::late;
        return captures.at(0) == "call" ? Admission::last : Admission::normal;
    };
    UrlTable urls;
    urls.add({"GET", "/{name}/wait", 0, "wait", wait, by_name});
    urls.add({"POST", "/{name}/post", 1000, "post", size, by_name});
    urls.add({"GET", "/large", 0, "large", large});
    return urls;
}

std::string chunked(const std::string& target) {
    return "POST " + target + " HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
}

}  // namespace

TEST_CASE("admission: calls are served while requests that come again are refused") {
    Gate gate;
    ServerOptions options = on_free_port();
    options.limits.requests_in_flight = 3;
    options.limits.reserve_requests_late = 1;
    options.limits.reserve_requests_last = 1;
    const auto server = start(options, urls_with(gate));
    const Counters& counters = server->counters();
    Client hooks(server->address(0));
    for (int i = 0; i < 3; ++i) hooks.send(get("/hook/wait"));
    REQUIRE(eventually([&] { return gate.count() == 3; }));
    CHECK(counters.reserve_used == 0);

    Client client(server->address(0));
    CHECK(client.ask(post("/hook/post", "x")).status == 503);
    CHECK(client.ask(post("/call/post", "xy")).body == "2");
    CHECK(client.ask(get("/hook/wait")).status == 503);
    CHECK(counters.reserve_used == 1);
    CHECK(refused(*server, Refusal::overloaded) == 2);
    CHECK(counters.refused_last == 0);

    Client calls(server->address(0));
    calls.send(get("/call/wait") + get("/call/wait"));
    REQUIRE(eventually([&] { return gate.count() == 5; }));
    const Reply beyond = client.ask(post("/call/post", "xy"));
    CHECK(beyond.status == 503);
    CHECK(beyond.has("Retry-After: 1\r\n"));
    CHECK(counters.reserve_used == 3);
    CHECK(counters.refused_last == 1);
    CHECK(refused(*server, Refusal::overloaded) == 3);

    gate.answer_all();
    for (int i = 0; i < 3; ++i) CHECK(hooks.read().body == "late");
    for (int i = 0; i < 2; ++i) CHECK(calls.read().body == "late");
    CHECK(client.ask(post("/hook/post", "x")).body == "1");
    CHECK(counters.reserve_used == 3);
}

TEST_CASE("admission: links may not use the reserve of calls") {
    Gate gate;
    ServerOptions options = on_free_port();
    options.limits.requests_in_flight = 1;
    options.limits.reserve_requests_late = 2;
    options.limits.reserve_requests_last = 1;
    const auto server = start(options, urls_with(gate));
    const Counters& counters = server->counters();
    Client hook(server->address(0));
    hook.send(get("/hook/wait"));
    REQUIRE(eventually([&] { return gate.count() == 1; }));
    Client links(server->address(0));
    links.send(get("/link/wait") + get("/link/wait"));
    REQUIRE(eventually([&] { return gate.count() == 3; }));

    Client client(server->address(0));
    CHECK(client.ask(get("/link/wait")).status == 503);
    CHECK(counters.refused_last == 1);
    CHECK(client.ask(post("/call/post", "xy")).body == "2");
    CHECK(counters.reserve_used == 3);

    gate.answer_all();
    CHECK(hook.read().body == "late");
    for (int i = 0; i < 2; ++i) CHECK(links.read().body == "late");
}

TEST_CASE("admission: a call whose body comes late is given to its handler all the same") {
    Gate gate;
    ServerOptions options = on_free_port();
    options.limits.requests_in_flight = 1;
    options.limits.reserve_requests_last = 1;
    const auto server = start(options, urls_with(gate));
    Client call(server->address(0));
    call.send("POST /call/post HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nx");
    REQUIRE(eventually([&] { return server->counters().body_bytes == 1; }));
    Client hook(server->address(0));
    hook.send(get("/hook/wait"));
    REQUIRE(eventually([&] { return gate.count() == 1; }));
    CHECK(call.ask("y").body == "2");
    gate.answer_all();
    CHECK(hook.read().body == "late");
}

TEST_CASE("admission: calls have a reserve of body bytes too") {
    Gate gate;
    ServerOptions options = on_free_port();
    options.limits.buffered_body_bytes = 1000;
    options.limits.reserve_body_bytes = 500;
    const auto server = start(options, urls_with(gate));
    Client first(server->address(0));
    first.send("POST /hook/post HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n" +
               std::string(900, 'x'));
    REQUIRE(eventually([&] { return server->counters().body_bytes == 900; }));
    const std::string fits = std::string(600, 'x');
    const std::string too_large = std::string(601, 'x');

    Client client(server->address(0));
    CHECK(client.ask(post("/hook/post", fits)).status == 503);
    CHECK(client.ask(post("/call/post", too_large)).status == 503);
    CHECK(client.ask(post("/call/post", fits)).body == "600");
    REQUIRE(eventually([&] { return server->counters().body_bytes == 900; }));
    CHECK(client.ask(chunked("/call/post") + "258\r\n" + fits + "\r\n0\r\n\r\n").body == "600");
    REQUIRE(eventually([&] { return server->counters().body_bytes == 900; }));
    CHECK(Client(server->address(0)).ask(chunked("/call/post") + "259\r\n" + too_large).status ==
          503);
    CHECK(server->counters().refused_last == 2);
    CHECK(refused(*server, Refusal::overloaded) == 3);
    REQUIRE(eventually([&] { return server->counters().body_bytes == 900; }));
    CHECK(first.ask(std::string(100, 'x')).body == "1000");
}

TEST_CASE("admission: input that waits for its turn has a budget") {
    Gate gate;
    ServerOptions options = on_free_port();
    options.limits.pipelined = 1;
    options.limits.connections = 100;
    options.limits.buffered_io_bytes = 200'000;  // an even share is 2000
    const auto server = start(options, urls_with(gate));
    const Counters& counters = server->counters();
    Client modest(server->address(0));
    modest.send(get("/hook/wait"));
    REQUIRE(eventually([&] { return gate.count() == 1; }));
    CHECK(counters.io_bytes > 0);

    std::string requests;
    while (requests.size() < 30'000) requests += get("/hook/wait");
    std::vector<std::unique_ptr<Client>> greedy;
    for (std::size_t i = 0; i < 40; ++i) {
        greedy.push_back(std::make_unique<Client>(server->address(0)));
        greedy.back()->send(requests);
    }
    CHECK(eventually([&] { return counters.accepted == 41 && counters.requests == 41; }));
    CHECK(eventually([&] { return refused(*server, Refusal::overloaded) >= 10; }));
    CHECK(counters.io_bytes <= 400'000);
    CHECK(counters.connections < 40);

    Client other(server->address(0));
    CHECK(other.ask(post("/hook/post", "xyz")).body == "3");
    for (const auto& client : greedy) client->close();
    gate.answer_all();
    CHECK(modest.read().body == "late");
    modest.close();
    other.close();
    // What greedy clients had pipelined may reach handlers before their end is seen.
    CHECK(eventually([&] {
        gate.answer_all();
        return counters.connections == 0;
    }));
    CHECK(counters.io_bytes == 0);
}

TEST_CASE("admission: output that clients do not take has a budget") {
    Gate gate;
    ServerOptions options = on_free_port();
    options.limits.buffered_io_bytes = 1 << 20;
    const auto server = start(options, urls_with(gate));
    Client slow(server->address(0));
    slow.send(get("/large"));
    CHECK(eventually([&] { return refused(*server, Refusal::overloaded) == 1; }));
    CHECK(eventually([&] { return server->counters().connections == 0; }));
    CHECK(server->counters().io_bytes == 0);
    CHECK(slow.read().status == 0);
    CHECK(Client(server->address(0)).ask(post("/hook/post", "x")).body == "1");
}
