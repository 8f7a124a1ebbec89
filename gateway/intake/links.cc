#include "gateway/intake/links.h"

#include <array>

#include "adapters/link.h"
#include "gateway/intake/hooks.h"
#include "gateway/log.h"

namespace tapline {

namespace {

using http::Request;
using http::Responder;
using http::Response;

constexpr Milliseconds kSameTap = std::chrono::seconds(5);

Response to_response(LinkAnswer answer) {
    Response response;
    response.status = answer.status;
    response.body = std::move(answer.body);
    response.headers = std::move(answer.headers);
    return response;
}

std::string_view name_of(TapKind kind) {
    constexpr std::array<std::string_view, 4> kNames = {"person", "prefetch", "robot", "head"};
    return kNames.at(static_cast<std::size_t>(kind));
}

// The same visitor on the same link within five seconds has the same event id, so that a double
// tap is one tap and leads to one number. The id is a keyed hash: it tells nothing of the visitor.
// Where many may stand behind one address, each tap is one: two people must not share a number.
std::string tap_id(const GatewayState& state, const Request& request, Time now) {
    if (is_shared_address(request.client_address)) {
        return "tap-" + random_hex(state.acceptor->parts().random);
    }
    const auto slot = now.time_since_epoch() / kSameTap;
    std::string visitor(request.client_address);
    visitor.append("\n").append(request.header("user-agent")).append("\n").append(request.target);
    visitor.append("\n").append(std::to_string(slot));
    return "tap-" + keyed_hash(state.acceptor->parts().keys, "tap", visitor);
}

Event tap_event(const GatewayState& state, const Button& button, const Request& request, Time now) {
    Event event;
    event.kind = EventKind::tap;
    event.type = "tap." + std::string(to_string(button.channel));
    event.event_id = tap_id(state, request, now);
    event.provider = "link";
    event.connection = "link";
    event.channel = button.channel;
    event.occurred_at = now;
    event.button = button.name;
    event.ref = link_ref(request.query);
    event.attribution = link_attribution(request.query);
    event.auth = "none";
    return event;
}

void send_on(GatewayState& state, const std::shared_ptr<const Brand>& brand, const Button& button,
             const Request& request, Responder responder) {
    const Time now = state.acceptor->parts().clock();
    auto answered = std::make_shared<Responder>(std::move(responder));
    AcceptJob job{brand, tap_event(state, button, request, now), {}};
    state.acceptor->accept(
        std::move(job), [&state, brand, &button, answered](Result<Accepted> result) {
            std::optional<TrackingNumber> number;
            if (result) {
                number = TrackingNumber::parse(result->mark.number);
                state.metrics.taps.add(brand->name, result->seen ? "repeated" : "person");
            } else {
                state.metrics.taps.add(brand->name, "person");
                state.metrics.unrecorded.add("link", "tap");
                log_warning("tap not recorded",
                            {{"brand", brand->name}, {"reason", result.error().message}});
            }
            answered->send(to_response(link_answer(*brand, button, number)));
        });
}

}  // namespace

void handle_link(GatewayState& state, const Request& request, Responder responder) {
    const auto brand = state.brands()->named(std::string(request.captures.at(0)));
    const auto button = brand ? brand->buttons.find(std::string(request.captures.at(1)))
                              : std::map<std::string, Button>::const_iterator();
    if (!brand || button == brand->buttons.end()) {
        state.metrics.refused.add("link", "unknown");
        return responder.send(http::problem(404, "Not found", "no such contact link"));
    }
    std::vector<std::pair<std::string_view, std::string_view>> headers;
    for (const auto& header : request.headers) headers.emplace_back(header.name, header.value);
    const TapKind kind = classify_tap(request.method, headers);
    const bool allowed =
        state.tap_limit.allow(request.client_address, std::chrono::steady_clock::now());
    if (kind == TapKind::person && allowed) {
        return send_on(state, brand, button->second, request, std::move(responder));
    }
    state.metrics.taps.add(brand->name, kind == TapKind::person ? "limited" : name_of(kind));
    if (kind == TapKind::prefetch) {
        // The browser asks again when the person really follows the link.
        Response response = try_later("contact links are not prefetched");
        response.headers.emplace_back("Cache-Control", "no-store");
        return responder.send(std::move(response));
    }
    responder.send(to_response(link_answer(*brand, button->second, std::nullopt)));
}

}  // namespace tapline
