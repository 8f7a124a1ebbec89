#include "gateway/http/framer.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

using tapline::http::Framer;
using tapline::http::FramerLimits;
using tapline::http::Refusal;

namespace {

constexpr std::size_t kBodyMax = 64;
const std::string kHost = "Host: a.example\r\n";

// What became of the first request of the input: "refused 400", "incomplete" or "complete: BODY".
std::string frame(std::string_view in, std::size_t piece_bytes, const FramerLimits& limits = {}) {
    Framer framer(limits);
    while (!in.empty()) {
        std::string_view piece = in.substr(0, piece_bytes);
        in.remove_prefix(piece.size());
        bool again = true;
        while (again) {
            std::size_t used = 0;
            const auto step = framer.feed(piece, used);
            piece.remove_prefix(used);
            again = step == Framer::Step::head;
            if (again) framer.keep_body(kBodyMax);
            if (step == Framer::Step::complete) return "complete: " + std::string(framer.body());
            if (step == Framer::Step::refused) {
                return "refused " + std::to_string(framer.refused().status);
            }
        }
    }
    return "incomplete";
}

std::string get(const std::string& headers) {
    return "GET / HTTP/1.1\r\n" + headers + "\r\n";
}

std::string post(const std::string& headers, const std::string& body) {
    return "POST /x HTTP/1.1\r\n" + kHost + headers + "\r\n" + body;
}

std::string chunked(const std::string& body) {
    return post("Transfer-Encoding: chunked\r\n", body);
}

struct Row {
    std::string name;
    std::string input;
    std::string result;
};

void check(const std::vector<Row>& rows) {
    for (const Row& row : rows) {
        CAPTURE(row.name);
        CHECK(frame(row.input, row.input.size()) == row.result);
        CHECK(frame(row.input, 1) == row.result);
        CHECK(frame(row.input, 7) == row.result);
    }
}

}  // namespace

TEST_CASE("framing: request lines are read strictly") {
    const std::string rest = "\r\n" + kHost + "\r\n";
    check({
        {"plain", "GET / HTTP/1.1" + rest, "complete: "},
        {"one empty line first", "\r\nGET / HTTP/1.1" + rest, "complete: "},
        {"two empty lines first", "\r\n\r\nGET / HTTP/1.1" + rest, "refused 400"},
        {"space first", " GET / HTTP/1.1" + rest, "refused 400"},
        {"two spaces", "GET  / HTTP/1.1" + rest, "refused 400"},
        {"space in the target", "GET /a b HTTP/1.1" + rest, "refused 400"},
        {"tab between", "GET\t/\tHTTP/1.1" + rest, "refused 400"},
        {"no version", "GET /" + rest, "refused 400"},
        {"bare LF", "GET / HTTP/1.1\n" + kHost + "\r\n", "refused 400"},
        {"bare CR", "GET /\r HTTP/1.1" + rest, "refused 400"},
        {"NUL in the target", "GET /" + std::string(1, '\0') + " HTTP/1.1" + rest, "refused 400"},
        {"byte above ASCII", "GET /\xC3\xA9 HTTP/1.1" + rest, "refused 400"},
        {"fragment", "GET /a#b HTTP/1.1" + rest, "refused 400"},
        {"method is no token", "G(T / HTTP/1.1" + rest, "refused 400"},
        {"unknown method", "BREW / HTTP/1.1" + rest, "refused 501"},
        {"lower-case method", "get / HTTP/1.1" + rest, "refused 501"},
        {"TRACE", "TRACE / HTTP/1.1" + rest, "refused 501"},
        {"CONNECT", "CONNECT a.example:443 HTTP/1.1" + rest, "refused 501"},
        {"lower-case version", "GET / http/1.1" + rest, "refused 400"},
        {"long version", "GET / HTTP/1.10" + rest, "refused 400"},
        {"version 1.2", "GET / HTTP/1.2" + rest, "refused 505"},
        {"version 0.9", "GET / HTTP/0.9" + rest, "refused 505"},
        {"version 2.0", "PRI * HTTP/2.0" + rest, "refused 505"},
        {"relative target", "GET a HTTP/1.1" + rest, "refused 400"},
        {"* with GET", "GET * HTTP/1.1" + rest, "refused 400"},
        {"* with OPTIONS", "OPTIONS * HTTP/1.1" + rest, "complete: "},
        {"absolute target", "GET http://a.example:80/p HTTP/1.1" + rest, "complete: "},
        {"absolute target, another scheme", "GET ftp://a.example/ HTTP/1.1" + rest, "refused 400"},
        {"absolute target with a user", "GET http://u@a.example/ HTTP/1.1" + rest, "refused 400"},
        {"absolute target without host", "GET http:///p HTTP/1.1" + rest, "refused 400"},
    });
}

