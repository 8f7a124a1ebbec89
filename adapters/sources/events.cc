// The brand's own apps: POST /v1/{brand}/events, signed with Standard Webhooks or an API key.
//
// Formats, by Content-Type:
//     application/json                      one event (event_schema.h), or one CloudEvent
//     application/x-ndjson                  one of either per line; blank lines are passed over
//     application/cloudevents+json          one CloudEvent whose `data` is the event
//     application/cloudevents-batch+json    a list of those
//     application/json with ce-* headers    a CloudEvent in binary mode: the body is its `data`
//
// `secrets` are the brand's signing secrets (whsec_...), `api_keys` its keys. Each item has its own
// verdict; the ids are signed with the rest, so a replay is the same event. body_hash lets the
// gateway tell a repetition from another event under a used id. A request holds at most kEventsMax
// events.
#include <algorithm>
#include <string>
#include <vector>

#include "adapters/crypto.h"
#include "adapters/form.h"
#include "adapters/json.h"
#include "adapters/sources/event_schema.h"
#include "adapters/sources/events_format.h"
#include "adapters/sources/table.h"
#include "adapters/standard_webhooks.h"
#include "adapters/traceparent.h"
#include "adapters/utf8.h"

namespace tapline {
namespace {

constexpr std::size_t kApiKeyBytesMin = 16;
constexpr std::size_t kLineBytesMax = 1u << 20;

std::string lower(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return out;
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kBlank = " \t\r\n";
    const std::size_t begin = text.find_first_not_of(kBlank);
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

Result<Verified> verify_api_key(const SourceRequest& request, const SourceSecrets& secrets) {
    constexpr std::string_view kScheme = "bearer ";
    const std::string_view header = request.header("authorization");
    if (request.header_count("authorization") != 1 || header.size() <= kScheme.size() ||
        lower(header.substr(0, kScheme.size())) != kScheme) {
        return fail(ErrorCode::unauthorized,
                    "sign with Standard Webhooks or send one Authorization: Bearer KEY");
    }
    const std::string given = sha256(trimmed(header.substr(kScheme.size())));
    std::size_t match = 0;
    for (std::size_t i = 0; i < secrets.api_keys.size(); ++i) {
        const std::string& key = secrets.api_keys[i];
        const bool same = equal_constant_time(sha256(key), given);
        if (same && key.size() >= kApiKeyBytesMin && match == 0) match = i + 1;
    }
    if (match == 0) return fail(ErrorCode::unauthorized, "API key refused");
    return Verified{"api_key", "", std::to_string(match)};
}

// A signature that is there must hold: no key makes up for a wrong one.
Result<Verified> verify(const SourceRequest& request, const SourceSecrets& secrets, Time now) {
    if (request.method != "POST") return fail(ErrorCode::bad_request, "events come as POST");
    if (!has_webhook_headers(request)) return verify_api_key(request, secrets);
    const auto match = verify_webhook(request, secrets.secrets, now);
    if (!match) return tl::unexpected(match.error());
    return Verified{"signature", "", std::to_string(*match)};
}

// What the events of one request share.
struct Batch {
    const SourceRequest& request;
    std::string connection;
    Time now;
    std::vector<ParsedItem> items;

    // `raw` is for what cannot be used.
    ParsedItem& add(tl::expected<Event, std::string> event, std::string raw) {
        if (event) {
            event->connection = connection;
            event->auth = has_webhook_headers(request) ? "signature" : "api_key";
        }
        ParsedItem& item = items.emplace_back();
        item.event = std::move(event);
        item.raw = std::move(raw);
        return item;
    }

    // The same, with what the answer says beside the verdict.
    void add(tl::expected<Event, std::string> event, std::string raw, const json::Value& value) {
        const bool usable = event.has_value();
        ParsedItem& item = add(std::move(event), std::move(raw));
        (usable ? item.passed_over : item.id) =
            usable ? unlisted_member(value) : id_of_event(value);
    }
};

tl::unexpected<Error> too_many() {
    return fail(ErrorCode::bad_request,
                "at most " + std::to_string(kEventsMax) + " events a request; send several");
}

Result<void> add_lines(Batch& batch) {
    std::string_view rest = batch.request.body;
    const auto ends = static_cast<std::size_t>(std::count(rest.begin(), rest.end(), '\n'));
    const std::size_t lines = ends + (rest.empty() || rest.back() == '\n' ? 0 : 1);
    if (lines > kEventsMax) return too_many();
    batch.items.reserve(lines);
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find('\n'), rest.size());
        const std::string_view line = trimmed(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
        if (line.empty()) continue;
        if (line.size() > kLineBytesMax) {
            batch.add(tl::unexpected(std::string("the line is longer than 1 MiB")),
                      std::string(line));
            continue;
        }
        const auto value = json::parse(line);
        if (!value) {
            batch.add(tl::unexpected(value.error().message), std::string(line));
            continue;
        }
        auto event = read_event(*value, batch.now);
        const bool usable = event.has_value();
        batch.add(std::move(event), usable ? std::string() : std::string(line), *value);
    }
    return {};
}

Result<void> add_list(Batch& batch) {
    const auto root = json::parse(batch.request.body);
    if (!root) return tl::unexpected(root.error());
    const auto list = json::array_of(*root);
    if (!list) return fail(ErrorCode::bad_request, "a CloudEvents batch must be a JSON list");
    if (list->size() > kEventsMax) return too_many();
    for (const json::Value& value : *list) {
        auto event = read_event(value, batch.now);
        const bool usable = event.has_value();
        batch.add(std::move(event), usable ? std::string() : json::minified(value), value);
    }
    return {};
}

// Whether each line that is not blank begins like an object of its own, and there are several.
bool has_several_lines(std::string_view body) {
    std::size_t objects = 0;
    while (!body.empty()) {
        const std::size_t end = std::min(body.find('\n'), body.size());
        const std::string_view line = trimmed(body.substr(0, end));
        body.remove_prefix(std::min(end + 1, body.size()));
        if (line.empty()) continue;
        if (line.front() != '{' || line.back() != '}') return false;
        ++objects;
    }
    return objects > 1;
}

// The value of a ce-* header: percent-decoded once, quotes of a quoted string taken off.
// https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md
tl::expected<std::string, std::string> ce_header(const SourceRequest& request,
                                                 const std::string& name) {
    if (request.header_count(name) > 1) return tl::unexpected(name + ": must stand once");
    std::string_view value = request.header(name);
    std::string unquoted;
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
        value = value.substr(1, value.size() - 2);
        for (std::size_t i = 0; i < value.size(); ++i) {
            if (value[i] == '\\' && i + 1 < value.size()) ++i;
            unquoted.push_back(value[i]);
        }
        value = unquoted;
    }
    auto decoded = percent_decode(value, PlusSign::literal);
    const bool usable = decoded && is_valid_utf8(*decoded) && decoded->size() <= 256 &&
                        std::all_of(decoded->begin(), decoded->end(), [](char c) {
                            return static_cast<unsigned char>(c) >= 0x20 && c != '\x7F';
                        });
    if (!usable) {
        return tl::unexpected(name + ": must be percent-encoded UTF-8 of at most 256 bytes");
    }
    return std::move(*decoded);
}

tl::expected<Event, std::string> binary_event(const Batch& batch, const json::Value& data) {
    EventEnvelope envelope;
    envelope.is_cloud_event = true;
    std::string version;
    std::string type;
    const std::pair<const char*, std::string*> attributes[] = {{"ce-specversion", &version},
                                                               {"ce-id", &envelope.id},
                                                               {"ce-source", &envelope.source},
                                                               {"ce-type", &type},
                                                               {"ce-time", &envelope.time}};
    for (const auto& [name, target] : attributes) {
        auto value = ce_header(batch.request, name);
        if (!value) return tl::unexpected(value.error());
        *target = std::move(*value);
        if (target->empty() && target != &envelope.time) {
            return tl::unexpected(std::string(name) + ": is missing");
        }
    }
    if (version != "1.0") return tl::unexpected(std::string("ce-specversion: must be 1.0"));
    // https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/extensions/distributed-tracing.md
    envelope.traceparent = ce_header(batch.request, "ce-traceparent").value_or("");
    constexpr std::string_view kPrefix = "ce-";
    for (const auto& [header, written] : batch.request.headers) {
        if (!header.starts_with(kPrefix)) continue;
        const std::string name(header);
        envelope.attributes.emplace_back(
            name.substr(kPrefix.size()),
            ce_header(batch.request, name).value_or(std::string(written)));
    }
    return read_event_data(data, envelope, batch.now);
}

// A trace id in the request itself belongs to the one event that it carries.
void add_trace(Batch& batch) {
    if (batch.items.size() != 1 || !batch.items.front().event) return;
    Event& event = *batch.items.front().event;
    const SourceRequest& request = batch.request;
    const std::string_view trace = request.header("traceparent");
    if (event.traceparent.empty() && request.header_count("traceparent") == 1 &&
        is_traceparent(trace)) {
        event.traceparent = trace;
    }
}

Result<std::vector<ParsedItem>> parse(const SourceRequest& request, const SourceSecrets& secrets,
                                      Time now) {
    Batch batch{request, secrets.connection, now, {}};
    const std::string_view written = request.header("content-type");
    const std::string type = media_type(written);
    const BodyShape shape = events_shape(written);
    if (shape != BodyShape::single) {
        const auto done = shape == BodyShape::lines ? add_lines(batch) : add_list(batch);
        if (!done) return tl::unexpected(done.error());
        return std::move(batch.items);
    }
    // Without the header it is taken for JSON; ";charset=utf-8" is a header that names no type.
    if (!written.empty() && type != "application/json" && type != "application/cloudevents+json") {
        return fail(ErrorCode::bad_request,
                    "Content-Type must be application/json, application/x-ndjson, "
                    "application/cloudevents+json or application/cloudevents-batch+json");
    }
    const auto root = json::parse(request.body);
    if (!root) {
        const char* hint = has_several_lines(request.body)
                               ? "; several events go as application/x-ndjson, one per line"
                               : "";
        return fail(root.error().code, root.error().message + hint);
    }
    if (!json::object_of(*root)) {
        return fail(ErrorCode::bad_request,
                    "the body must be one JSON object; several events go as application/x-ndjson, "
                    "one per line");
    }
    const bool is_binary =
        type != "application/cloudevents+json" && request.header_count("ce-specversion") > 0;
    batch.add(is_binary ? binary_event(batch, *root) : read_event(*root, now), {}, *root);
    add_trace(batch);
    return std::move(batch.items);
}

SignedRequest sign(const Sample& sample, const SourceSecrets& secrets) {
    SignedRequest request;
    request.url = sample.url;
    request.body = sample.body;
    const std::string id = sample.id.empty() ? "evt_" + sample.random : sample.id;
    if (request.body.empty()) {
        const bool by_mail = sample.from.find('@') != std::string::npos;
        const std::string from =
            sample.from.empty() ? "+140455501" + sample_digits(sample.random, 2) : sample.from;
        const std::string usual = by_mail ? "email" : "text";
        request.body = "{\"id\":" + json::quoted(id) + ",\"channel\":" +
                       json::quoted(sample.channel.empty() ? usual : sample.channel) +
                       ",\"text\":" + json::quoted(sample.text) + ",\"customer\":{" +
                       (by_mail ? "\"email\":" : "\"phone\":") + json::quoted(from) +
                       "},\"occurred_at\":" + std::to_string(sample.now.time_since_epoch().count());
        if (!sample.to.empty()) request.body += ",\"button\":" + json::quoted(sample.to);
        if (!sample.ref.empty()) request.body += ",\"ref\":" + json::quoted(sample.ref);
        request.body += '}';
    }
    request.headers = {
        {"Content-Type", sample.content_type.empty() ? "application/json" : sample.content_type}};
    if (secrets.secrets.empty() && !secrets.api_keys.empty()) {
        request.headers.emplace_back("Authorization", "Bearer " + secrets.api_keys.front());
        return request;
    }
    const std::string timestamp = std::to_string(
        std::chrono::floor<std::chrono::seconds>(sample.now).time_since_epoch().count());
    const std::string message = "msg_" + sample.random;
    const std::string secret = secrets.secrets.empty() ? "" : secrets.secrets.front();
    request.headers.insert(
        request.headers.end(),
        {{"webhook-id", message},
         {"webhook-timestamp", timestamp},
         {"webhook-signature", webhook_signature(secret, message, timestamp, request.body)}});
    return request;
}

}  // namespace

Source events_source() {
    Source source{"events",
                  "events of the brand's own apps: JSON, NDJSON or CloudEvents",
                  nullptr,
                  verify,
                  parse,
                  nullptr,
                  {200, "application/json", "{}\n"},
                  sign};
    source.proof.scheme = "standard-webhooks";
    return source;
}

}  // namespace tapline
