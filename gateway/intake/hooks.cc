#include "gateway/intake/hooks.h"

#include <algorithm>
#include <chrono>

#include "adapters/sources/registry.h"
#include "adapters/unsigned.h"
#include "gateway/intake/hook_items.h"
#include "gateway/intake/web_forms.h"
#include "gateway/log.h"
#include "gateway/redis/keys.h"

namespace tapline {

namespace {

using http::Request;
using http::Responder;
using http::Response;

SourceRequest source_request(const Config& config, const Connection& connection,
                             const Request& request,
                             std::vector<std::pair<std::string_view, std::string_view>>& headers) {
    for (const auto& header : request.headers) headers.emplace_back(header.name, header.value);
    SourceRequest call;
    call.method = request.method;
    call.path = request.path;
    const std::size_t own = std::string_view("/hooks/").size() + connection.name.size();
    call.rest = request.path.substr(std::min(own, request.path.size()));
    call.query = request.query;
    call.body = request.body;
    call.public_base = config.public_url;
    call.headers = headers;
    return call;
}

SourceSecrets secrets_of(const Connection& connection) {
    SourceSecrets secrets;
    secrets.connection = connection.name;
    secrets.secrets = connection.secrets;
    secrets.verify_token = connection.verify_token;
    secrets.account = connection.account;
    secrets.reply_window = connection.reply_window;
    secrets.public_keys = connection.public_keys;
    return secrets;
}

Response to_response(const Answer& answer) {
    return Response{answer.status, answer.content_type, answer.body, {}, false};
}

Response unsafe_answer(HookCall& call) {
    if (!call.call_reply && call.unclaimed_reply.empty()) {
        return try_later("the event could not be stored; send it again");
    }
    call.state.metrics.unrecorded.add(call.connection.name, "call");
    call.state.alarms.raise("unrecorded_calls",
                            "calls are connected without being recorded; see Redis and /readyz");
    log_error("call not recorded",
              {{"request", call.request_id}, {"connection", call.connection.name}});
    Answer answer = call.ok;
    answer.body = call.unclaimed_reply.empty() ? *call.call_reply : call.unclaimed_reply;
    return to_response(answer);
}

Response answer_of(HookCall& call, const std::vector<Verdict>& verdicts) {
    const bool unsafe = std::any_of(verdicts.begin(), verdicts.end(), [](const Verdict& verdict) {
        return verdict.state == Verdict::State::unavailable;
    });
    if (unsafe) return unsafe_answer(call);
    if (!verdicts.empty()) call.state.alarms.clear("unrecorded_calls");
    Answer answer = call.ok;
    for (const Verdict& verdict : verdicts) {
        if (!verdict.mark.reply.empty()) answer.body = verdict.mark.reply;
    }
    if (!call.unclaimed_reply.empty()) answer.body = call.unclaimed_reply;
    Response response = to_response(answer);
    if (!verdicts.empty()) response.headers.emplace_back("X-Durability", "redis");
    return response;
}

void refuse(HookCall& call, Responder responder, const Error& error) {
    const bool unauthorized = error.code == ErrorCode::unauthorized;
    call.state.metrics.refused.add(call.connection.name, unauthorized ? "signature" : "request");
    log_warning("refused", {{"request", call.request_id},
                            {"connection", call.connection.name},
                            {"reason", error.message}});
    Response response =
        unauthorized ? http::problem(401, "Not authentic", "the signature is missing or wrong")
                     : http::problem(400, "Bad request", error.message);
    if (unauthorized && !call.source.www_authenticate.empty()) {
        response.headers.emplace_back("WWW-Authenticate", call.source.www_authenticate);
    }
    responder.send(std::move(response));
}

// Whether the certificate that the request is signed with is at hand, so that it can be verified.
// Without one it is fetched, and the provider comes again.
bool has_certificate(GatewayState& state, const Source& source, const SourceRequest& sent,
                     const std::string& client_address, SourceSecrets& secrets) {
    if (source.certificate_url == nullptr || !secrets.public_keys.empty()) return true;
    const auto url = source.certificate_url(sent, secrets);
    if (!url || !state.callouts) return true;  // verify refuses it
    // Behind a proxy that is not named in trusted_proxies all have one address.
    const std::string client =
        is_shared_address(client_address) ? "" : address_block(client_address);
    auto certificate = state.callouts->certificate(*url, client);
    if (certificate) secrets.public_keys.push_back(*std::move(certificate));
    return !secrets.public_keys.empty();
}

// Answers once the provider's own URL was asked, so that a failure makes it ask again.
void confirm(const std::shared_ptr<HookCall>& call, const std::string& url, Responder responder) {
    auto answered = std::make_shared<Responder>(std::move(responder));
    const auto done = [call, answered](bool confirmed) {
        log_info("subscription", {{"request", call->request_id},
                                  {"connection", call->connection.name},
                                  {"confirmed", confirmed ? "yes" : "no"}});
        answered->send(confirmed ? to_response(call->source.ok)
                                 : try_later("the subscription could not be confirmed"));
    };
    if (!call->state.callouts) return done(false);
    call->state.callouts->confirm(url, done);
}

// The provider's verdict, or "none" where there is nothing to judge and the config accepts that.
Result<Verified> authenticate(const HookCall& call, const SourceRequest& sent,
                              const SourceSecrets& secrets, Time now) {
    auto verified = call.source.verify(sent, secrets, now);
    const bool unsigned_is_fine = !verified && verified.error().code == ErrorCode::unauthorized &&
                                  call.connection.accepts_unsigned &&
                                  !claims_signature(call.source.provider, sent);
    if (unsigned_is_fine) verified = Verified{"none", "", ""};
    if (verified) call.state.metrics.authenticated.add(call.connection.name, verified->auth);
    return verified;
}

void accept_items(const std::shared_ptr<HookCall>& call, std::vector<BatchItem> items,
                  Responder responder) {
    auto answered = std::make_shared<Responder>(std::move(responder));
    accept_batch(call->state, {call->connection.name, call->request_id, call->began},
                 std::move(items), [call, answered](const std::vector<Verdict>& verdicts) {
                     answered->send(answer_of(*call, verdicts));
                 });
}

// Anybody may ask, so one address is answered only so often.
void answer_handshake(HookCall& call, const Request& request, const Answer& answer,
                      Responder responder) {
    GatewayState& state = call.state;
    const std::string& name = call.connection.name;
    if (!state.handshake_limit.allow(request.client_address, std::chrono::steady_clock::now())) {
        state.metrics.refused.add(name, "handshakes");
        return responder.send(try_later("too many handshakes"));
    }
    if (answer.status == 200) {
        state.metrics.ignored.add(name, "handshake");
        const Time now = state.acceptor->parts().clock();
        if (call.source.handshake_every.count() > 0) {
            state.heard.note(redis::kNoBrand, HeardKind::handshake, name, now);
        }
    } else {
        state.metrics.refused.add(name, "handshake");
    }
    responder.send(to_response(answer));
}

}  // namespace

void handle_hook(GatewayState& state, const Request& request, Responder responder) {
    const auto settings = state.settings();
    const auto& connections = settings->config.connections;
    const auto found = connections.find(std::string(request.captures.at(0)));
    if (found == connections.end()) {
        state.metrics.refused.add("unknown", "connection");
        return responder.send(http::problem(404, "Not found", "no such connection"));
    }
    const Connection& connection = found->second;
    const Source* source = find_source(connection.provider);
    if (source == nullptr) {
        return responder.send(http::problem(404, "Not found", "no such provider"));
    }
    if (source->proof.none) {
        return handle_web_form(state, {settings, &connection}, request, std::move(responder));
    }
    if (request.method == "OPTIONS") {
        state.metrics.refused.add(connection.name, "method");
        Response response = http::problem(405, "Not allowed", "this connection takes no forms");
        response.headers.emplace_back("Allow", "GET, HEAD, POST");
        return responder.send(std::move(response));
    }
    auto call = std::make_shared<HookCall>(HookCall{
        .state = state, .source = *source, .settings = settings, .connection = connection});
    call->request_id = request.id;

    std::vector<std::pair<std::string_view, std::string_view>> headers;
    const auto sent = source_request(settings->config, connection, request, headers);
    SourceSecrets secrets = secrets_of(connection);
    const Time now = state.acceptor->parts().clock();
    if (source->challenge != nullptr) {
        if (const auto answer = source->challenge(sent, secrets)) {
            return answer_handshake(*call, request, *answer, std::move(responder));
        }
    }
    if (!has_certificate(state, *source, sent, request.client_address, secrets)) {
        state.metrics.refused.add(connection.name, "certificate");
        return responder.send(try_later("the signing certificate is being fetched"));
    }
    const auto verified = authenticate(*call, sent, secrets, now);
    if (!verified) return refuse(*call, std::move(responder), verified.error());
    state.last_heard.note(connection.name, now);
    state.heard.note(redis::kNoBrand, HeardKind::connection, connection.name, now);
    if (!verified->confirm_url.empty()) {
        return confirm(call, verified->confirm_url, std::move(responder));
    }

    call->is_proven = verified->auth != "none";
    call->ok = source->ok;
    if (source->acknowledge != nullptr) {
        if (auto answer = source->acknowledge(sent, secrets)) call->ok = *std::move(answer);
    }
    auto items = hook_items(*call, *verified, source->parse(sent, secrets, now), request.body);
    accept_items(call, std::move(items), std::move(responder));
}

http::Response try_later(std::string_view detail) {
    Response response = http::problem(503, "Try again later", detail);
    response.headers.emplace_back("Retry-After", "1");
    return response;
}

}  // namespace tapline
