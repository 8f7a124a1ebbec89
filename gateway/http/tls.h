// Certificates of a TLS listener: TLS 1.2 and newer, AEAD ciphers with forward secrecy, no
// renegotiation, no compression; ALPN answers "http/1.1". Thread-safe.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <string>

#include "gateway/http/transport.h"
#include "routes/error.h"

namespace tapline::http {

class TlsCertificates {
  public:
    // bad_config when a file cannot be read, is not PEM, or the key is not the certificate's.
    static Result<std::unique_ptr<TlsCertificates>> load(std::string certificate_file,
                                                         std::string key_file);

    // Reads the files again for new connections; on an error the old ones stay.
    Result<void> reload();

    // Set up to accept on the socket; null when memory is short.
    SslPtr accept_on(int fd) const;

    // When the first certificate of the chain ends.
    std::chrono::system_clock::time_point ends() const;

  private:
    struct Loaded {
        std::shared_ptr<SSL_CTX> context;
        std::chrono::system_clock::time_point ends;
    };

    TlsCertificates(std::string certificate_file, std::string key_file)
        : certificate_file_(std::move(certificate_file)), key_file_(std::move(key_file)) {}
    Result<Loaded> read() const;

    std::string certificate_file_;
    std::string key_file_;
    mutable std::mutex mutex_;
    Loaded loaded_;
};

}  // namespace tapline::http
