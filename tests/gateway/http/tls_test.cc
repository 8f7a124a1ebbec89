// TLS listeners, with certificates made here.
#include "gateway/http/tls.h"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>

#include <doctest/doctest.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "gateway/http/server.h"
#include "gateway/http/transport.h"
#include "tests/gateway/http/client.h"

using namespace front_test;
using namespace tapline::http;

namespace {

constexpr long kHour = 3600;

// A self-signed certificate with this name, and its key, as PEM files.
void make_certificate(const Folder& folder, const std::string& name, long seconds) {
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"),
                                                                  EVP_PKEY_free);
    const std::unique_ptr<X509, decltype(&X509_free)> certificate(X509_new(), X509_free);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), seconds);
    X509_set_pubkey(certificate.get(), key.get());
    X509_NAME* subject = X509_get_subject_name(certificate.get());
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
    X509_set_issuer_name(certificate.get(), subject);
    REQUIRE(X509_sign(certificate.get(), key.get(), EVP_sha256()) > 0);
    FILE* file = std::fopen((folder / "cert.pem").c_str(), "w");
    PEM_write_X509(file, certificate.get());
    std::fclose(file);
    file = std::fopen((folder / "key.pem").c_str(), "w");
    PEM_write_PrivateKey(file, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    std::fclose(file);
}

class TlsClient {
  public:
    explicit TlsClient(const std::string& address, int version = 0)
        : client_(address), context_(SSL_CTX_new(TLS_client_method()), SSL_CTX_free) {
        if (version != 0) {
            SSL_CTX_set_security_level(context_.get(), 0);
            SSL_CTX_set_min_proto_version(context_.get(), version);
            SSL_CTX_set_max_proto_version(context_.get(), version);
        }
        ssl_.reset(SSL_new(context_.get()));
        const timeval limit{10, 0};
        ::setsockopt(client_.fd(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        SSL_set_fd(ssl_.get(), client_.fd());
        static constexpr std::string_view kProtocols = "\x02h2\x08http/1.1";
        SSL_set_alpn_protos(ssl_.get(), reinterpret_cast<const unsigned char*>(kProtocols.data()),
                            kProtocols.size());
    }

    bool connect() { return SSL_connect(ssl_.get()) == 1; }
    bool send(const std::string& bytes) {
        return SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size())) > 0;
    }
    // What comes until this many bytes are there, or the end.
    std::string read(std::size_t bytes) {
        std::string got;
        char buffer[16 * 1024];
        while (got.size() < bytes) {
            const int n = SSL_read(ssl_.get(), buffer, sizeof buffer);
            if (n <= 0) break;
            got.append(buffer, static_cast<std::size_t>(n));
        }
        return got;
    }
    bool renegotiate() {
        return SSL_renegotiate(ssl_.get()) == 1 && SSL_do_handshake(ssl_.get()) == 1;
    }
    std::string peer_name() {
        char name[64] = "";
        X509_NAME_get_text_by_NID(X509_get_subject_name(SSL_get0_peer_certificate(ssl_.get())),
                                  NID_commonName, name, sizeof name);
        return name;
    }
    std::string protocol() {
        const unsigned char* chosen = nullptr;
        unsigned size = 0;
        SSL_get0_alpn_selected(ssl_.get(), &chosen, &size);
        return {reinterpret_cast<const char*>(chosen), size};
    }

  private:
    Client client_;
    std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
    SslPtr ssl_;
};

ServerOptions tls_options(const Folder& folder) {
    ServerOptions options;
    options.listen = {{"127.0.0.1:0", folder / "cert.pem", folder / "key.pem"},
                      {"127.0.0.1:0", "", ""}};
    return options;
}

UrlTable urls() {
    UrlTable table;
    table.add({"POST", "/size", 8 << 20, "size", [](const Request& request, Responder responder) {
                   responder.send(text(200, std::to_string(request.body.size()) +
                                                (request.secure ? " secure" : " plain")));
               }});
    table.add({"GET", "/large", 0, "large", [](const Request&, Responder responder) {
                   responder.send(text(200, std::string(1 << 20, 'x')));
               }});
    return table;
}

}  // namespace

TEST_CASE("tls: requests and responses of any size pass") {
    const Folder folder;
    make_certificate(folder, "first", kHour);
    const auto server = start(tls_options(folder), urls());
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        CAPTURE(version);
        TlsClient client(server->address(0), version);
        REQUIRE(client.connect());
        CHECK(client.protocol() == "http/1.1");
        CHECK(client.peer_name() == "first");
        client.send(post("/size", std::string(3 << 20, 'x')));
        CHECK(client.read(1).ends_with("3145728 secure"));
        // Two requests in one record: no event of the socket announces the second.
        client.send(get("/large") + post("/size", "x"));
        const std::string both = client.read((1 << 20) + 200);
        CHECK(both.size() > (1 << 20) + 200);
        CHECK(both.ends_with("1 secure"));
    }
    Client plain(server->address(1));
    CHECK(plain.ask(post("/size", "xyz")).body == "3 plain");
}

