#include "gateway/http/message.h"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace tapline::http {

std::string_view Request::header(std::string_view name) const {
    const auto found = std::find_if(headers.begin(), headers.end(),
                                    [name](const Header& header) { return header.name == name; });
    return found == headers.end() ? std::string_view() : found->value;
}

int Request::header_count(std::string_view name) const {
    return static_cast<int>(
        std::count_if(headers.begin(), headers.end(),
                      [name](const Header& header) { return header.name == name; }));
}

Response problem(int status, std::string_view title, std::string_view detail) {
    nlohmann::ordered_json body{{"type", "about:blank"}, {"title", title}, {"status", status}};
    if (!detail.empty()) body["detail"] = detail;
    Response response;
    response.status = status;
    response.content_type = "application/problem+json";
    response.body = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    return response;
}

Responder& Responder::operator=(Responder&& other) noexcept {
    if (this != &other) {
        Responder old(std::move(*this));
        send_ = std::exchange(other.send_, nullptr);
    }
    return *this;
}

Responder::~Responder() {
    if (send_) send(problem(500, "Internal Server Error", ""));
}

void Responder::send(Response response) {
    const Send send = std::exchange(send_, nullptr);
    send(std::move(response));
}

}  // namespace tapline::http
