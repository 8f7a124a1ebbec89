// Stopping: what was read is answered, nothing new is begun, and nobody is left with a dead
// pointer.
#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "gateway/http/server.h"
#include "tests/gateway/http/client.h"

using namespace front_test;
using namespace tapline::http;

namespace {

struct Kept {
    std::mutex mutex;
    std::vector<Responder> responders;
    std::atomic<int> calls{0};

    UrlTable urls() {
        UrlTable table;
        const auto handler = [this](const Request&, Responder responder) {
            const std::lock_guard lock(mutex);
            responders.push_back(std::move(responder));
            ++calls;
        };
        table.add({"GET", "/wait", 0, "wait", handler});
        table.add({"POST", "/wait", 1000, "wait", handler});
        return table;
    }
    void answer_all() {
        const std::lock_guard lock(mutex);
        for (Responder& responder : responders) responder.send(text(200, "late"));
        responders.clear();
    }
};

}  // namespace

TEST_CASE("stop: answers what was read, with the end of the connection, and refuses the rest") {
    Kept kept;
    const auto server = start(on_free_port(), kept.urls());
    Client idle(server->address(0));
    Client waiting(server->address(0));
    Client half(server->address(0));
    waiting.send(get("/wait") + get("/wait"));
    half.send("POST /wait HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nx");
    REQUIRE(eventually([&] { return kept.calls == 2 && server->counters().body_bytes == 1; }));

    std::thread stopping([&] { server->stop(); });
    CHECK(idle.ended());
    CHECK_FALSE(Client(server->address(0)).connected());
    half.send("y" + get("/wait"));
    CHECK(eventually([&] { return kept.calls == 3; }));
    kept.answer_all();
    CHECK_FALSE(waiting.read().has("Connection: close"));
    CHECK(waiting.read().has("Connection: close\r\n"));
    CHECK(waiting.ended());
    CHECK(half.read().has("Connection: close\r\n"));
    CHECK(half.ended());
    waiting.close();
    half.close();
    stopping.join();
    CHECK(kept.calls == 3);
    CHECK(server->counters().connections == 0);
    server->stop();
}

TEST_CASE("stop: what was read before it is answered, also what no handler had yet") {
    Kept kept;
    ServerOptions options = on_free_port();
    options.limits.pipelined = 1;
    const auto server = start(options, kept.urls());
    Client client(server->address(0));
    Client idle(server->address(0));
    // Sent at once and read at once: the first has a handler, the others wait for their turn.
    client.send(get("/wait") + get("/wait") + post("/wait", "x"));
    REQUIRE(eventually([&] { return kept.calls == 1 && server->counters().io_bytes > 0; }));

    std::thread stopping([&] { server->stop(); });
    CHECK(idle.ended());
    client.send(get("/wait"));
    for (int answered = 0; answered < 3; ++answered) {
        CHECK(eventually([&] { return kept.calls == answered + 1; }));
        kept.answer_all();
        const Reply reply = client.read();
        CHECK(reply.body == "late");
        CHECK(reply.has("Connection: close\r\n") == (answered == 2));
    }
    CHECK(client.ended());
    client.close();
    stopping.join();
    CHECK(kept.calls == 3);
}

TEST_CASE("stop: takes no longer than the drain limit, and late answers are safe") {
    Kept kept;
    ServerOptions options = on_free_port();
    options.limits.drain = 50ms;
    std::vector<std::unique_ptr<Client>> clients;
    {
        const auto server = start(options, kept.urls());
        for (int i = 0; i < 5; ++i) {
            clients.push_back(std::make_unique<Client>(server->address(0)));
            clients.back()->send(get("/wait") + get("/wait"));
        }
        REQUIRE(eventually([&] { return kept.calls == 10; }));
        server->stop();
        CHECK(server->counters().connections == 0);
        const std::lock_guard lock(kept.mutex);
        for (int i = 0; i < 3; ++i) {
            kept.responders.back().send(text(200, "after stop"));
            kept.responders.pop_back();
        }
    }
    for (const auto& client : clients) CHECK(client->ended());
    kept.answer_all();
}

TEST_CASE("stop: no handler is called afterwards") {
    std::atomic<bool> stopped{false};
    std::atomic<bool> called_late{false};
    UrlTable urls;
    urls.add({"GET", "/", 0, "root", [&](const Request&, Responder responder) {
                  if (stopped) called_late = true;
                  responder.send(text(200, "x"));
              }});
    ServerOptions options = on_free_port();
    options.limits.drain = 0ms;
    const auto server = start(options, std::move(urls));
    Client client(server->address(0));
    std::atomic<bool> done{false};
    std::thread sender([&] {
        while (!done && client.send(get("/"))) {
        }
    });
    std::thread reader([&] {
        while (client.read().status == 200) {
        }
    });
    REQUIRE(eventually([&] { return server->counters().requests > 1000; }));
    server->stop();
    stopped = true;
    done = true;
    const auto requests = server->counters().requests.load();
    sender.join();
    reader.join();
    CHECK(server->counters().requests == requests);
    CHECK_FALSE(called_late);
}

TEST_CASE("stop: a server that nobody spoke to stops, also by its destructor") {
    const Folder folder;
    ServerOptions options;
    options.listen = {{"unix:" + folder / "s", "", ""}};
    for (int i = 0; i < 20; ++i) {
        const auto server = start(options, UrlTable());
        if (i % 2 == 0) server->stop();
    }
    CHECK_FALSE(std::filesystem::exists(folder / "s"));
}

TEST_CASE("start: a wrong option is told, and what was opened is closed") {
    ServerOptions options = on_free_port();
    options.trusted_proxies = {"nonsense"};
    CHECK_FALSE(Server::start(options, UrlTable()).has_value());
    const auto first = start(on_free_port(), UrlTable());
    options = on_free_port();
    const Folder folder;
    options.listen = {{"unix:" + folder / "s", "", ""}, {first->address(0), "", ""}};
    const auto second = Server::start(options, UrlTable());
    REQUIRE_FALSE(second.has_value());
    CHECK(second.error().code == tapline::ErrorCode::bad_config);
    CHECK_FALSE(std::filesystem::exists(folder / "s"));
}
