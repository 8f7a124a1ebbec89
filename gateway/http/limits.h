// The limits of the front. Deadlines are totals, never per read; all are measured on the monotonic
// clock and may strike one timer tick (16 ms) late.
#pragma once

#include <chrono>
#include <cstddef>

namespace tapline::http {

struct Limits {
    std::size_t uri_bytes = 8U << 10;              // beyond: 414
    std::size_t headers = 100;                     // beyond: 431
    std::size_t header_bytes = 16U << 10;          // all headers together; beyond: 431
    std::size_t requests_in_flight = 4096;         // beyond: 503 + Retry-After
    std::size_t buffered_body_bytes = 256u << 20;  // beyond: 503 + Retry-After
    // On top of these two, for those who do not come again after a 503; beyond: 503 all the same.
    // What Admission::late may not use is left to Admission::last, however many of the former come.
    std::size_t reserve_requests_late = 512;     // for late and last
    std::size_t reserve_requests_last = 512;     // on top of that, for last alone
    std::size_t reserve_body_bytes = 16u << 20;  // for last alone
    // What all connections keep beside bodies: input that waits for its turn, heads of requests
    // whose response is not on its way, output that clients do not take. Beyond, a connection that
    // holds more than its even share (this divided by `connections`) is closed, so that no more
    // than twice this is ever held, and clients that hold little stay.
    std::size_t buffered_io_bytes = 256u << 20;
    std::size_t connections = 60'000;  // beyond: answered 503 (TLS: not at all) and closed
    std::size_t pipelined = 64;        // requests read ahead on one connection
    std::chrono::milliseconds header_deadline{10'000};    // from the first byte
    std::chrono::milliseconds idle_deadline{60'000};      // between requests
    std::chrono::milliseconds handshake_deadline{5'000};  // TLS
    std::chrono::milliseconds body_grace{10'000};         // before the minimum rate counts
    std::size_t body_bytes_per_second = 500;
    std::chrono::milliseconds write_deadline{30'000};  // whole response
    // After the last response input is dropped for a while, so that the client gets to read it.
    std::chrono::milliseconds linger{2'000};
    std::chrono::milliseconds drain{10'000};  // stop() waits for handlers and clients
};

}  // namespace tapline::http
