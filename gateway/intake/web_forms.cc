#include "gateway/intake/web_forms.h"

#include "adapters/json_writer.h"
#include "adapters/sources/web.h"
#include "adapters/sources/web_page.h"
#include "gateway/intake/batch.h"
#include "gateway/intake/hooks.h"
#include "gateway/log.h"
#include "gateway/redis/keys.h"

namespace tapline {

namespace {

using http::Request;
using http::Responder;
using http::Response;

constexpr std::string_view kPreflightSeconds = "86400";

// What the answer depends on, after the request's bytes are gone.
struct Visit {
    std::shared_ptr<const Settings> settings;  // of which the connection is one
    const Connection& connection;
    std::string request_id;
    std::string origin;  // "" when it is not allowed
    bool is_script = false;
    std::chrono::steady_clock::time_point began = std::chrono::steady_clock::now();
};

bool says_json(std::string_view header) {
    return header.find("application/json") != std::string_view::npos;
}

// https://developer.mozilla.org/en-US/docs/Web/HTTP/Headers/Sec-Fetch-Mode
bool is_script(const Request& request) {
    const std::string_view mode = request.header("sec-fetch-mode");
    if (!mode.empty()) return mode != "navigate";
    return says_json(request.header("content-type")) || says_json(request.header("accept"));
}

Response finished(const Visit& visit, Response response) {
    response.headers.emplace_back("Vary", "Origin");
    response.headers.emplace_back("Cache-Control", "no-store");
    if (!visit.origin.empty()) {
        response.headers.emplace_back("Access-Control-Allow-Origin", visit.origin);
    }
    return response;
}

Response page(int status, const WebPage& shown) {
    Response response{status, "text/html; charset=utf-8", web_page(shown), {}, false};
    response.headers = {{"Content-Security-Policy", web_page_policy()},
                        {"X-Content-Type-Options", "nosniff"},
                        {"Referrer-Policy", "no-referrer"}};
    return response;
}

// One sentence for a person, in the form that the caller can use.
Response failure(const Visit& visit, int status, const std::string& title,
                 const std::string& detail) {
    Response response = visit.is_script ? http::problem(status, title, detail)
                                        : page(status, {true, title, detail + ".", ""});
    if (status == 429 || status == 503) {
        response.headers.emplace_back("Retry-After", status == 429 ? "60" : "1");
    }
    return finished(visit, std::move(response));
}

Response success_body(const Visit& visit, const std::string& reference) {
    if (visit.is_script) {
        JsonWriter json(64);
        json.open('{').key("status").value("accepted").key("reference").value(reference).close('}');
        return {200, "application/json", json.take() + "\n", {}, false};
    }
    const std::string& thanks = visit.connection.form.thanks;
    if (thanks.empty()) {
        return page(200, {false, "Thank you", "Your message has been received.", reference});
    }
    return {303, "", "", {{"Location", thanks}}, false};
}

// A trapped robot gets the same headers as a person, so that it cannot tell.
Response success(const Visit& visit, const std::string& reference) {
    Response response = success_body(visit, reference);
    response.headers.emplace_back("X-Durability", "redis");
    return finished(visit, std::move(response));
}

Response preflight(const Visit& visit) {
    Response response{204, "", "", {}, false};
    response.headers = {{"Access-Control-Allow-Methods", "POST"},
                        {"Access-Control-Allow-Headers", "content-type"},
                        {"Access-Control-Max-Age", std::string(kPreflightSeconds)}};
    return finished(visit, std::move(response));
}

SourceRequest source_request(const Config& config, const Connection& connection,
                             const Request& request,
                             std::vector<std::pair<std::string_view, std::string_view>>& headers) {
    for (const auto& header : request.headers) headers.emplace_back(header.name, header.value);
    SourceRequest sent;
    sent.method = request.method;
    sent.path = request.path;
    const std::size_t own = std::string_view("/hooks/").size() + connection.name.size();
    sent.rest = request.path.substr(std::min(own, request.path.size()));
    sent.query = request.query;
    sent.body = request.body;
    sent.public_base = config.public_url;
    sent.headers = headers;
    return sent;
}

SourceSecrets secrets_of(const Connection& connection) {
    SourceSecrets secrets;
    secrets.connection = connection.name;
    secrets.form = &connection.form;
    return secrets;
}

// Why the submit is not read, as the answer; nothing when it is.
std::optional<Response> refusal(GatewayState& state, const Visit& visit, const Request& request) {
    const auto refuse = [&](std::string_view reason, int status, const std::string& title,
                            const std::string& detail) {
        state.metrics.refused.add(visit.connection.name, reason);
        log_warning("refused", {{"request", visit.request_id},
                                {"connection", visit.connection.name},
                                {"reason", reason}});
        return failure(visit, status, title, detail);
    };
    if (visit.origin.empty()) {
        return refuse("origin", 403, "Not allowed", "This page may not send the form");
    }
    if (!web_type_allowed(request.header("content-type"))) {
        return refuse("type", 415, "Not supported",
                      "The form must be sent as application/x-www-form-urlencoded, "
                      "multipart/form-data or application/json");
    }
    if (request.body.size() > kFormBytesMax) {
        return refuse("size", 413, "Too large", "The form is larger than 256 KiB");
    }
    const auto verdict =
        state.form_limit.take(visit.connection.name, visit.connection.form, request.client_address,
                              std::chrono::steady_clock::now());
    if (verdict == FormLimit::Verdict::taken) return std::nullopt;
    return refuse(verdict == FormLimit::Verdict::client ? "rate of client" : "rate", 429,
                  "Too many messages", "Please wait a minute and send it again");
}

// The mark of a robot's submit is nowhere; its answer must not tell.
Response trapped(GatewayState& state, const Visit& visit) {
    state.metrics.ignored.add(visit.connection.name, "honeypot");
    const auto& random = state.acceptor->parts().random;
    return success(visit, TrackingNumber::from_bits(random()).display());
}

void accept_event(GatewayState& state, const std::shared_ptr<const Visit>& visit, Event event,
                  Responder responder) {
    const auto brand = visit->settings->brands.find(visit->connection, event);
    if (!brand) {
        state.metrics.refused.add(visit->connection.name, "no brand");
        return responder.send(failure(*visit, 503, "Not available",
                                      "The form is not connected; please call or write instead"));
    }
    state.metrics.authenticated.add(visit->connection.name, event.auth);
    std::vector<BatchItem> items(1);
    items.front().job = AcceptJob{brand, std::move(event), {}};
    auto answered = std::make_shared<Responder>(std::move(responder));
    accept_batch(state, {visit->connection.name, visit->request_id, visit->began}, std::move(items),
                 [visit, answered](const std::vector<Verdict>& verdicts) {
                     const Verdict& verdict = verdicts.front();
                     if (verdict.state == Verdict::State::unavailable) {
                         return answered->send(
                             failure(*visit, 503, "Not available",
                                     "Your message could not be taken; please send it again"));
                     }
                     answered->send(success(*visit, verdict.mark.number));
                 });
}

// Who sent it: the same person's second click comes from the same address.
std::string client_of(const GatewayState& state, const Request& request) {
    if (is_shared_address(request.client_address)) return {};
    return keyed_hash(state.acceptor->parts().keys, "form", address_block(request.client_address));
}

}  // namespace

void handle_web_form(GatewayState& state, const CalledForm& called, const Request& request,
                     Responder responder) {
    const Connection& connection = *called.connection;
    std::vector<std::pair<std::string_view, std::string_view>> headers;
    SourceRequest sent = source_request(called.settings->config, connection, request, headers);
    const std::string origin = web_origin(sent);
    const bool allowed = web_origin_allowed(connection.form, origin);
    const auto visit = std::make_shared<const Visit>(
        Visit{called.settings, connection, request.id, allowed ? origin : "", is_script(request)});
    if (request.method == "OPTIONS" && allowed) {
        state.metrics.ignored.add(connection.name, "handshake");
        return responder.send(preflight(*visit));
    }
    if (request.method != "POST" && request.method != "OPTIONS") {
        state.metrics.refused.add(connection.name, "method");
        Response response = failure(*visit, 405, "Not a page", "Forms are sent here by POST");
        response.headers.emplace_back("Allow", "POST, OPTIONS");
        return responder.send(std::move(response));
    }
    if (auto refused = refusal(state, *visit, request)) {
        return responder.send(*std::move(refused));
    }
    const Time now = state.acceptor->parts().clock();
    state.last_heard.note(connection.name, now);
    const auto fields = web_fields(sent);
    if (!fields) {
        state.metrics.refused.add(connection.name, "request");
        return responder.send(failure(*visit, 400, "Not readable", fields.error().message));
    }
    if (web_trapped(connection.form, *fields)) return responder.send(trapped(state, *visit));
    state.heard.note(redis::kNoBrand, HeardKind::connection, connection.name, now);
    const std::string client = client_of(state, request);
    sent.client = client;
    auto event = web_event(sent, secrets_of(connection), *fields, now);
    if (!event) {
        state.metrics.refused.add(connection.name, "empty");
        return responder.send(failure(*visit, 422, "Something is missing", event.error()));
    }
    accept_event(state, visit, *std::move(event), std::move(responder));
}

}  // namespace tapline