TEST_CASE("framing: headers are read strictly") {
    check({
        {"one Host", get(kHost), "complete: "},
        {"no Host", get("X: 1\r\n"), "refused 400"},
        {"two Hosts", get(kHost + kHost), "refused 400"},
        {"empty Host", get("Host:\r\n"), "refused 400"},
        {"Host with a path", get("Host: a.example/x\r\n"), "refused 400"},
        {"Host with a comma", get("Host: a.example,b.example\r\n"), "refused 400"},
        {"Host with a port", get("Host: [::1]:8080\r\n"), "complete: "},
        {"folded header", get(kHost + "X: 1\r\n 2\r\n"), "refused 400"},
        {"header that begins with a tab", get("\tX: 1\r\n" + kHost), "refused 400"},
        {"space before the colon", get(kHost + "X : 1\r\n"), "refused 400"},
        {"no colon", get(kHost + "X\r\n"), "refused 400"},
        {"no name", get(kHost + ": 1\r\n"), "refused 400"},
        {"name is no token", get(kHost + "X(y): 1\r\n"), "refused 400"},
        {"bare LF", get(kHost + "X: 1\n"), "refused 400"},
        {"bare CR in a value", get(kHost + "X: 1\r2\r\n"), "refused 400"},
        {"NUL in a value", get(kHost + "X: " + std::string(1, '\0') + "\r\n"), "refused 400"},
        {"control in a value", get(kHost + "X: \x01\r\n"), "refused 400"},
        {"DEL in a value", get(kHost + "X: \x7F\r\n"), "refused 400"},
        {"tab inside a value", get(kHost + "X: 1\t2\r\n"), "complete: "},
        {"byte above ASCII", get(kHost + "X: \xE9\r\n"), "complete: "},
        {"empty value", get(kHost + "X:\r\n"), "complete: "},
        {"HTTP/1.0 needs no Host", "GET / HTTP/1.0\r\n\r\n", "complete: "},
        {"HTTP/1.0 with two Hosts", "GET / HTTP/1.0\r\n" + kHost + kHost + "\r\n", "refused 400"},
        {"other expectation", get(kHost + "Expect: 200-ok\r\n"), "refused 417"},
        {"HTTP/1.0 has no Expect", "GET / HTTP/1.0\r\nExpect: x\r\n\r\n", "complete: "},
    });
}

TEST_CASE("framing: a body has exactly one length") {
    const std::string te = "Transfer-Encoding: ";
    check({
        {"length", post("Content-Length: 5\r\n", "hello"), "complete: hello"},
        {"length 0", post("Content-Length: 0\r\n", ""), "complete: "},
        {"leading zeros", post("Content-Length: 0005\r\n", "hello"), "complete: hello"},
        {"cut short", post("Content-Length: 5\r\n", "hell"), "incomplete"},
        {"missing", post("", ""), "refused 411"},
        {"missing with HTTP/1.0", "POST / HTTP/1.0\r\n\r\n", "refused 411"},
        {"HTTP/1.0", "POST / HTTP/1.0\r\nContent-Length: 2\r\n\r\nhi", "complete: hi"},
        {"GET with a body", get(kHost + "Content-Length: 2\r\n") + "hi", "complete: hi"},
        {"DELETE without one", "DELETE / HTTP/1.1\r\n" + kHost + "\r\n", "complete: "},
        {"twice, equal", post("Content-Length: 5\r\nContent-Length: 5\r\n", "hello"),
         "refused 400"},
        {"twice", post("Content-Length: 5\r\nContent-Length: 6\r\n", "hello"), "refused 400"},
        {"list", post("Content-Length: 5, 5\r\n", "hello"), "refused 400"},
        {"plus", post("Content-Length: +5\r\n", "hello"), "refused 400"},
        {"minus", post("Content-Length: -5\r\n", "hello"), "refused 400"},
        {"hex", post("Content-Length: 0x5\r\n", "hello"), "refused 400"},
        {"underscore", post("Content-Length: 5_0\r\n", "hello"), "refused 400"},
        {"empty", post("Content-Length:\r\n", ""), "refused 400"},
        {"word", post("Content-Length: abc\r\n", ""), "refused 400"},
        {"space inside", post("Content-Length: 5 5\r\n", "hello"), "refused 400"},
        {"2^64", post("Content-Length: 18446744073709551616\r\n", ""), "refused 400"},
        {"10^12", post("Content-Length: 1000000000000\r\n", ""), "refused 413"},
        {"one byte too large", post("Content-Length: 65\r\n", ""), "refused 413"},
        {"length and chunked", post("Content-Length: 5\r\n" + te + "chunked\r\n", ""),
         "refused 400"},
        {"chunked and length", post(te + "chunked\r\nContent-Length: 5\r\n", ""), "refused 400"},
        {"chunked twice", post(te + "chunked\r\n" + te + "chunked\r\n", ""), "refused 400"},
        {"gzip, chunked", post(te + "gzip, chunked\r\n", ""), "refused 501"},
        {"chunked, identity", post(te + "chunked, identity\r\n", ""), "refused 501"},
        {"xchunked", post(te + "xchunked\r\n", ""), "refused 501"},
        {",chunked", post(te + ",chunked\r\n", ""), "refused 501"},
        {"identity", post(te + "identity\r\n", ""), "refused 501"},
        {"empty coding", post(te + "\r\n", ""), "refused 501"},
        {"vertical tab",
         post(te + "\x0B"
                   "chunked\r\n",
              ""),
         "refused 400"},
        {"HTTP/1.0 chunked", "POST / HTTP/1.0\r\n" + te + "chunked\r\n\r\n0\r\n\r\n",
         "refused 400"},
        {"any case", post(te + "CHUNKED\r\n", "0\r\n\r\n"), "complete: "},
    });
}

