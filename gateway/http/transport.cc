#include "gateway/http/transport.h"

#include <cerrno>

#include <openssl/err.h>
#include <sys/socket.h>
#include <unistd.h>

namespace tapline::http {
namespace {

Transport::Outcome socket_outcome(ssize_t result) {
    using Status = Transport::Status;
    if (result > 0) return {Status::done, static_cast<std::size_t>(result)};
    if (result == 0) return {Status::end, 0};
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return {Status::again, 0};
    return {Status::failed, 0};
}

}  // namespace

Transport::Outcome Transport::tls_outcome(int result, std::size_t bytes) {
    wants_write_ = false;
    if (result > 0) return {Status::done, bytes};
    switch (SSL_get_error(ssl_.get(), result)) {
        case SSL_ERROR_WANT_READ:
            return {Status::again, 0};
        case SSL_ERROR_WANT_WRITE:
            wants_write_ = true;
            return {Status::again, 0};
        case SSL_ERROR_ZERO_RETURN:
            return {Status::end, 0};
        default:
            return {Status::failed, 0};
    }
}

Transport::Status Transport::handshake() {
    if (ssl_ == nullptr) return Status::done;
    ERR_clear_error();
    return tls_outcome(SSL_do_handshake(ssl_.get()), 0).status;
}

Transport::Outcome Transport::read(char* to, std::size_t size) {
    if (ssl_ == nullptr) return socket_outcome(::recv(fd_, to, size, 0));
    ERR_clear_error();
    std::size_t got = 0;
    const int result = SSL_read_ex(ssl_.get(), to, size, &got);
    return tls_outcome(result, got);
}

Transport::Outcome Transport::write(std::string_view bytes) {
    if (ssl_ == nullptr) {
        return socket_outcome(::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL));
    }
    ERR_clear_error();
    std::size_t put = 0;
    const int result = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &put);
    return tls_outcome(result, put);
}

Transport::Outcome Transport::discard(char* scratch, std::size_t size) const {
    return socket_outcome(::recv(fd_, scratch, size, 0));
}

void Transport::end_output() {
    if (ssl_ != nullptr && SSL_is_init_finished(ssl_.get()) != 0) {
        ERR_clear_error();
        SSL_shutdown(ssl_.get());
    }
    ::shutdown(fd_, SHUT_WR);
}

void Transport::close() {
    ssl_.reset();
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
}

}  // namespace tapline::http
