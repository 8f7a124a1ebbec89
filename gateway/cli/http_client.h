// The command line's HTTP client: one request, a deadline, a bounded answer. By libcurl.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "routes/error.h"

namespace tapline {

struct HttpCall {
    std::string method = "GET";
    std::string url;
    std::string unix_path;   // set: connect to this socket; the URL's host is only a name
    std::string connect_to;  // "127.0.0.1:8080": connect here whatever the URL's host is
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
    long deadline_seconds = 15;
    std::size_t answer_bytes_max = 16u << 20;  // a verdict for each of 20,000 events
    bool verify_certificate = true;
    std::string trusted_certificate;  // set: this file's alone, whatever name it is for
};

struct HttpAnswer {
    int status = 0;
    std::string body;
    std::string durability;  // the X-Durability header
};

// Error unavailable: no answer within the deadline, or a body beyond
// answer_bytes_max, and why. Redirects are not followed.
Result<HttpAnswer> http_call(const HttpCall& call);

}  // namespace tapline
