#include "gateway/http/worker.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace tapline::http {

void Worker::run(Exchange* exchange) {
    fill(*exchange);
    Responder responder = make_responder(*exchange);
    bridge_.run(exchange->framer, exchange->request.headers, [&] {
        if (exchange->peer_trusted && exchange->request.header_count("x-forwarded-for") > 0) {
            std::vector<std::string_view> hops;
            for (const Header& header : exchange->request.headers) {
                if (header.name == "x-forwarded-for") hops.push_back(header.value);
            }
            exchange->request.client_address = forwarded_client(proxies_, hops, exchange->peer);
        }
        try {
            exchange->match.endpoint->handler(exchange->request, std::move(responder));
        } catch (...) {
            // The responder was destroyed on the way here, or it is kept by who will answer; what
            // was thrown may quote the request, so it is counted and not told.
            count(exchange->shared->counters.exceptions);
        }
    });
    exchange->release_body();
    if (let_go(*exchange)) delete exchange;
}

void Worker::fill(Exchange& exchange) {
    Request& request = exchange.request;
    request.method = exchange.framer.method();
    request.target = exchange.framer.target();
    const auto mark = std::min(request.target.find('?'), request.target.size());
    request.path = request.target.substr(0, mark);
    request.query = request.target.substr(std::min(mark + 1, request.target.size()));
    request.body = exchange.framer.body();
    request.client_address = exchange.peer;
    request.secure = exchange.secure;
    std::swap(request.captures, exchange.match.captures);
    std::array<char, 16> digits{};
    const auto end =
        std::to_chars(digits.data(), digits.data() + digits.size(), exchange.number, 16).ptr;
    request.id.assign(id_prefix_).append(digits.data(), end);
}

}  // namespace tapline::http
