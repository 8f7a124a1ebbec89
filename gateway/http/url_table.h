// The one table of URLs: method and path pattern to handler, with the body limit of each.
//
//     UrlTable urls;
//     urls.add({"POST", "/v1/{brand}/events", 16u << 20, "events", handler});
//
// A pattern's segments are literal or "{name}" (one segment, not empty, percent-decoded never:
// names in our URLs are [A-Za-z0-9._-], and neither "." nor ".."); a trailing "/..." matches the
// path alone and with any rest, which is not captured. Of several patterns that match, the one
// whose first differing segment is literal wins over a name, and a name over the rest. Filled
// before the server starts, then read-only and safe from any thread.
//
// An endpoint also says who is refused first when the server is full: a caller that comes again
// loses nothing by a 503, one that does not come again does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/http/message.h"

namespace tapline::http {

// What becomes of a request when limits of all requests together are used up.
enum class Admission : std::uint8_t {
    normal,  // refused at the limit
    late,    // may use the reserve on top of the limit too
    last,    // refused last: may use that one and a reserve of its own on top of it
};

using Captures = std::vector<std::string_view>;

struct Endpoint {
    std::string method;  // "GET" also serves HEAD
    std::string pattern;
    std::size_t body_max = 0;
    std::string name;  // metric label: "hooks", "events", ...
    Handler handler;
    // Asked once the head is read, with what the pattern's names matched. Empty: always normal.
    // Called by the loop thread, so it must be quick and not throw.
    std::function<Admission(const Captures&)> admission = {};
    // How large this body may be, where that depends on the names. Empty: body_max. As admission.
    std::function<std::size_t(const Captures&)> body_max_of = {};
};

class UrlTable {
  public:
    void add(Endpoint endpoint);

    struct Match {
        const Endpoint* endpoint = nullptr;  // null: not found or wrong method
        Captures captures;
        bool path_known = false;  // true with a null endpoint: 405
        std::string allow;        // methods for the Allow header of a 405

        // REQUIRES: there is an endpoint.
        Admission admission() const {
            return endpoint->admission ? endpoint->admission(captures) : Admission::normal;
        }
        // REQUIRES: there is an endpoint.
        std::size_t body_max() const {
            return endpoint->body_max_of ? endpoint->body_max_of(captures) : endpoint->body_max;
        }
    };
    Match find(std::string_view method, std::string_view path) const;
    // The same, into a Match whose memory is used again.
    void find(std::string_view method, std::string_view path, Match& match) const;

  private:
    struct Entry {
        Endpoint endpoint;
        std::vector<std::string> segments;  // "{...}" as written
        bool rest = false;                  // ends in "/..."
    };

    std::string allowed_methods(std::string_view path) const;

    std::vector<Entry> entries_;
};

}  // namespace tapline::http
