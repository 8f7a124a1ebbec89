#include "gateway/http/refusal.h"

namespace tapline::http {

std::string_view to_string(Refusal refusal) {
    switch (refusal) {
        case Refusal::malformed:
            return "malformed";
        case Refusal::length_required:
            return "length_required";
        case Refusal::uri_too_long:
            return "uri_too_long";
        case Refusal::headers_too_large:
            return "headers_too_large";
        case Refusal::body_too_large:
            return "body_too_large";
        case Refusal::not_implemented:
            return "not_implemented";
        case Refusal::version:
            return "version";
        case Refusal::expectation:
            return "expectation";
        case Refusal::not_found:
            return "not_found";
        case Refusal::method:
            return "method";
        case Refusal::deadline:
            return "deadline";
        case Refusal::overloaded:
            return "overloaded";
        case Refusal::connections:
            return "connections";
        case Refusal::handshake:
            return "handshake";
        case Refusal::count:
            break;
    }
    return "unknown";
}

}  // namespace tapline::http
