#include "gateway/intake/events_api.h"

#include <algorithm>

#include "adapters/json_writer.h"
#include "adapters/sources/events_format.h"
#include "adapters/sources/registry.h"
#include "gateway/intake/batch.h"
#include "gateway/intake/hooks.h"
#include "gateway/intake/unknown_names.h"
#include "gateway/log.h"

namespace tapline {

namespace {

using http::Request;
using http::Responder;
using http::Response;

constexpr std::string_view kConnection = "events";
constexpr std::string_view kScope = "events:write";
constexpr std::string_view kNotStored = "the event could not be stored; send it again";

SourceSecrets secrets_of(const Brand& brand, bool scoped) {
    const auto usable = [&](const BrandSecret& secret) {
        const auto& scopes = secret.scopes;
        return !scoped || std::find(scopes.begin(), scopes.end(), kScope) != scopes.end();
    };
    SourceSecrets secrets;
    secrets.connection = kConnection;
    for (const auto& secret : brand.signing_secrets) {
        if (usable(secret)) secrets.secrets.push_back(secret.value);
    }
    for (const auto& key : brand.api_keys) {
        if (usable(key)) secrets.api_keys.push_back(key.value);
    }
    return secrets;
}

void write_verdict(JsonWriter& json, const Verdict& verdict, const Unknown& unknown) {
    const Mark& mark = verdict.mark;
    json.open('{');
    json.key("id").value(verdict.event_id);
    json.key("status").value(to_string(verdict.state));
    if (verdict.state == Verdict::State::accepted || verdict.state == Verdict::State::seen) {
        json.key("tracking_number").value(mark.number);
        json.key("route").value(mark.route);
        json.key("queue").value(mark.queue);
        json.key("due_at");
        mark.due_at ? json.value(to_ms(*mark.due_at)) : json.null();
        if (!unknown.note.empty()) json.key("note").value(unknown.note);
    } else if (verdict.state == Verdict::State::unavailable) {
        json.key("error").value(kNotStored);
    } else {
        json.key("error").value(verdict.reason);
    }
    json.close('}');
}

Response single_answer(const Verdict& verdict, const Unknown& unknown) {
    switch (verdict.state) {
        case Verdict::State::invalid:
            return http::problem(400, "Not an event", verdict.reason);
        case Verdict::State::conflict:
            return http::problem(409, "Another event", verdict.reason);
        case Verdict::State::unavailable:
            return try_later(kNotStored);
        default:
            break;
    }
    JsonWriter json;
    write_verdict(json, verdict, unknown);
    const int status = verdict.state == Verdict::State::seen ? 200 : 202;
    return {status, "application/json", json.take() + "\n", {}, false};
}

Response many_answer(const std::vector<Verdict>& verdicts, const std::vector<Unknown>& unknown,
                     BodyShape shape) {
    const auto any = [&](auto... states) {
        return std::any_of(verdicts.begin(), verdicts.end(), [&](const Verdict& verdict) {
            return ((verdict.state == states) || ...);
        });
    };
    int status = 202;
    if (any(Verdict::State::invalid, Verdict::State::conflict)) status = 207;
    if (any(Verdict::State::unavailable)) status = 503;
    JsonWriter json(verdicts.size() * 160 + 16);
    std::string lines;
    if (shape == BodyShape::list) {
        json.open('[');
        for (std::size_t i = 0; i < verdicts.size(); ++i) {
            write_verdict(json, verdicts[i], unknown[i]);
        }
        json.close(']');
        lines = json.take() + "\n";
    } else {
        lines.reserve(verdicts.size() * 160);
        for (std::size_t i = 0; i < verdicts.size(); ++i) {
            JsonWriter line(160);
            write_verdict(line, verdicts[i], unknown[i]);
            lines.append(line.str()).append("\n");
        }
    }
    const char* type = shape == BodyShape::list ? "application/json" : "application/x-ndjson";
    Response response{status, type, std::move(lines), {}, false};
    if (status == 503) response.headers.emplace_back("Retry-After", "1");
    return response;
}

// Why the request may not write events, as the answer.
Response refusal(const Source& source, const SourceRequest& sent, const Brand& brand, Time now,
                 const Error& error) {
    const auto without_scope = source.verify(sent, secrets_of(brand, false), now);
    if (without_scope) {
        return http::problem(403, "Not allowed", "this key has no scope events:write");
    }
    if (error.code == ErrorCode::bad_request)
        return http::problem(400, "Bad request", error.message);
    return http::problem(401, "Not authentic", error.message);
}

struct Work {
    std::vector<BatchItem> items;
    std::vector<Unknown> unknown;  // of each item
    BodyShape shape = BodyShape::single;
};

Work work_of(const std::shared_ptr<const Brand>& brand, const Verified& verified,
             std::vector<ParsedItem> parsed) {
    Work work;
    work.items.reserve(parsed.size());
    work.unknown.resize(parsed.size());
    for (std::size_t i = 0; i < parsed.size(); ++i) {
        ParsedItem& one = parsed[i];
        BatchItem& item = work.items.emplace_back();
        if (!one.event) {
            item.reason = one.event.error();
            item.event_id = std::move(one.id);
            continue;
        }
        work.unknown[i] = unknown_names(*brand, *one.event, one.passed_over);
        Event event = std::move(*one.event);
        event.brand = brand->name;
        event.connection = kConnection;
        event.auth = verified.auth;
        item.job = AcceptJob{brand, std::move(event), {}};
    }
    return work;
}

void count_verdicts(GatewayState& state, const std::string& brand,
                    const std::vector<Verdict>& verdicts, const std::vector<Unknown>& unknown) {
    for (std::size_t i = 0; i < verdicts.size(); ++i) {
        if (verdicts[i].state != Verdict::State::accepted) continue;
        for (const auto kind : unknown[i].kinds) state.metrics.unknown_names.add(brand, kind);
    }
    const auto invalid = std::count_if(
        verdicts.begin(), verdicts.end(),
        [](const Verdict& verdict) { return verdict.state == Verdict::State::invalid; });
    if (invalid > 0) {
        state.metrics.refused.add(kConnection, "schema", static_cast<std::uint64_t>(invalid));
    }
}

void accept_all(GatewayState& state, BatchOrigin origin, const Request& request, Work work,
                Responder responder) {
    auto answered = std::make_shared<Responder>(std::move(responder));
    accept_batch(state, std::move(origin), std::move(work.items),
                 [&state, answered, brand = std::string(request.captures.at(0)),
                  unknown = std::move(work.unknown),
                  shape = work.shape](const std::vector<Verdict>& verdicts) {
                     count_verdicts(state, brand, verdicts, unknown);
                     Response response = shape == BodyShape::single && verdicts.size() == 1
                                             ? single_answer(verdicts.front(), unknown.front())
                                             : many_answer(verdicts, unknown, shape);
                     if (response.status < 300) {
                         response.headers.emplace_back("X-Durability", "redis");
                     }
                     answered->send(std::move(response));
                 });
}

}  // namespace

void handle_events(GatewayState& state, const Request& request, Responder responder) {
    BatchOrigin origin{std::string(kConnection), request.id};
    const auto settings = state.settings();
    const auto brand = settings->brands.named(std::string(request.captures.at(0)));
    const Source* source = find_source("events");
    if (!brand || source == nullptr) {
        state.metrics.refused.add("unknown", "brand");
        return responder.send(http::problem(404, "Not found", "no such brand"));
    }
    if (!request.header("content-encoding").empty()) {
        state.metrics.refused.add(kConnection, "encoding");
        return responder.send(
            http::problem(415, "Not supported", "send the body without Content-Encoding"));
    }
    std::vector<std::pair<std::string_view, std::string_view>> headers;
    for (const auto& header : request.headers) headers.emplace_back(header.name, header.value);
    SourceRequest sent;
    sent.method = request.method;
    sent.path = request.path;
    sent.query = request.query;
    sent.body = request.body;
    sent.public_base = settings->config.public_url;
    sent.headers = headers;

    const Time now = state.acceptor->parts().clock();
    const SourceSecrets secrets = secrets_of(*brand, true);
    const auto verified = source->verify(sent, secrets, now);
    if (!verified) {
        state.metrics.refused.add(kConnection, "signature");
        log_warning("refused", {{"request", request.id},
                                {"connection", kConnection},
                                {"reason", verified.error().message}});
        return responder.send(refusal(*source, sent, *brand, now, verified.error()));
    }
    state.heard.note(brand->name, HeardKind::events, brand->name, now);
    state.metrics.authenticated.add(kConnection, verified->auth);
    auto parsed = source->parse(sent, secrets, now);
    if (!parsed) {
        state.metrics.refused.add(kConnection, "schema");
        return responder.send(http::problem(400, "Not an event", parsed.error().message));
    }
    Work work = work_of(brand, *verified, std::move(*parsed));
    work.shape = events_shape(request.header("content-type"));
    accept_all(state, std::move(origin), request, std::move(work), std::move(responder));
}

}  // namespace tapline
