// The front over real sockets: what comes in reaches the handlers, what they answer goes out.
#include "gateway/http/server.h"

#include <atomic>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "tests/gateway/http/client.h"

using namespace front_test;
using namespace tapline::http;

namespace {

// Keeps responders, so that a test decides when and in which order to answer.
struct Waiting {
    std::mutex mutex;
    std::vector<std::pair<std::string, Responder>> responders;

    void keep(const Request& request, Responder responder) {
        const std::lock_guard lock(mutex);
        responders.emplace_back(request.target, std::move(responder));
    }
    std::size_t count() {
        const std::lock_guard lock(mutex);
        return responders.size();
    }
    bool has(const std::string& target) {
        const std::lock_guard lock(mutex);
        for (const auto& [wanted, responder] : responders) {
            if (wanted == target) return true;
        }
        return false;
    }
    void answer(const std::string& target) {
        const std::lock_guard lock(mutex);
        for (auto& [wanted, responder] : responders) {
            if (wanted == target) responder.send(text(200, target));
        }
    }
};

std::string describe(const Request& request) {
    std::string seen = std::string(request.method) + " " + std::string(request.path) + "?" +
                       std::string(request.query) + "\n";
    for (const auto& capture : request.captures) seen.append(capture).append(",");
    seen += "\n";
    for (const Header& header : request.headers) {
        seen.append(header.name).append("=").append(header.value).append("\n");
    }
    return seen.append(request.body);
}

UrlTable echo() {
    UrlTable urls;
    const auto handler = [](const Request& request, Responder responder) {
        responder.send(text(200, describe(request)));
    };
    urls.add({"POST", "/echo/{name}/...", 1 << 20, "echo", handler});
    urls.add({"GET", "/echo/{name}/...", 0, "echo", handler});
    urls.add({"GET", "/client", 0, "client", [](const Request& request, Responder responder) {
                  responder.send(text(200, request.client_address));
              }});
    return urls;
}

}  // namespace

TEST_CASE("server: a handler sees the request as it was sent") {
    const auto server = start(on_free_port(), echo());
    Client client(server->address(0));
    const std::string body("raw\0\xFF\r\n%41", 10);
    const Reply reply = client.ask(
        post("/echo/acme.x-1/more%2f?x=%20+", body,
             "X-Sig: sha=%41%2b%0d%0aInj: 1\r\nContent-Encoding: gzip\r\nRange: bytes=0-1\r\n"
             "REMOTE_ADDR: 1.2.3.4\r\nX-Twice: 1\r\nx-twice: 2\r\nX-Empty:\r\n"
             "Content-Type: multipart/form-data; boundary=x\r\nReferer: %41\r\nAccept: ;;q=\r\n"));
    CHECK(reply.status == 200);
    CHECK(reply.body ==
          "POST /echo/acme.x-1/more%2f?x=%20+\nacme.x-1,\nhost=a.example\n"
          "x-sig=sha=%41%2b%0d%0aInj: 1\ncontent-encoding=gzip\nrange=bytes=0-1\n"
          "remote_addr=1.2.3.4\nx-twice=1\nx-twice=2\nx-empty=\n"
          "content-type=multipart/form-data; boundary=x\nreferer=%41\naccept=;;q=\n"
          "content-length=10\n" +
              body);
    CHECK(server->counters().requests == 1);
}

TEST_CASE("server: a hundred headers reach the handler in their order") {
    const auto server = start(on_free_port(), echo());
    Client client(server->address(0));
    std::string headers;
    std::string seen = "GET /echo/a?\na,\nhost=a.example\n";
    for (int i = 0; i < 99; ++i) {
        headers += "X-" + std::to_string(i) + ": " + std::to_string(i) + "\r\n";
        seen += "x-" + std::to_string(i) + "=" + std::to_string(i) + "\n";
    }
    CHECK(client.ask(get("/echo/a", headers)).body == seen);
    CHECK(client.ask(get("/echo/a", headers + "Y: 1\r\n")).status == 431);
    CHECK(refused(*server, Refusal::headers_too_large) == 1);
}

TEST_CASE("server: long names and values reach the handler") {
    const auto server = start(on_free_port(), echo());
    Client client(server->address(0));
    const std::string name(2000, 'n');
    const std::string value(12000, '%');
    const Reply reply = client.ask(get("/echo/a", name + ": " + value + "\r\n"));
    CHECK(reply.body == "GET /echo/a?\na,\nhost=a.example\n" + name + "=" + value + "\n");
}

