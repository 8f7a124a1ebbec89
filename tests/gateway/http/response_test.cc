#include "gateway/http/response.h"

#include <string>
#include <utility>

#include <doctest/doctest.h>

using namespace tapline::http;

namespace {

std::string without_date(std::string text) {
    const auto at = text.find("Date: ");
    return at == std::string::npos ? text : text.erase(at, text.find("\r\n", at) + 2 - at);
}

Response make(int status, const std::string& body) {
    Response response;
    response.status = status;
    response.content_type = "text/plain";
    response.body = body;
    return response;
}

}  // namespace

TEST_CASE("responses: have a length, a type and a date") {
    std::string out;
    CHECK(render(make(202, "hi"), BodyOutput::send, out) == 0);
    CHECK(without_date(out) ==
          "HTTP/1.1 202 Accepted\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nhi");
    CHECK(out.find("Date: ") != std::string::npos);
    CHECK(out.find(" GMT\r\n") != std::string::npos);
}

TEST_CASE("responses: to HEAD tell the length of the body that they omit") {
    std::string out;
    render(make(200, "hello"), BodyOutput::omit, out);
    CHECK(without_date(out) ==
          "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\n");
}

TEST_CASE("responses: without a body have no length") {
    Response response;
    response.status = 204;
    std::string out;
    render(response, BodyOutput::send, out);
    CHECK(without_date(out) == "HTTP/1.1 204 No Content\r\n\r\n");
}

TEST_CASE("responses: headers that could break the framing are dropped and counted") {
    Response response = make(200, "");
    response.headers = {{"X-Good", "1\t2"},
                        {"X-Split", "a\r\nSet-Cookie: b"},
                        {"X-Nul", {'a', '\0'}},
                        {"X Name", "1"},
                        {"", "1"},
                        {"Content-Length", "7"},
                        {"TRANSFER-ENCODING", "chunked"},
                        {"Connection", "upgrade"},
                        {"Date", "now"},
                        {"X-Lf", "a\nb"}};
    std::string out;
    CHECK(render(response, BodyOutput::send, out) == 9);
    CHECK(
        without_date(out) ==
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nX-Good: 1\t2\r\nContent-Length: 0\r\n\r\n");
    response = make(200, "");
    response.content_type = "text/html\r\nX: y";
    out.clear();
    CHECK(render(response, BodyOutput::send, out) == 1);
    CHECK(without_date(out) == "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
}

TEST_CASE("responses: a status that is none becomes 500") {
    for (const int status : {0, 100, 101, 199, 600, -1}) {
        CAPTURE(status);
        std::string out;
        render(make(status, ""), BodyOutput::send, out);
        CHECK(out.starts_with("HTTP/1.1 500 Internal Server Error\r\n"));
    }
}

TEST_CASE("responses: the end of the connection is told after the status line") {
    std::string out = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    add_connection_close(out, 0);
    CHECK(out == "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
}

TEST_CASE("messages: a problem is JSON, whatever its text") {
    const Response response = problem(400, "Bad Request", "a \"quote\" and \xFF");
    CHECK(response.status == 400);
    CHECK(response.content_type == "application/problem+json");
    CHECK(response.body ==
          "{\"type\":\"about:blank\",\"title\":\"Bad Request\",\"status\":400,"
          "\"detail\":\"a \\\"quote\\\" and \xEF\xBF\xBD\"}");
}

TEST_CASE("messages: a request finds its headers") {
    Request request;
    request.headers = {{"a", "1"}, {"b", "2"}, {"a", "3"}};
    CHECK(request.header("a") == "1");
    CHECK(request.header("c").empty());
    CHECK(request.header_count("a") == 2);
    CHECK(request.header_count("c") == 0);
}

TEST_CASE("messages: a responder answers exactly once, also when it is forgotten") {
    int answers = 0;
    int status = 0;
    const auto note = [&](Response&& response) {
        ++answers;
        status = response.status;
    };
    {
        Responder responder(note);
        Responder moved(std::move(responder));
        moved.send(make(202, ""));
    }
    CHECK(answers == 1);
    CHECK(status == 202);
    { const Responder forgotten(note); }
    CHECK(answers == 2);
    CHECK(status == 500);
    {
        Responder first(note);
        Responder second(note);
        first = std::move(second);
        CHECK(answers == 3);
    }
    CHECK(answers == 4);
}