TEST_CASE("framing: chunks are decoded strictly") {
    const std::string many_extensions(5000, 'x');
    check({
        {"two chunks", chunked("5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"), "complete: hello world"},
        {"hex of any case", chunked("a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n"),
         "complete: 01234567890123456789"},
        {"leading zeros", chunked("00001\r\nx\r\n000\r\n\r\n"), "complete: x"},
        {"extension", chunked("1;a=\"b\"\r\nx\r\n0;z\r\n\r\n"), "complete: x"},
        {"extension too large", chunked("1;" + many_extensions + "\r\nx\r\n"), "refused 400"},
        {"bare LF in an extension", chunked("1;a\nx\r\n0\r\n\r\n"), "refused 400"},
        {"bare CR in an extension", chunked("1;a\rb\r\nx\r\n0\r\n\r\n"), "refused 400"},
        {"trailers are dropped", chunked("1\r\nx\r\n0\r\nHost: b\r\nX: y\r\n\r\n"), "complete: x"},
        {"bad trailer", chunked("0\r\nX : y\r\n\r\n"), "refused 400"},
        {"folded trailer", chunked("0\r\nX: y\r\n z\r\n\r\n"), "refused 400"},
        {"trailers too large", chunked("0\r\nX: " + std::string(9000, 'y')), "refused 431"},
        {"no size", chunked("\r\nx"), "refused 400"},
        {"0x", chunked("0x1\r\nx\r\n0\r\n\r\n"), "refused 400"},
        {"minus", chunked("-1\r\nx"), "refused 400"},
        {"space after the size", chunked("1 \r\nx\r\n0\r\n\r\n"), "refused 400"},
        {"space before the size", chunked(" 1\r\nx\r\n0\r\n\r\n"), "refused 400"},
        {"nine digits", chunked("000000001\r\nx\r\n"), "refused 400"},
        {"2^64", chunked("10000000000000000\r\n"), "refused 400"},
        {"bare LF after the size", chunked("1\nx\r\n0\r\n\r\n"), "refused 400"},
        {"longer than said", chunked("1\r\nxy\r\n0\r\n\r\n"), "refused 400"},
        {"bare LF after the data", chunked("1\r\nx\n0\r\n\r\n"), "refused 400"},
        {"too large at once", chunked("41\r\n"), "refused 413"},
        {"too large in sum", chunked("40\r\n" + std::string(64, 'x') + "\r\n1\r\n"), "refused 413"},
        {"without end", chunked("1\r\nx\r\n"), "incomplete"},
    });
}

