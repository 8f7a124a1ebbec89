#include "gateway/redis/tls.h"

#include <atomic>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "gateway/redis/link.h"
#include "tests/gateway/redis/certificates.h"
#include "tests/gateway/redis/eventually.h"
#include "tests/gateway/redis/real_redis.h"

namespace tapline::redis {
namespace {

using namespace std::chrono_literals;

// A real server with a TLS port, and the files around it.
struct TlsServer {
    TempDir files;
    Authority authority;
    std::unique_ptr<RealRedis> server;
    Endpoint endpoint;

    TlsServer(const std::string& names, long seconds) {
        const std::string path = files.path() + "/server";
        authority.write(files.path() + "/ca.pem");
        authority.issue(path, names, seconds);
        const int port = free_port();
        server = std::make_unique<RealRedis>(std::vector<std::string>{
            "--tls-port", std::to_string(port), "--tls-cert-file", path + ".pem", "--tls-key-file",
            path + ".key", "--tls-ca-cert-file", files.path() + "/ca.pem", "--tls-auth-clients",
            "no"});
        endpoint.host = "localhost";
        endpoint.port = port;
        endpoint.tls = true;
        endpoint.ca_file = files.path() + "/ca.pem";
    }
};

std::string refusal(const Endpoint& endpoint) {
    Link link(endpoint, {});
    link.start();
    CHECK(eventually([&] { return !link.stats().last_error.empty(); }));
    CHECK(!link.stats().connected);
    CHECK(!link.call(encode({"PING"})));
    return link.stats().last_error;
}

}  // namespace

TEST_CASE("redis TLS: a pipeline of many and large commands over rediss") {
    TlsServer tls("DNS:localhost,IP:127.0.0.1", 3600);
    for (const std::string host : {"localhost", "127.0.0.1"}) {
        CAPTURE(host);
        tls.endpoint.host = host;
        LinkOptions options;
        options.command_deadline = 30s;
        Link link(tls.endpoint, options);
        link.start();
        REQUIRE_MESSAGE(link.wait_connected(20s), link.stats().last_error);
        std::atomic<int> good{0};
        for (int i = 0; i < 2'000; ++i) {
            const std::string text(static_cast<std::size_t>(i) * 7,
                                   static_cast<char>('a' + i % 26));
            link.submit(encode({"ECHO", text}), [&, text](const Result<Reply>& reply) {
                good += reply && reply->text == text ? 1 : 0;
            });
        }
        CHECK(eventually([&] { return good == 2'000; }));
    }
}

TEST_CASE("redis TLS: refuses a certificate that is foreign, expired or for another host") {
    const TlsServer good("DNS:localhost", 3600);
    const Authority stranger;
    stranger.write(good.files.path() + "/stranger.pem");

    Endpoint foreign = good.endpoint;
    foreign.ca_file = good.files.path() + "/stranger.pem";
    CHECK(refusal(foreign).find("is refused: ") != std::string::npos);

    Endpoint system = good.endpoint;
    system.ca_file.clear();
    CHECK(refusal(system).find("is refused: ") != std::string::npos);

    Endpoint missing = good.endpoint;
    missing.ca_file = good.files.path() + "/none.pem";
    CHECK(refusal(missing).find("cannot read the root certificate") != std::string::npos);

    Endpoint by_number = good.endpoint;
    by_number.host = "127.0.0.1";
    CHECK(refusal(by_number).find("is refused: IP address mismatch") != std::string::npos);

    const TlsServer other("DNS:redis.example", 3600);
    CHECK(refusal(other.endpoint).find("is refused: hostname mismatch") != std::string::npos);

    const TlsServer expired("DNS:localhost", -60);
    CHECK(refusal(expired.endpoint).find("is refused: certificate has expired") !=
          std::string::npos);
}

TEST_CASE("redis TLS: never falls back to plain") {
    const RealRedis plain;
    Endpoint endpoint = plain.tcp_endpoint();
    endpoint.tls = true;
    CHECK(refusal(endpoint).find("TLS: no handshake") != std::string::npos);
}

}  // namespace tapline::redis
