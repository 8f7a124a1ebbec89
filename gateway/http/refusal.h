// Why the front itself refused a request or ended a connection; each reason has a counter.
#pragma once

#include <string_view>

namespace tapline::http {

enum class Refusal {
    malformed,          // 400
    length_required,    // 411
    uri_too_long,       // 414
    headers_too_large,  // 431
    body_too_large,     // 413
    not_implemented,    // 501: unknown method or transfer coding
    version,            // 505
    expectation,        // 417: an Expect other than 100-continue
    not_found,          // 404
    method,             // 405
    deadline,           // 408 or closed
    overloaded,         // 503
    connections,        // 503: too many connections
    handshake,          // TLS failed
    count
};

// The name used in metrics: "malformed", "uri_too_long", ...
std::string_view to_string(Refusal refusal);

}  // namespace tapline::http
