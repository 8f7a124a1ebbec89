#include "gateway/intake/callouts.h"

#include <atomic>
#include <future>
#include <set>

#include <doctest/doctest.h>

#include "gateway/cli/http_client.h"
#include "gateway/http/server.h"
#include "tests/gateway/redis/eventually.h"

namespace tapline {
namespace {

// Made once with: openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=test -days 1
constexpr const char* kCertificate =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIC/zCCAeegAwIBAgIUAV9zEvq1LTMnkV01hqcv0trvDbgwDQYJKoZIhvcNAQEL\n"
    "BQAwDzENMAsGA1UEAwwEdGVzdDAeFw0yNjExMjIxOTU0MThaFw0zNjExMTkxOTU0\n"
    "MThaMA8xDTALBgNVBAMMBHRlc3QwggEiMA0GCSqGSIb3DQEBAQUAA4IBDwAwggEK\n"
    "AoIBAQDspJYLv7kMYoZTqy/YoWjBG9NNOpaWv8BktxY4PcLwbdvhPv3GV6qhPR9h\n"
    "Pk7otllSSj6Ow0BGs9MIYIQ3J4yJAu6g6knwlW7QtfJQIEqduxSg4E8YoerDUvSN\n"
    "8nWmyW3w2pk5QbTSrMj0l1+y2RiV8GLii35fpalxp4dMaJi9+VWGyQPu1b/5Szmu\n"
    "3QsEy6VtNZsg6YQ/zON9Qanq39uDtAKJ68hWN5JSmcw4+4KMEYYhYU85DK4Oa4ld\n"
    "Etnn+RchXlRdbVLAXiAelON6EsHBI2gPbRQ55zf0sJTQUxptLK+E9nf+j/yh5TjO\n"
    "hoEoh16mR/XhXi7Lm9HxWztAq2sHAgMBAAGjUzBRMB0GA1UdDgQWBBSpO1kMV0ZG\n"
    "GJgeTSWY2/GQpFq1JzAfBgNVHSMEGDAWgBSpO1kMV0ZGGJgeTSWY2/GQpFq1JzAP\n"
    "BgNVHRMBAf8EBTADAQH/MA0GCSqGSIb3DQEBCwUAA4IBAQCX0UK5DhB/w9lt2t9x\n"
    "B4p8D8SAgvgwFqwxvLwirTVv2EpFwJA6JMIr3UDBqWvdbtKxCuC2I2klqKuT3HoI\n"
    "JqxXsZ3rRSi1O7vhP6TcG7izxH9i3SPKesj/QgOt61JsJY71/rfElA9/z6Rm3VBu\n"
    "35Da9KBvx1HK2xL9Wo9JBvqQc6DqL2FHDFq8FPXAgpW6Mj4YgqGoqSRKRWtS871o\n"
    "bIE+04NqpxWfjxsLTTAHyK9nox+W3jwRKTllUWcYweq87mbV5/gRIoey9iu8QfG8\n"
    "KbNG4T1rqlmThlYXFTk+n/cuiNATBsdOS12g1zy40v1aIDnteXCp8+GXKZreT7yI\n"
    "1/qc\n"
    "-----END CERTIFICATE-----\n";

TEST_CASE("callouts: a certificate is fetched once, and there when it is asked for again") {
    std::atomic<int> calls = 0;
    Callouts callouts([&](const std::string&) -> Result<std::string> {
        ++calls;
        return std::string(kCertificate);
    });
    CHECK_FALSE(callouts.certificate("https://one.example/a.pem"));
    REQUIRE(redis::eventually(
        [&] { return callouts.certificate("https://one.example/a.pem").has_value(); }));
    CHECK(*callouts.certificate("https://one.example/a.pem") == kCertificate);
    CHECK(calls == 1);
}

TEST_CASE("callouts: what is no certificate is not kept and not asked for again at once") {
    std::atomic<int> calls = 0;
    Callouts callouts([&](const std::string& url) -> Result<std::string> {
        ++calls;
        if (url.ends_with("down")) return fail(ErrorCode::unavailable, "down");
        return std::string("<html>no</html>");
    });
    CHECK_FALSE(callouts.certificate("https://one.example/page"));
    CHECK_FALSE(callouts.certificate("https://one.example/down"));
    REQUIRE(redis::eventually([&] { return calls == 2; }));
    // The third call shows that the two before it are done with.
    std::promise<bool> confirmed;
    callouts.confirm("https://one.example/confirm", [&](bool done) { confirmed.set_value(done); });
    CHECK(confirmed.get_future().get());
    CHECK_FALSE(callouts.certificate("https://one.example/page"));
    CHECK_FALSE(callouts.certificate("https://one.example/down"));
    std::promise<bool> last;
    callouts.confirm("https://one.example/confirm", [&](bool done) { last.set_value(done); });
    CHECK(last.get_future().get());
    CHECK(calls == 4);
}

TEST_CASE("callouts: forged requests neither keep the real certificate out nor fetch without end") {
    std::atomic<int> calls = 0;
    Callouts callouts([&](const std::string& url) -> Result<std::string> {
        ++calls;
        if (url.ends_with("real")) return std::string(kCertificate);
        return fail(ErrorCode::unavailable, "answered 404");
    });
    const auto forged = [&](std::size_t i, const std::string& client) {
        return callouts.certificate("https://one.example/" + std::to_string(i), client);
    };
    for (std::size_t i = 0; i < kFetchesOfClient + 4; ++i) {
        CHECK_FALSE(forged(i, "203.0.113.7"));
        std::promise<bool> after;
        callouts.confirm("https://one.example/real", [&](bool) { after.set_value(true); });
        after.get_future().wait();
    }
    CHECK(calls == static_cast<int>(kFetchesOfClient + kFetchesOfClient + 4));
    // Of many clients: more failures than are remembered.
    for (std::size_t i = 100; i < 100 + kCertificatesMax + 4; ++i) {
        const int before = calls;
        CHECK_FALSE(forged(i, "client " + std::to_string(i)));
        REQUIRE(redis::eventually([&] { return calls > before; }));
        std::promise<bool> after;
        callouts.confirm("https://one.example/real", [&](bool) { after.set_value(true); });
        after.get_future().wait();
    }
    CHECK(redis::eventually([&] {
        return callouts.certificate("https://one.example/real", "54.240.197.1").has_value();
    }));
}

TEST_CASE("callouts: an answer beyond the limit fails and is not cut") {
    http::UrlTable urls;
    urls.add({"GET", "/page", 0, "test", [](const http::Request&, http::Responder responder) {
                  responder.send({200, "text/plain", std::string(1000, 'x'), {}, false});
              }});
    http::ServerOptions options;
    options.listen = {{"127.0.0.1:0", "", ""}};
    options.workers = 1;
    const auto server = http::Server::start(options, urls);
    REQUIRE(server.has_value());
    HttpCall call;
    call.url = "http://" + (*server)->address(0) + "/page";
    call.answer_bytes_max = 1000;
    CHECK(http_call(call)->body.size() == 1000);
    call.answer_bytes_max = 999;
    const auto cut = http_call(call);
    REQUIRE_FALSE(cut.has_value());
    CHECK(cut.error().message.ends_with("is larger than 999 bytes"));
}

TEST_CASE("callouts: a confirmation tells whether it was heard") {
    Callouts callouts([](const std::string& url) -> Result<std::string> {
        if (url.ends_with("no")) return fail(ErrorCode::unavailable, "answered 403");
        return std::string("<ok/>");
    });
    for (const bool good : {true, false}) {
        std::promise<bool> told;
        callouts.confirm(good ? "https://one.example/yes" : "https://one.example/no",
                         [&](bool done) { told.set_value(done); });
        CHECK(told.get_future().get() == good);
    }
}

TEST_CASE("callouts: beyond its places nothing waits, and what waits at the end fails") {
    std::promise<void> hold;
    auto held = hold.get_future().share();
    std::atomic<int> failed = 0;
    std::atomic<int> done = 0;
    Callouts callouts([held](const std::string&) -> Result<std::string> {
        held.wait();
        return std::string("<ok/>");
    });
    const int sent = static_cast<int>(kCalloutsMax) + 5;
    for (int i = 0; i < sent; ++i) {
        callouts.confirm("https://one.example/" + std::to_string(i),
                         [&](bool confirmed) { ++(confirmed ? done : failed); });
    }
    CHECK(failed == 5);
    hold.set_value();
    REQUIRE(redis::eventually([&] { return done == static_cast<int>(kCalloutsMax); }));
    callouts.stop();
    std::promise<bool> late;
    callouts.confirm("https://one.example/late",
                     [&](bool confirmed) { late.set_value(confirmed); });
    CHECK_FALSE(late.get_future().get());
}

}  // namespace
}  // namespace tapline