TEST_CASE("framing: limits hold to the byte") {
    const FramerLimits limits{20, 3, 40};
    const auto target = [](std::size_t bytes) {
        return "GET /" + std::string(bytes - 1, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n";
    };
    // "Host: a\r\n" has 9 bytes, "X: " and CRLF have 5.
    const auto header = [](std::size_t value_bytes) {
        return "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(value_bytes, 'x') + "\r\n\r\n";
    };
    const std::string four = "GET / HTTP/1.1\r\nHost: a\r\nA: 1\r\nB: 1\r\nC: 1\r\n\r\n";
    const std::vector<Row> rows{
        {"URI at the limit", target(20), "complete: "},
        {"URI beyond", target(21), "refused 414"},
        {"URI far beyond, unfinished", "GET /" + std::string(500, 'a'), "refused 414"},
        {"headers at the limit", header(26), "complete: "},
        {"headers beyond", header(27), "refused 431"},
        {"header far beyond, unfinished", "GET / HTTP/1.1\r\nX: " + std::string(500, 'x'),
         "refused 431"},
        {"four headers", four, "refused 431"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        CHECK(frame(row.input, row.input.size(), limits) == row.result);
        CHECK(frame(row.input, 1, limits) == row.result);
    }
}

TEST_CASE("framing: what a handler sees is what was sent") {
    const std::string in =
        "POST /a%2fb?c=%41&d HTTP/1.1\r\nHost: a\r\nX-Sig:  sha=%41%2b%0d \r\nCONTENT-length: 3\r\n"
        "Connection: keep-alive, Close\r\nExpect: 100-CONTINUE\r\n\r\n\r\n\r";
    Framer framer;
    std::size_t used = 0;
    REQUIRE(framer.feed(in, used) == Framer::Step::head);
    CHECK(used == in.size() - 3);
    CHECK(framer.method() == "POST");
    CHECK(framer.target() == "/a%2fb?c=%41&d");
    REQUIRE(framer.field_count() == 5);
    CHECK(framer.field(1).name == "x-sig");
    CHECK(framer.field(1).value == "sha=%41%2b%0d");
    CHECK(framer.field(2).name == "content-length");
    CHECK(framer.wants_close());
    CHECK(framer.expects_continue());
    CHECK(framer.body_kind() == Framer::Body::length);
    REQUIRE(framer.keep_body(3));
    REQUIRE(framer.feed("\r\n\rGET", used) == Framer::Step::complete);
    CHECK(used == 3);
    CHECK(framer.body() == "\r\n\r");
    framer.reset({});
    CHECK(framer.feed(get(kHost), used) == Framer::Step::head);
    CHECK_FALSE(framer.wants_close());
}

TEST_CASE("framing: a discarded body is counted and not kept") {
    Framer framer;
    std::size_t used = 0;
    REQUIRE(framer.feed(post("Content-Length: 5\r\n", ""), used) == Framer::Step::head);
    framer.discard_body();
    REQUIRE(framer.feed("hel", used) == Framer::Step::more);
    CHECK(framer.body_received() == 3);
    REQUIRE(framer.feed("loGET", used) == Framer::Step::complete);
    CHECK(used == 2);
    CHECK(framer.body().empty());
}

TEST_CASE("framing: a body of unknown length is refused behind the head, whoever asks") {
    for (const bool discarded : {false, true}) {
        CAPTURE(discarded);
        Framer framer;
        std::size_t used = 0;
        REQUIRE(framer.feed(post("", "GET / HTTP/1.1\r\n"), used) == Framer::Step::head);
        CHECK(framer.lacks_length());
        CHECK(framer.target() == "/x");
        if (discarded) {
            framer.discard_body();
        } else {
            CHECK_FALSE(framer.keep_body(kBodyMax));
        }
        CHECK(framer.feed("", used) == Framer::Step::refused);
        CHECK(framer.refused().status == 411);
    }
    Framer empty;
    std::size_t used = 0;
    REQUIRE(empty.feed(post("Content-Length: 0\r\n", ""), used) == Framer::Step::head);
    CHECK_FALSE(empty.lacks_length());
}

TEST_CASE("framing: an absolute target is taken by its path") {
    const std::vector<std::pair<std::string, std::string>> rows{
        {"http://a.example/p?q=1", "/p?q=1"},
        {"HTTPS://a.example", "/"},
        {"http://a.example/", "/"},
        {"/p://x", "/p://x"},
    };
    for (const auto& [target, path] : rows) {
        CAPTURE(target);
        Framer framer;
        std::size_t used = 0;
        const std::string in = "GET " + target + " HTTP/1.1\r\n" + kHost + "\r\n";
        REQUIRE(framer.feed(in, used) == Framer::Step::head);
        CHECK(framer.target() == path);
    }
}
