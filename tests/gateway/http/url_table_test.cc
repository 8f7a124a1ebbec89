#include "gateway/http/url_table.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

using tapline::http::Request;
using tapline::http::Responder;
using tapline::http::UrlTable;

namespace {

UrlTable make_table() {
    UrlTable urls;
    const auto handler = [](const Request&, const Responder&) {};
    urls.add({"GET", "/", 0, "root", handler});
    urls.add({"GET", "/hooks/{connection}/...", 0, "hooks_get", handler});
    urls.add({"POST", "/hooks/{connection}/...", 10, "hooks", handler});
    urls.add({"POST", "/v1/{brand}/events", 20, "events", handler});
    urls.add({"GET", "/v1/{brand}/journeys/{number}", 0, "journey", handler});
    urls.add({"GET", "/v1/{brand}/{what}", 0, "what", handler});
    urls.add({"POST", "/v1/status/{what}", 0, "status", handler});
    return urls;
}

struct Row {
    std::string method;
    std::string path;
    std::string name;  // empty: no endpoint
    std::vector<std::string> captures;
    std::string allow;
};

}  // namespace

TEST_CASE("urls: a path finds the most literal pattern") {
    const UrlTable urls = make_table();
    const std::vector<Row> rows{
        {"GET", "/", "root", {}, ""},
        {"HEAD", "/", "root", {}, ""},
        {"POST", "/", "", {}, "GET, HEAD"},
        {"POST", "/hooks/acme-tel", "hooks", {"acme-tel"}, ""},
        {"POST", "/hooks/acme-tel/", "hooks", {"acme-tel"}, ""},
        {"POST", "/hooks/acme-tel/a/b%20", "hooks", {"acme-tel"}, ""},
        {"GET", "/hooks/meta", "hooks_get", {"meta"}, ""},
        {"PUT", "/hooks/meta", "", {}, "GET, HEAD, POST"},
        {"POST", "/hooks/", "", {}, ""},
        {"POST", "/hooks", "", {}, ""},
        {"POST", "/hooks/a%20b", "", {}, ""},
        {"POST", "/hooks/..", "", {}, ""},
        {"POST", "/hooks/.", "", {}, ""},
        {"POST", "/hooks/.a_b-C9", "hooks", {".a_b-C9"}, ""},
        {"POST", "/v1/acme/events", "events", {"acme"}, ""},
        {"POST", "/v1/acme/events/", "", {}, ""},
        {"POST", "//v1/acme/events", "", {}, ""},
        {"GET", "/v1/acme/events", "what", {"acme", "events"}, ""},
        {"POST", "/v1/status/events", "status", {"events"}, ""},
        {"DELETE", "/v1/acme/events", "", {}, "GET, HEAD, POST"},
        {"GET", "/v1/acme/journeys/7K3-M9Q-2X4", "journey", {"acme", "7K3-M9Q-2X4"}, ""},
        {"GET", "/nowhere", "", {}, ""},
        {"GET", "*", "", {}, ""},
        {"GET", "", "", {}, ""},
    };
    for (const Row& row : rows) {
        CAPTURE(row.method);
        CAPTURE(row.path);
        const UrlTable::Match match = urls.find(row.method, row.path);
        CHECK((match.endpoint == nullptr ? std::string() : match.endpoint->name) == row.name);
        CHECK(std::vector<std::string>(match.captures.begin(), match.captures.end()) ==
              row.captures);
        CHECK(match.allow == row.allow);
        CHECK(match.path_known == (!row.name.empty() || !row.allow.empty()));
    }
}
