// Writes a Response as HTTP/1.1 bytes. Pure but for the Date header, which is the current second.
//
// Framing belongs to the front: Content-Length, Transfer-Encoding, Connection and Date of a handler
// are dropped, as are headers whose name is no token or whose value has CR, LF, NUL or another
// control character. A status outside 200..599 becomes 500.
#pragma once

#include <string>
#include <string_view>

#include "gateway/http/message.h"

namespace tapline::http {

enum class BodyOutput {
    send,
    omit,  // answers HEAD: the length is told, the body is not sent
};

// Appends the response to `out`. The number of headers that were dropped.
int render(const Response& response, BodyOutput body, std::string& out);

// Puts "Connection: close" into the rendered response that begins at `at`.
void add_connection_close(std::string& out, std::size_t at);

// The reason phrase of RFC 9110; "Status" for codes it does not name.
std::string_view reason_phrase(int status);

}  // namespace tapline::http
