#include "gateway/http/refusals.h"

namespace tapline::http {

Response not_found() {
    return problem(404, "Not Found", "There is nothing at this URL.");
}

Response method_not_allowed(std::string_view allow) {
    Response response = problem(405, "Method Not Allowed", "");
    response.headers.emplace_back("Allow", allow);
    return response;
}

Response overloaded() {
    Response response = problem(503, "Service Unavailable", "Too much is going on. Try again.");
    response.headers.emplace_back("Retry-After", "1");
    return response;
}

Response server_options() {
    Response response;
    response.status = 204;
    response.headers.emplace_back("Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
    return response;
}

}  // namespace tapline::http
