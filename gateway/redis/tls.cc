#include "gateway/redis/tls.h"

#include <string>

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>

namespace tapline::redis {
namespace {

struct FreeContext {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
struct FreeSsl {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
};

std::string reason() {
    const char* text = ERR_reason_error_string(ERR_peek_last_error());
    return text != nullptr ? text : "connection closed";
}

bool is_numeric(const std::string& host) {
    unsigned char address[sizeof(in6_addr)];
    return ::inet_pton(AF_INET, host.c_str(), address) == 1 ||
           ::inet_pton(AF_INET6, host.c_str(), address) == 1;
}

Result<void> trust(SSL_CTX* context, const Endpoint& endpoint) {
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    if (endpoint.ca_file.empty()) {
        if (SSL_CTX_set_default_verify_paths(context) == 1) return {};
        return fail(ErrorCode::bad_config, "TLS: cannot read the system's certificate store");
    }
    if (SSL_CTX_load_verify_locations(context, endpoint.ca_file.c_str(), nullptr) == 1) return {};
    return fail(ErrorCode::bad_config,
                "TLS: cannot read the root certificate " + endpoint.ca_file + ": " + reason());
}

Result<void> expect_host(SSL* ssl, const std::string& host) {
    X509_VERIFY_PARAM* expected = SSL_get0_param(ssl);
    if (is_numeric(host)) {
        if (X509_VERIFY_PARAM_set1_ip_asc(expected, host.c_str()) == 1) return {};
    } else {
        X509_VERIFY_PARAM_set_hostflags(expected, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
        if (X509_VERIFY_PARAM_set1_host(expected, host.c_str(), host.size()) == 1 &&
            SSL_set_tlsext_host_name(ssl, host.c_str()) == 1) {
            return {};
        }
    }
    return fail(ErrorCode::bad_config, "TLS: cannot check for the host name " + host);
}

Result<void> shake_hands(SSL* ssl, int fd, const std::string& host, const Patience& patience) {
    while (true) {
        ERR_clear_error();
        const int result = SSL_connect(ssl);
        if (result == 1) return {};
        const int error = SSL_get_error(ssl, result);
        if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) break;
        const short events = error == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT;
        if (auto ready = wait_for(fd, events, patience); !ready) {
            return fail(ErrorCode::unavailable, "TLS: no handshake: " + ready.error().message);
        }
    }
    if (const long verdict = SSL_get_verify_result(ssl); verdict != X509_V_OK) {
        return fail(ErrorCode::bad_config, "TLS: the certificate of " + host + " is refused: " +
                                               X509_verify_cert_error_string(verdict));
    }
    return fail(ErrorCode::unavailable, "TLS: no handshake: " + reason());
}

}  // namespace

class Tls::Impl {
  public:
    std::unique_ptr<SSL_CTX, FreeContext> context{SSL_CTX_new(TLS_client_method())};
    std::unique_ptr<SSL, FreeSsl> ssl;
};

Tls::Tls(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Tls::~Tls() = default;

Result<std::unique_ptr<Tls>> Tls::connect(int fd, const Endpoint& endpoint,
                                          const Patience& patience) {
    auto impl = std::make_unique<Impl>();
    if (!impl->context) return fail(ErrorCode::unavailable, "TLS: " + reason());
    if (auto trusted = trust(impl->context.get(), endpoint); !trusted) {
        return tl::unexpected(trusted.error());
    }
    impl->ssl.reset(SSL_new(impl->context.get()));
    if (!impl->ssl || SSL_set_fd(impl->ssl.get(), fd) != 1) {
        return fail(ErrorCode::unavailable, "TLS: " + reason());
    }
    if (auto named = expect_host(impl->ssl.get(), endpoint.host); !named) {
        return tl::unexpected(named.error());
    }
    if (auto done = shake_hands(impl->ssl.get(), fd, endpoint.host, patience); !done) {
        return tl::unexpected(done.error());
    }
    return std::unique_ptr<Tls>(new Tls(std::move(impl)));
}

Result<std::size_t> Tls::read(std::span<char> into) {
    std::size_t total = 0;
    read_needs_write_ = false;
    while (total < into.size()) {
        ERR_clear_error();
        std::size_t count = 0;
        const int result =
            SSL_read_ex(impl_->ssl.get(), into.data() + total, into.size() - total, &count);
        if (result == 1) {
            total += count;
            continue;
        }
        const int error = SSL_get_error(impl_->ssl.get(), result);
        read_needs_write_ = error == SSL_ERROR_WANT_WRITE;
        if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) break;
        // What arrived before the end is delivered first; the next read reports the end.
        if (total > 0) break;
        return fail(ErrorCode::unavailable, error == SSL_ERROR_ZERO_RETURN
                                                ? "the server closed the connection"
                                                : "TLS: " + reason());
    }
    return total;
}

Result<std::size_t> Tls::write(std::string_view bytes) {
    std::size_t total = 0;
    while (total < bytes.size()) {
        ERR_clear_error();
        std::size_t count = 0;
        const int result =
            SSL_write_ex(impl_->ssl.get(), bytes.data() + total, bytes.size() - total, &count);
        if (result == 1) {
            total += count;
            continue;
        }
        const int error = SSL_get_error(impl_->ssl.get(), result);
        if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) break;
        return fail(ErrorCode::unavailable, "TLS: " + reason());
    }
    return total;
}

}  // namespace tapline::redis
