// What a handler sees of a request, and what it answers.
//
// A Request is a view: its strings live until the handler returns. A handler that must wait keeps
// copies of what it needs and the Responder, and returns; the response is sent by whichever thread
// calls Responder::send.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tapline::http {

struct Header {
    std::string_view name;   // lower case
    std::string_view value;  // as sent: neither decoded nor trimmed inside
};

struct Request {
    std::string_view method;
    std::string_view target;  // raw: "/hooks/acme-tel?x=%20"
    std::string_view path;    // raw, up to the "?"
    std::string_view query;   // raw, after the "?"; empty when none
    std::vector<Header> headers;
    std::string_view body;       // raw bytes: only the transfer coding is removed
    std::string client_address;  // from X-Forwarded-For when the peer is a trusted proxy
    std::string id;              // request id for logs; unique on this gateway
    bool secure = false;         // came over our TLS listener
    std::vector<std::string_view> captures;  // what the URL pattern's {names} matched, in order

    // The value of the header (name in lower case), or empty. The first one, when repeated.
    std::string_view header(std::string_view name) const;
    // How often the header stands in the request.
    int header_count(std::string_view name) const;
};

struct Response {
    int status = 200;
    std::string content_type;  // empty: none, for answers without a body
    std::string body;
    // More headers. Names and values with CR, LF or NUL are refused (dropped and counted).
    std::vector<std::pair<std::string, std::string>> headers;
    bool close = false;  // ends the connection after this response
};

// RFC 9457 problem+json.
Response problem(int status, std::string_view title, std::string_view detail);

// The right to answer one request, exactly once. Movable, usable from any thread. Destroyed
// without an answer it sends 500, so that no client waits for ever.
class Responder {
  public:
    using Send = std::function<void(Response&&)>;

    explicit Responder(Send send) : send_(std::move(send)) {}
    Responder(Responder&& other) noexcept : send_(std::exchange(other.send_, nullptr)) {}
    Responder& operator=(Responder&& other) noexcept;
    Responder(const Responder&) = delete;
    Responder& operator=(const Responder&) = delete;
    ~Responder();

    // REQUIRES: not sent before.
    void send(Response response);

  private:
    Send send_;
};

using Handler = std::function<void(const Request&, Responder)>;

}  // namespace tapline::http
