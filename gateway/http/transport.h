// One accepted socket, plain or TLS, non-blocking. The loop thread's alone.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include <openssl/ssl.h>

namespace tapline::http {

struct SslDelete {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
};
using SslPtr = std::unique_ptr<SSL, SslDelete>;

class Transport {
  public:
    enum class Status { done, again, end, failed };
    struct Outcome {
        Status status = Status::failed;
        std::size_t bytes = 0;  // with done
    };

    // Owns the socket. `ssl` is null for a plain one, else set up to accept on it.
    Transport(int fd, SslPtr ssl) : fd_(fd), ssl_(std::move(ssl)) {}
    Transport(const Transport&) = delete;
    Transport& operator=(const Transport&) = delete;
    ~Transport() { close(); }

    int fd() const { return fd_; }
    bool is_tls() const { return ssl_ != nullptr; }
    // TLS wants to write before it can go on.
    bool wants_write() const { return wants_write_; }
    // TLS holds decrypted bytes that no event will announce.
    bool has_pending() const { return ssl_ != nullptr && SSL_pending(ssl_.get()) > 0; }

    // One step of the TLS handshake.
    Status handshake();
    // What is there, at most `size` bytes.
    Outcome read(char* to, std::size_t size);
    // As much as fits.
    Outcome write(std::string_view bytes);
    // Drops raw input, encrypted or not.
    Outcome discard(char* scratch, std::size_t size) const;
    // Tells the peer that nothing follows.
    void end_output();
    void close();

  private:
    Outcome tls_outcome(int result, std::size_t bytes);

    int fd_;
    bool wants_write_ = false;
    SslPtr ssl_;
};

}  // namespace tapline::http