TEST_CASE("server: a request split at every byte is the same request") {
    const auto server = start(on_free_port(), echo());
    const std::string request =
        "POST /echo/a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        "3;x\r\nabc\r\n2\r\nde\r\n0\r\nT: 1\r\n\r\n";
    for (std::size_t at = 1; at < request.size(); ++at) {
        CAPTURE(at);
        Client client(server->address(0));
        client.send(request.substr(0, at));
        REQUIRE(eventually([&] { return server->counters().connections >= 1; }));
        const Reply reply = client.ask(request.substr(at));
        REQUIRE(reply.status == 200);
        REQUIRE(reply.body.ends_with("abcde"));
    }
}

TEST_CASE("server: pipelined requests are answered in their order") {
    Waiting waiting;
    UrlTable urls;
    urls.add({"GET", "/{name}", 0, "wait", [&](const Request& request, Responder responder) {
                  waiting.keep(request, std::move(responder));
              }});
    const auto server = start(on_free_port(), std::move(urls));
    Client client(server->address(0));
    client.send(get("/1") + get("/2") + get("/nowhere/x") + get("/3"));
    REQUIRE(eventually([&] { return waiting.count() == 3; }));
    for (const char* target : {"/3", "/2", "/1"}) {
        std::thread([&] { waiting.answer(target); }).join();
    }
    CHECK(client.read().body == "/1");
    CHECK(client.read().body == "/2");
    CHECK(client.read().status == 404);
    CHECK(client.read().body == "/3");
    CHECK(eventually([&] { return server->counters().in_flight == 0; }));
}

TEST_CASE("server: reads ahead only as far as the limit, and goes on afterwards") {
    Waiting waiting;
    UrlTable urls;
    urls.add({"GET", "/{name}", 0, "wait", [&](const Request& request, Responder responder) {
                  waiting.keep(request, std::move(responder));
              }});
    ServerOptions options = on_free_port();
    options.limits.pipelined = 4;
    const auto server = start(options, std::move(urls));
    Client client(server->address(0));
    std::string all;
    constexpr std::size_t kRequests = 40;
    for (std::size_t i = 0; i < kRequests; ++i) all += get("/" + std::to_string(i));
    client.send(all);
    for (std::size_t i = 0; i < kRequests; ++i) {
        const std::string target = "/" + std::to_string(i);
        REQUIRE(eventually([&] { return waiting.has(target); }));
        REQUIRE(waiting.count() <= i + 4);
        waiting.answer(target);
        REQUIRE(client.read().body == target);
    }
}

TEST_CASE("server: ten thousand pipelined requests are answered in order") {
    const auto server = start(on_free_port(), echo());
    Client client(server->address(0));
    constexpr int kRequests = 10'000;
    std::thread sender([&] {
        for (int i = 0; i < kRequests; ++i) client.send(get("/echo/n" + std::to_string(i)));
    });
    int in_order = 0;
    for (int i = 0; i < kRequests; ++i) {
        const std::string body = client.read().body;
        if (body.starts_with("GET /echo/n" + std::to_string(i) + "?")) ++in_order;
    }
    sender.join();
    CHECK(in_order == kRequests);
}