TEST_CASE("tls: many pipelined requests in one record are all answered") {
    const Folder folder;
    make_certificate(folder, "first", kHour);
    ServerOptions options = tls_options(folder);
    options.limits.pipelined = 2;
    const auto server = start(options, urls());
    TlsClient client(server->address(0));
    REQUIRE(client.connect());
    std::string all;
    for (int i = 0; i < 100; ++i) all += post("/size", "x");
    client.send(all);
    client.send(post("/size", "xy", "Connection: close\r\n"));
    const std::string answers = client.read(1 << 20);
    std::size_t count = 0;
    for (auto at = answers.find("1 secure"); at != answers.npos;
         at = answers.find("1 secure", at + 1)) {
        ++count;
    }
    CHECK(count == 100);
    CHECK(answers.ends_with("2 secure"));
}

TEST_CASE("tls: old versions, plain text and renegotiation are refused") {
    const Folder folder;
    make_certificate(folder, "first", kHour);
    const auto server = start(tls_options(folder), urls());
    TlsClient old(server->address(0), TLS1_1_VERSION);
    CHECK_FALSE(old.connect());
    Client plain(server->address(0));
    plain.send(get("/large"));
    CHECK(plain.read().status == 0);
    CHECK(eventually([&] { return refused(*server, Refusal::handshake) == 2; }));
    TlsClient again(server->address(0), TLS1_2_VERSION);
    REQUIRE(again.connect());
    CHECK_FALSE(again.renegotiate());
    ERR_clear_error();
}

TEST_CASE("tls: a handshake that is not finished in time ends") {
    const Folder folder;
    make_certificate(folder, "first", kHour);
    ServerOptions options = tls_options(folder);
    options.limits.handshake_deadline = 50ms;
    const auto server = start(options, urls());
    Client silent(server->address(0));
    CHECK(silent.ended());
    CHECK(refused(*server, Refusal::handshake) == 1);
}

TEST_CASE("tls: certificates are exchanged without a restart, bad ones are not taken") {
    const Folder folder;
    make_certificate(folder, "first", kHour);
    const auto server = start(tls_options(folder), urls());
    TlsClient open(server->address(0));
    REQUIRE(open.connect());
    const auto first_end = server->certificate_ends();
    REQUIRE(first_end.has_value());
    const auto left = *first_end - std::chrono::system_clock::now();
    CHECK(left > 50min);
    CHECK(left <= 60min);

    make_certificate(folder, "second", 2 * kHour);
    CHECK(server->reload_certificates().has_value());
    CHECK(*server->certificate_ends() > *first_end);
    TlsClient next(server->address(0));
    REQUIRE(next.connect());
    CHECK(next.peer_name() == "second");

    std::ofstream(folder / "cert.pem") << "nonsense";
    const auto wrong = server->reload_certificates();
    REQUIRE_FALSE(wrong.has_value());
    CHECK(wrong.error().code == tapline::ErrorCode::bad_config);
    CHECK(wrong.error().message ==
          "tls: cannot read certificate " + folder / "cert.pem" + ": no start line");
    const auto gone = TlsCertificates::load(folder / "gone.pem", folder / "gone.key");
    REQUIRE_FALSE(gone.has_value());
    CHECK(gone.error().message ==
          "tls: cannot read certificate " + folder / "gone.pem" + ": No such file or directory");
    TlsClient still(server->address(0));
    REQUIRE(still.connect());
    CHECK(still.peer_name() == "second");

    open.send(post("/size", "x"));
    CHECK(open.read(1).ends_with("1 secure"));
}

TEST_CASE("tls: a server does not start with a key that is not its certificate's") {
    const Folder folder;
    const Folder other;
    make_certificate(folder, "first", kHour);
    make_certificate(other, "other", kHour);
    ServerOptions options = tls_options(folder);
    options.listen[0].key = other / "key.pem";
    const auto server = Server::start(options, urls());
    REQUIRE_FALSE(server.has_value());
    CHECK(server.error().code == tapline::ErrorCode::bad_config);
    options.listen[0].key = folder / "missing.pem";
    CHECK_FALSE(Server::start(options, urls()).has_value());
}

TEST_CASE("tls: without a TLS listener no certificate ends") {
    const auto server = start(on_free_port(), urls());
    CHECK_FALSE(server->certificate_ends().has_value());
    CHECK(server->reload_certificates().has_value());
}
