// Everything that depends on cpp-httplib and its version: the only file pair that includes it.
//
// cpp-httplib builds a request object, is asked whether it saw the same headers as the framer, and
// calls the handler from its pre-routing hook. It decides nothing about framing, bodies, ranges,
// codings, addresses or responses. The head it gets is of our own making:
//
//     GET /x HTTP/1.1            a fixed request line; the URL table has the real one
//     Host: x
//     00-content-type: 1         position in base 36, and the name; never the value
//     01-x-signature: 1
//
// so that no header is one that it acts on (Range, Expect, Content-Encoding, REMOTE_ADDR, ...), and
// no value goes through its decoding, which versions 0.11 to 0.43 apply to header values. The
// values come from the framer, as sent. The body does not travel through it, and what it writes is
// dropped, because most responses are completed by another thread after the handler returned.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "gateway/http/framer.h"
#include "gateway/http/message.h"

namespace tapline::http {

// Not thread-safe: each worker has its own.
class HttplibBridge {
  public:
    HttplibBridge();
    HttplibBridge(const HttplibBridge&) = delete;
    HttplibBridge& operator=(const HttplibBridge&) = delete;
    ~HttplibBridge();

    // Passes the request through cpp-httplib: fills `headers` with views of the framer's fields, in
    // their order, and calls `handler` from its hook. False, and `handler` was not called, when
    // cpp-httplib refuses the head or reads it in another way than the framer.
    // REQUIRES: `handler` does not throw.
    bool run(const Framer& framer, std::vector<Header>& headers,
             const std::function<void()>& handler);

  private:
    class Server;
    std::unique_ptr<Server> server_;
};

}  // namespace tapline::http
