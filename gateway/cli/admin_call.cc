#include "gateway/cli/admin_call.h"

namespace tapline {

Result<HttpAnswer> admin_call(const Running& running, const std::string& method,
                              const std::string& path, long deadline_seconds) {
    HttpCall call;
    call.method = method;
    call.deadline_seconds = deadline_seconds;
    const bool is_unix = running.admin_address.starts_with("unix:");
    if (is_unix) call.unix_path = running.admin_address.substr(5);
    // Its certificate may be self-signed and for another name: the configured file is the proof.
    call.trusted_certificate = running.admin_certificate;
    call.url = std::string(call.trusted_certificate.empty() ? "http://" : "https://") +
               (is_unix ? std::string("admin") : running.admin_address) + path;
    return http_call(call);
}

}  // namespace tapline
