#include "gateway/http/tls.h"

#include <ctime>
#include <string_view>
#include <system_error>
#include <utility>

#include <openssl/err.h>
#include <openssl/x509.h>

namespace tapline::http {
namespace {

constexpr const char* kCiphers = "ECDHE+AESGCM:ECDHE+CHACHA20";

std::string last_tls_error() {
    const unsigned long code = ERR_get_error();
    ERR_clear_error();
    // The system's own errors have no text in OpenSSL 3.
    if (ERR_SYSTEM_ERROR(code)) return std::generic_category().message(ERR_GET_REASON(code));
    const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
    return reason == nullptr ? "cannot be used" : reason;
}

// NOLINTNEXTLINE(readability-function-size): the parameters are OpenSSL's.
int choose_protocol(SSL* /*ssl*/, const unsigned char** chosen, unsigned char* chosen_size,
                    const unsigned char* offered, unsigned int offered_size, void* /*context*/) {
    static constexpr std::string_view kHttp11 = "\x08http/1.1";
    const auto* ours = reinterpret_cast<const unsigned char*>(kHttp11.data());
    unsigned char* found = nullptr;
    const int result =
        SSL_select_next_proto(&found, chosen_size, ours, kHttp11.size(), offered, offered_size);
    *chosen = found;
    return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

std::shared_ptr<SSL_CTX> make_context() {
    std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
    if (context == nullptr) return nullptr;
    SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
    SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                           SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE |
                                        SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                        SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_clear_mode(context.get(), SSL_MODE_AUTO_RETRY);
    SSL_CTX_set_cipher_list(context.get(), kCiphers);
    // Tickets resume sessions without memory of ours.
    SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
    SSL_CTX_set_alpn_select_cb(context.get(), choose_protocol, nullptr);
    return context;
}

std::chrono::system_clock::time_point end_of(const X509* certificate) {
    std::tm parts{};
    if (certificate == nullptr || ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &parts) != 1) {
        return {};
    }
    return std::chrono::system_clock::from_time_t(timegm(&parts));
}

}  // namespace

Result<std::unique_ptr<TlsCertificates>> TlsCertificates::load(std::string certificate_file,
                                                               std::string key_file) {
    std::unique_ptr<TlsCertificates> certificates(
        new TlsCertificates(std::move(certificate_file), std::move(key_file)));
    if (auto loaded = certificates->reload(); !loaded) return tl::unexpected(loaded.error());
    return certificates;
}

Result<TlsCertificates::Loaded> TlsCertificates::read() const {
    const auto wrong = [](const std::string& what, const std::string& file) {
        return fail(ErrorCode::bad_config, "tls: " + what + " " + file + ": " + last_tls_error());
    };
    ERR_clear_error();
    auto context = make_context();
    if (context == nullptr) return wrong("cannot start TLS for", certificate_file_);
    if (SSL_CTX_use_certificate_chain_file(context.get(), certificate_file_.c_str()) != 1) {
        return wrong("cannot read certificate", certificate_file_);
    }
    if (SSL_CTX_use_PrivateKey_file(context.get(), key_file_.c_str(), SSL_FILETYPE_PEM) != 1) {
        return wrong("cannot read key", key_file_);
    }
    if (SSL_CTX_check_private_key(context.get()) != 1) {
        return wrong("the key is not the certificate's:", key_file_);
    }
    const auto ends = end_of(SSL_CTX_get0_certificate(context.get()));
    return Loaded{std::move(context), ends};
}

Result<void> TlsCertificates::reload() {
    auto loaded = read();
    if (!loaded) return tl::unexpected(loaded.error());
    const std::lock_guard lock(mutex_);
    loaded_ = std::move(*loaded);
    return {};
}

SslPtr TlsCertificates::accept_on(int fd) const {
    std::shared_ptr<SSL_CTX> context;
    {
        const std::lock_guard lock(mutex_);
        context = loaded_.context;
    }
    SslPtr ssl(SSL_new(context.get()));
    if (ssl == nullptr || SSL_set_fd(ssl.get(), fd) != 1) return nullptr;
    SSL_set_accept_state(ssl.get());
    return ssl;
}

std::chrono::system_clock::time_point TlsCertificates::ends() const {
    const std::lock_guard lock(mutex_);
    return loaded_.ends;
}

}  // namespace tapline::http
