#include "gateway/http/response.h"

#include <array>
#include <charconv>
#include <ctime>

#include "gateway/http/characters.h"

namespace tapline::http {
namespace {

struct Reason {
    int status;
    std::string_view phrase;
};

constexpr std::array<Reason, 32> kReasons{{
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {422, "Unprocessable Content"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
}};

constexpr std::array<std::string_view, 4> kOurHeaders{"content-length", "transfer-encoding",
                                                      "connection", "date"};

template <class Number>
void append_number(std::string& out, Number number) {
    std::array<char, 24> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    out.append(digits.data(), end);
}

// "Date: ...\r\n" of the current second, made once a second in each thread.
std::string_view date_line() {
    struct Cache {
        std::time_t second = 0;
        std::array<char, 48> text{};
        std::size_t size = 0;
    };
    thread_local Cache cache;
    timespec now{};
    clock_gettime(CLOCK_REALTIME_COARSE, &now);
    if (now.tv_sec != cache.second) {
        cache.second = now.tv_sec;
        std::tm parts{};
        gmtime_r(&cache.second, &parts);
        cache.size = std::strftime(cache.text.data(), cache.text.size(),
                                   "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &parts);
    }
    return {cache.text.data(), cache.size};
}

bool is_ours(std::string_view name) {
    for (const std::string_view ours : kOurHeaders) {
        if (equals_ignoring_case(name, ours)) return true;
    }
    return false;
}

bool has_no_body(int status) {
    return status == 204 || status == 304;
}

}  // namespace

std::string_view reason_phrase(int status) {
    for (const Reason& reason : kReasons) {
        if (reason.status == status) return reason.phrase;
    }
    return "Status";
}

int render(const Response& response, BodyOutput body, std::string& out) {
    const int status = response.status < 200 || response.status > 599 ? 500 : response.status;
    const std::string_view reason = reason_phrase(status);
    out.reserve(out.size() + 160 + response.content_type.size() + response.body.size());
    out += "HTTP/1.1 ";
    append_number(out, status);
    out += ' ';
    out += reason;
    out += "\r\n";
    out += date_line();
    int dropped = 0;
    if (!response.content_type.empty()) {
        if (is_field_value(response.content_type)) {
            out.append("Content-Type: ").append(response.content_type).append("\r\n");
        } else {
            ++dropped;
        }
    }
    for (const auto& [name, value] : response.headers) {
        if (!is_token(name) || !is_field_value(value) || is_ours(name)) {
            ++dropped;
            continue;
        }
        out.append(name).append(": ").append(value).append("\r\n");
    }
    if (has_no_body(status)) {
        out += "\r\n";
        return dropped;
    }
    out += "Content-Length: ";
    append_number(out, response.body.size());
    out += "\r\n\r\n";
    if (body == BodyOutput::send) out += response.body;
    return dropped;
}

void add_connection_close(std::string& out, std::size_t at) {
    const auto line_end = out.find("\r\n", at);
    out.insert(line_end + 2, "Connection: close\r\n");
}

}  // namespace tapline::http