TEST_CASE("server: HEAD is answered like GET without the body") {
    const auto server = start(on_free_port(), echo());
    Client client(server->address(0));
    const Reply whole = client.ask(get("/client"));
    client.send("HEAD /client HTTP/1.1\r\nHost: a\r\n\r\n");
    const Reply head = client.read(true);
    CHECK(head.status == 200);
    CHECK(head.has("Content-Length: " + std::to_string(whole.body.size()) + "\r\n"));
    client.send("HEAD /nowhere HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK(client.read(true).status == 404);
    CHECK(client.ask(get("/client")).status == 200);
}

TEST_CASE("server: unknown URLs and methods are told as problem+json") {
    const auto server = start(on_free_port(), echo());
    Client client(server->address(0));
    const Reply missing = client.ask(get("/nowhere"));
    CHECK(missing.status == 404);
    CHECK(missing.has("Content-Type: application/problem+json\r\n"));
    CHECK(missing.body.find("\"status\":404") != std::string::npos);
    const Reply wrong = client.ask("DELETE /echo/a HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK(wrong.status == 405);
    CHECK(wrong.has("Allow: GET, HEAD, POST\r\n"));
    const Reply options = client.ask("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK(options.status == 204);
    CHECK(options.has("Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n"));
    CHECK(refused(*server, Refusal::not_found) == 1);
    CHECK(refused(*server, Refusal::method) == 1);
    CHECK(server->counters().requests == 0);
}

TEST_CASE("server: the body of a refused request is never the next request") {
    const auto server = start(on_free_port(), echo());
    const std::string smuggled = get("/client");
    {
        Client client(server->address(0));
        CHECK(client.ask(post("/nowhere", smuggled)).status == 404);
        CHECK(client.ask(get("/echo/after")).status == 200);
    }
    {
        Client client(server->address(0));
        const Reply reply = client.ask(
            "POST /nowhere HTTP/1.1\r\nHost: a\r\n"
            "Transfer-Encoding: chunked\r\n\r\n" +
            smuggled);
        CHECK(reply.status == 404);
        CHECK(reply.has("Connection: close\r\n"));
        CHECK(client.ended());
    }
    {
        Client client(server->address(0));
        const Reply reply =
            client.ask("GET /client HTTP/1.1\r\nHost: a\r\nX : 1\r\n\r\n" + smuggled);
        CHECK(reply.status == 400);
        CHECK(client.ended());
    }
    CHECK(server->counters().requests == 1);
}

TEST_CASE("server: ends the connection when the client asks for it") {
    const auto server = start(on_free_port(), echo());
    for (const std::string& request :
         {get("/client", "Connection: close\r\n"), std::string("GET /client HTTP/1.0\r\n\r\n"),
          std::string("GET /client HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")}) {
        CAPTURE(request);
        Client client(server->address(0));
        const Reply reply = client.ask(request + get("/echo/never"));
        CHECK(reply.status == 200);
        CHECK(reply.has("Connection: close\r\n"));
        CHECK(client.ended());
    }
    CHECK(server->counters().requests == 3);
}

TEST_CASE("server: a handler can end the connection") {
    UrlTable urls;
    urls.add({"GET", "/bye", 0, "bye", [](const Request&, Responder responder) {
                  Response response = text(200, "bye");
                  response.close = true;
                  responder.send(std::move(response));
              }});
    const auto server = start(on_free_port(), std::move(urls));
    Client client(server->address(0));
    const Reply reply = client.ask(get("/bye") + get("/bye"));
    CHECK(reply.has("Connection: close\r\n"));
    CHECK(client.ended());
}

TEST_CASE("server: a client that ended its output still gets its answer") {
    Waiting waiting;
    UrlTable urls;
    urls.add({"GET", "/wait", 0, "wait", [&](const Request& request, Responder responder) {
                  waiting.keep(request, std::move(responder));
              }});
    const auto server = start(on_free_port(), std::move(urls));
    Client client(server->address(0));
    client.send(get("/wait"));
    client.end_output();
    REQUIRE(eventually([&] { return waiting.count() == 1; }));
    waiting.answer("/wait");
    CHECK(client.read().body == "/wait");
    CHECK(client.ended());
}

TEST_CASE("server: a client that leaves before its answer harms nobody") {
    Waiting waiting;
    UrlTable urls;
    urls.add({"GET", "/wait", 0, "wait", [&](const Request& request, Responder responder) {
                  waiting.keep(request, std::move(responder));
              }});
    const auto server = start(on_free_port(), std::move(urls));
    {
        Client client(server->address(0));
        client.send(get("/wait"));
        REQUIRE(eventually([&] { return waiting.count() == 1; }));
        const linger reset{1, 0};
        ::setsockopt(client.fd(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    }
    REQUIRE(eventually([&] { return server->counters().connections == 0; }));
    waiting.answer("/wait");
    CHECK(eventually([&] { return server->counters().in_flight == 0; }));
    Client client(server->address(0));
    CHECK(client.ask(get("/nowhere")).status == 404);
}

TEST_CASE("server: 100 Continue is sent only for a body that is wanted") {
    UrlTable urls = echo();
    Waiting waiting;
    urls.add({"GET", "/wait", 0, "wait", [&](const Request& request, Responder responder) {
                  waiting.keep(request, std::move(responder));
              }});
    const auto server = start(on_free_port(), std::move(urls));
    const auto expecting = [](const std::string& target, int length) {
        return "POST " + target +
               " HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: " +
               std::to_string(length) + "\r\n\r\n";
    };
    {
        Client client(server->address(0));
        CHECK(client.ask(expecting("/echo/a", 2)).head == "HTTP/1.1 100 Continue\r\n");
        CHECK(client.ask("hi").body.ends_with("hi"));
        CHECK(client.ask(expecting("/echo/a", 2) + "ho").body.ends_with("ho"));
    }
    {
        Client client(server->address(0));
        CHECK(client.ask(expecting("/nowhere", 2)).status == 404);
        CHECK(client.ended());
    }
    {
        Client client(server->address(0));
        CHECK(client.ask(expecting("/echo/a", 1 << 30)).status == 413);
        CHECK(client.ended());
    }
    {
        Client client(server->address(0));
        client.send(get("/wait") + expecting("/echo/a", 2));
        REQUIRE(eventually([&] { return waiting.count() == 1; }));
        waiting.answer("/wait");
        CHECK(client.read().body == "/wait");
        CHECK(client.read().status == 100);
    }
    {
        Client client(server->address(0));
        CHECK(client.ask(get("/client", "Expect: 200-ok\r\n")).status == 417);
        CHECK(refused(*server, Refusal::expectation) == 1);
    }
}

TEST_CASE("server: a handler that throws is answered 500 without its text") {
    UrlTable urls = echo();
    urls.add({"GET", "/throw", 0, "throw",
              [](const Request&, const Responder&) { throw std::runtime_error("secret"); }});
    urls.add({"GET", "/odd", 0, "odd", [](const Request&, const Responder&) { throw 7; }});
    urls.add({"GET", "/late", 0, "late", [](const Request&, Responder responder) {
                  responder.send(text(200, "sent"));
                  throw std::runtime_error("secret");
              }});
    const auto server = start(on_free_port(), std::move(urls));
    Client client(server->address(0));
    for (const char* target : {"/throw", "/odd"}) {
        const Reply reply = client.ask(get(target));
        CHECK(reply.status == 500);
        CHECK(reply.body ==
              "{\"type\":\"about:blank\",\"title\":\"Internal Server Error\","
              "\"status\":500}");
        CHECK_FALSE(reply.has("secret"));
    }
    CHECK(client.ask(get("/late")).body == "sent");
    CHECK(client.ask(get("/client")).status == 200);
    CHECK(eventually([&] { return server->counters().exceptions == 3; }));
}

TEST_CASE("server: headers of a handler that break the framing are dropped and counted") {
    UrlTable urls;
    urls.add({"GET", "/", 0, "root", [](const Request&, Responder responder) {
                  Response response = text(200, "x");
                  response.headers = {{"X-A", "1\r\nX-B: 2"}, {"X-C", "3"}};
                  responder.send(std::move(response));
              }});
    const auto server = start(on_free_port(), std::move(urls));
    Client client(server->address(0));
    const Reply reply = client.ask(get("/"));
    CHECK(reply.has("X-C: 3\r\n"));
    CHECK_FALSE(reply.has("X-B"));
    CHECK(server->counters().dropped_headers == 1);
}

TEST_CASE("server: request ids are short and unique") {
    UrlTable urls;
    urls.add({"GET", "/id", 0, "id", [](const Request& request, Responder responder) {
                  responder.send(text(200, request.id));
              }});
    const auto server = start(on_free_port(), std::move(urls));
    Client client(server->address(0));
    const std::string first = client.ask(get("/id")).body;
    const std::string second = client.ask(get("/id")).body;
    CHECK(first.size() == 10);
    CHECK(first.substr(0, 9) == second.substr(0, 9));
    CHECK(first.find_first_not_of("0123456789abcdef-") == std::string::npos);
    CHECK(first != second);
}

TEST_CASE("server: believes X-Forwarded-For only from trusted peers") {
    const Folder folder;
    ServerOptions options;
    options.listen = {{"127.0.0.1:0", "", ""}, {"unix:" + folder / "s", "", ""}};
    const std::string forwarded = get("/client", "X-Forwarded-For: 198.51.100.1, 10.0.0.2\r\n");
    struct Row {
        std::vector<std::string> trusted;
        std::string tcp_client;
        std::string unix_client;
    };
    const std::vector<Row> rows{
        {{}, "127.0.0.1", "unix"},
        {{"127.0.0.1"}, "10.0.0.2", "unix"},
        {{"127.0.0.0/8", "10.0.0.0/8"}, "198.51.100.1", "unix"},
        {{"unix", "10.0.0.0/8"}, "127.0.0.1", "198.51.100.1"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.tcp_client);
        options.trusted_proxies = row.trusted;
        const auto server = start(options, echo());
        Client tcp(server->address(0));
        Client local(server->address(1));
        CHECK(tcp.ask(forwarded).body == row.tcp_client);
        CHECK(local.ask(forwarded).body == row.unix_client);
        CHECK(tcp.ask(get("/client", "X-Forwarded-For: ,\r\n")).body == "127.0.0.1");
        CHECK(tcp.ask(get("/client")).body == "127.0.0.1");
    }
}

TEST_CASE("server: many connections at once from many threads") {
    const auto server = start(on_free_port(), echo());
    std::atomic<int> good{0};
    constexpr int kThreads = 4;
    constexpr int kConnections = 8;
    constexpr int kRequests = 100;
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
        threads.emplace_back([&, t] {
            std::vector<std::unique_ptr<Client>> clients;
            for (int i = 0; i < kConnections; ++i) {
                clients.push_back(std::make_unique<Client>(server->address(0)));
            }
            for (int r = 0; r < kRequests; ++r) {
                const std::string body = std::to_string(t) + ":" + std::to_string(r);
                for (const auto& client : clients) client->send(post("/echo/a", body));
                for (const auto& client : clients) {
                    if (client->read().body.ends_with(body)) ++good;
                }
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(good == kThreads * kConnections * kRequests);
    CHECK(eventually([&] { return server->counters().body_bytes == 0; }));
}
