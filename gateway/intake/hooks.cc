#include "gateway/intake/hooks.h"

#include <algorithm>
#include <chrono>

#include "adapters/crypto.h"
#include "adapters/sources/registry.h"
#include "adapters/unsigned.h"
#include "gateway/intake/batch.h"
#include "gateway/intake/web_forms.h"
#include "gateway/log.h"
#include "gateway/redis/keys.h"

namespace tapline {

namespace {

using http::Request;
using http::Responder;
using http::Response;

constexpr std::string_view kUnclaimed =
    "no profile or line of any brand has this account; add it to a brand file, or remove the "
    "subscription at the provider";

constexpr std::string_view kUnclaimedAddress =
    "no brand has an email button with the address that was written to; add one, or say brand: at "
    "the connection";

// Of a mail that cannot be used, enough to tell what it is: attachments are kept nowhere.
constexpr std::size_t kMailKeptBytesMax = 16u << 10;

// What the answer needs after the request's own bytes are gone.
struct HookCall {
    GatewayState& state;
    const Source& source;
    const Connection& connection;
    Answer ok = {};  // to a request of which nothing else has to be said
    std::string request_id = {};
    std::chrono::steady_clock::time_point began = std::chrono::steady_clock::now();
    // What to answer when nothing could be recorded and a caller waits on the line.
    std::optional<std::string> call_reply = {};
    // What to answer a call that cannot be used or that no brand claims; it is kept in quarantine.
    std::string unclaimed_reply = {};
    // What was authenticated, where one request is one event: the form may be altered and still
    // hold.
    std::string replay_key = {};
    int quarantined = 0;
    bool body_kept = false;  // the whole body goes into quarantine once, not once an item
};

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

std::string home_of(const Connection& connection) {
    return connection.brand.empty() ? std::string(redis::kNoBrand) : connection.brand;
}

// What to keep of an item that cannot be used: its own bytes, else the whole body, once a request.
std::optional<BatchItem> quarantined(HookCall& call, std::string reason, std::string_view raw,
                                     std::string_view body) {
    if (call.quarantined++ == 0) {
        log_warning("quarantined", {{"request", call.request_id},
                                    {"connection", call.connection.name},
                                    {"reason", reason}});
    }
    if (raw.empty() && std::exchange(call.body_kept, true)) return std::nullopt;
    BatchItem item;
    Acceptor::Quarantined& kept = item.quarantine.emplace();
    kept.brand = home_of(call.connection);
    kept.connection = call.connection.name;
    kept.provider = call.source.provider;
    kept.reason = std::move(reason);
    kept.raw = raw.empty() ? body : raw;
    kept.entries_max = call.state.config->limits.quarantine_entries;
    kept.bytes_max = call.state.config->limits.quarantine_bytes;
    kept.identity = call.replay_key;
    if (call.source.is_mail && kept.raw.size() > kMailKeptBytesMax) {
        if (kept.identity.empty()) kept.identity = sha256_hex(kept.raw);
        kept.raw.resize(kMailKeptBytesMax);
    }
    return item;
}

// Makes the answer to events of one brand; also after the request's bytes are gone.
using MakeReply = std::function<std::string(const Event&, const Decision&, const std::string&)>;
MakeReply reply_maker(const HookCall& call, const std::shared_ptr<const Brand>& brand) {
    const auto reply = call.source.reply;
    if (reply == nullptr) return {};
    const std::string url = call.state.config->public_url + "/hooks/" + call.connection.name;
    return [reply, brand, url](const Event& event, const Decision& decision,
                               const std::string& number) {
        return reply({event, decision, number, brand->name, url, brand->display_name});
    };
}

// Where a caller is connected when nothing can be looked up: the routed, else the default
// department of the brand; an apology when no brand claims the call.
std::string blind_call_reply(const HookCall& call, const std::shared_ptr<const Brand>& brand,
                             const Event& event) {
    const MakeReply make_reply = brand ? reply_maker(call, brand) : MakeReply();
    if (!make_reply) return std::string(call.source.call_fallback);
    const auto decision =
        decide_without_records(*brand, event, call.state.acceptor->parts().clock());
    const std::string reply = make_reply(event, decision, "");
    return reply.empty() ? call.ok.body : reply;
}

void raise_revoked(HookCall& call) {
    call.state.alarms.raise(
        "access_revoked." + call.connection.name,
        "an account took back what it had allowed the app of this connection, "
        "so its events no longer come; connect it again at the provider. Stands "
        "until the gateway restarts");
}

// Nothing for a fact that asks for nothing and belongs to nobody (the dashboard's test button).
std::optional<BatchItem> item_of(HookCall& call, const Verified& verified, ParsedItem parsed,
                                 std::string_view body) {
    if (parsed.caller_waits) call.call_reply = call.ok.body;
    if (!parsed.event && parsed.caller_waits && parsed.kind == EventKind::contact) {
        Event unreadable;
        unreadable.channel = Channel::call;
        const auto home = call.state.brands->named(call.connection.brand);
        call.unclaimed_reply = blind_call_reply(call, home, unreadable);
    }
    if (!parsed.event) return quarantined(call, parsed.event.error(), parsed.raw, body);
    Event event = std::move(*parsed.event);
    event.connection = call.connection.name;
    event.auth = verified.auth;
    const auto brand = call.state.brands->find(call.connection, event);
    // Of an account that nobody claims there is nothing to connect again.
    if (event.type == kAccessRevoked && (brand || event.account.empty())) raise_revoked(call);
    const bool is_call = event.caller_waits && event.kind == EventKind::contact;
    if (is_call) call.call_reply = blind_call_reply(call, brand, event);
    if (!brand && is_call) call.unclaimed_reply = *call.call_reply;
    if (!brand && event.kind == EventKind::recorded) {
        call.state.metrics.ignored.add(call.connection.name, "no brand");
        return std::nullopt;
    }
    const std::string_view unclaimed = event.address.empty() ? kUnclaimed : kUnclaimedAddress;
    if (!brand) return quarantined(call, std::string(unclaimed), parsed.raw, body);
    BatchItem item;
    item.job = AcceptJob{brand, std::move(event), reply_maker(call, brand)};
    return item;
}

// A fact about the connection as a whole (a person who wants to be forgotten) names neither account
// nor line: every brand that the connection serves is told.
bool concerns_all(const ParsedItem& item) {
    return item.event && item.event->kind == EventKind::recorded && item.event->brand.empty() &&
           item.event->account.empty() && item.event->line.empty();
}

std::vector<ParsedItem> one_for_each_brand(const HookCall& call, std::vector<ParsedItem> parsed) {
    if (std::none_of(parsed.begin(), parsed.end(), concerns_all)) return parsed;
    std::vector<ParsedItem> items;
    for (ParsedItem& item : parsed) {
        const auto brands = concerns_all(item) ? call.state.brands->served_by(call.connection)
                                               : std::vector<std::shared_ptr<const Brand>>();
        for (std::size_t i = 1; i < brands.size(); ++i) {
            items.push_back(item);
            items.back().event->brand = brands[i]->name;
        }
        if (!brands.empty()) item.event->brand = brands.front()->name;
        items.push_back(std::move(item));
    }
    return items;
}

std::vector<BatchItem> items_of(HookCall& call, const Verified& verified,
                                Result<std::vector<ParsedItem>> parsed, std::string_view body) {
    std::vector<BatchItem> items;
    if (!parsed) {
        items.push_back(*quarantined(call, parsed.error().message, {}, body));
        return items;
    }
    // A replay key stands for a whole request, so only a request of one event may use it; a call's
    // end may be two items, and one that is sent again has the same two.
    const bool single = parsed->size() == 1;
    if (single) call.replay_key = verified.replay_key;
    std::vector<ParsedItem> each = one_for_each_brand(call, *std::move(parsed));
    for (std::size_t i = 0; i < each.size(); ++i) {
        ParsedItem& one = each[i];
        if (one.event && !verified.replay_key.empty()) {
            if (single) one.event->replay_key = verified.replay_key;
            if (!single && one.event->call_step) {
                one.event->replay_key = verified.replay_key + ':' + std::to_string(i);
            }
        }
        auto item = item_of(call, verified, std::move(one), body);
        if (item) items.push_back(std::move(*item));
    }
    return items;
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
                     SourceSecrets& secrets) {
    if (source.certificate_url == nullptr || !secrets.public_keys.empty()) return true;
    const auto url = source.certificate_url(sent, secrets);
    if (!url || !state.callouts) return true;  // verify refuses it
    auto certificate = state.callouts->certificate(*url);
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
    if (items.empty()) call->state.metrics.ignored.add(call->connection.name, "nothing to do");
    auto answered = std::make_shared<Responder>(std::move(responder));
    accept_batch(call->state, {call->connection.name, call->request_id}, std::move(items),
                 [call, answered](const std::vector<Verdict>& verdicts) {
                     http::Response answer = answer_of(*call, verdicts);
                     const std::chrono::duration<double> took =
                         std::chrono::steady_clock::now() - call->began;
                     // Before it is sent: who reads the metrics next finds it counted.
                     call->state.metrics.accept_seconds.observe(took.count());
                     answered->send(std::move(answer));
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
    const auto& connections = state.config->connections;
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
    if (source->unsigned_by_nature) {
        return handle_web_form(state, connection, request, std::move(responder));
    }
    if (request.method == "OPTIONS") {
        Response response = http::problem(405, "Not allowed", "this connection takes no forms");
        response.headers.emplace_back("Allow", "GET, HEAD, POST");
        return responder.send(std::move(response));
    }
    auto call = std::make_shared<HookCall>(
        HookCall{.state = state, .source = *source, .connection = connection});
    call->request_id = request.id;

    std::vector<std::pair<std::string_view, std::string_view>> headers;
    const auto sent = source_request(*state.config, connection, request, headers);
    SourceSecrets secrets = secrets_of(connection);
    const Time now = state.acceptor->parts().clock();
    if (source->challenge != nullptr) {
        if (const auto answer = source->challenge(sent, secrets)) {
            return answer_handshake(*call, request, *answer, std::move(responder));
        }
    }
    if (!has_certificate(state, *source, sent, secrets)) {
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
    if (source->answer != nullptr) {
        if (const auto answer = source->answer(sent)) {
            state.metrics.ignored.add(connection.name, "answered at once");
            return responder.send(to_response(*answer));
        }
    }

    call->ok = source->ok;
    if (source->acknowledge != nullptr) {
        if (auto answer = source->acknowledge(sent, secrets)) call->ok = *std::move(answer);
    }
    auto items = items_of(*call, *verified, source->parse(sent, secrets, now), request.body);
    accept_items(call, std::move(items), std::move(responder));
}

http::Response try_later(std::string_view detail) {
    Response response = http::problem(503, "Try again later", detail);
    response.headers.emplace_back("Retry-After", "1");
    return response;
}

}  // namespace tapline
