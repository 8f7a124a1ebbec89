// Live-chat tools: POST /hooks/{connection}, one message a request, signed with Standard Webhooks.
//
//     {"conversation": "c-8841", "id": "m-1", "from": "customer", "text": "Is it in stock?",
//      "customer": {"id": "u-77", "name": "J. Doe", "email": "jane@acme.example"},
//      "page": {"url": "https://www.acme.example/plans?utm_source=ig", "title": "Plans"},
//      "occurred_at": "2026-03-09T12:30:00Z"}
//
// The format is ours: chat tools have no common one, and each can post JSON of a template.
// `conversation`, `id` and `from` are its own; the members that it shares with the events API
// (event_schema.h) mean the same there, and members that nobody knows are ignored.
// docs/chat.schema.json is the same for machines, docs/sources/chat.md for people.
//
// A customer's message is a contact, and all those of one conversation are one journey
// (Event::thread). What agents and the tool itself say is recorded, without its text. The ids are
// signed with the rest, so a replay is the same event.
#include <algorithm>
#include <array>
#include <string>

#include "adapters/click.h"
#include "adapters/form.h"
#include "adapters/json.h"
#include "adapters/link.h"
#include "adapters/sources/event_schema.h"
#include "adapters/sources/table.h"
#include "adapters/standard_webhooks.h"
#include "adapters/utf8.h"

namespace tapline {
namespace {

using json::MaybeValue;

constexpr std::size_t kIdBytesMax = 128;
constexpr std::size_t kAccountBytesMax = 256;
constexpr std::size_t kUrlBytesMax = 2048;
constexpr std::size_t kTitleBytesMax = 512;
// The id of an event is at most 256 bytes; a conversation's id may grow threefold by its escapes.
constexpr std::size_t kEventIdBytesMax = 256;

// Gathers what is wrong with the members that only a chat has.
struct Faults {
    std::string text;

    void add(std::string_view path, std::string_view must, const MaybeValue& got) {
        if (!text.empty()) text += "; ";
        text.append(path).append(": ").append(must);
        if (got) text += "; got " + json::describe(*got);
    }
};

// Visible text or white space between words: what may be part of an id.
bool is_clean(std::string_view text) {
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != '\x7F'; });
}

// Chat tools number conversations and messages as often as they name them.
std::string read_id(const MaybeValue& value, std::string_view path, Faults& faults) {
    std::string id = json::id_of(value);
    if (!id.empty() && id.size() <= kIdBytesMax && is_clean(id)) return id;
    faults.add(path, "must be 1 to 128 bytes of text without control characters, or an integer",
               value);
    return {};
}

std::string optional_text(const MaybeValue& value, std::string_view path, std::size_t bytes_max,
                          Faults& faults) {
    if (!value) return {};
    const auto text = json::text_of(value);
    if (text && text->size() <= bytes_max && is_clean(*text)) return std::string(*text);
    faults.add(path,
               "must be text of at most " + std::to_string(bytes_max) +
                   " bytes without control characters",
               value);
    return {};
}

// A page is told for marketing's sake: one that is too long or odd is cut, never a reason to lose
// the message.
void add_page(const MaybeValue& page, Event& event, Faults& faults) {
    if (!page) return;
    enum { url, title, referrer, count };
    const auto named =
        json::members(*page, std::array<std::string_view, count>{"url", "title", "referrer"});
    if (!named) return faults.add("/page", named.error(), std::nullopt);
    const auto add = [&](std::string_view name, const MaybeValue& value, std::size_t bytes_max) {
        const auto text = json::text_of(value);
        if (!text || text->empty()) return;
        event.attribution.emplace_back(name, utf8_prefix(*text, bytes_max));
    };
    add("page.url", (*named)[url], kUrlBytesMax);
    add("page.title", (*named)[title], kTitleBytesMax);
    add("page.referrer", (*named)[referrer], kUrlBytesMax);
    const std::string_view address = json::text_of((*named)[url]).value_or("");
    for (auto& [name, value] : click_fields_of_url(address)) {
        if (find_field(event.attribution, name) == nullptr) {
            event.attribution.emplace_back(std::move(name), std::move(value));
        }
    }
    const std::size_t query = address.find('?');
    if (event.ref.empty() && query != std::string_view::npos) {
        event.ref = link_ref(address.substr(query + 1, address.find('#') - query - 1));
    }
}

enum class Speaker { customer, agent, system };

Speaker read_speaker(const MaybeValue& value, Faults& faults) {
    const auto from = json::text_of(value);
    if (from == "customer") return Speaker::customer;
    if (from == "agent") return Speaker::agent;
    if (from == "system") return Speaker::system;
    faults.add("/from", "must be one of customer, agent, system", value);
    return Speaker::customer;
}

// Unique whatever stands in the two: "/" in the first is "%2F".
std::string message_id(const std::string& conversation, const std::string& message) {
    return percent_encode(conversation) + '/' + message;
}

// What nobody asks for: kept without words, and without a ref that would lead others' messages.
void make_fact(Speaker speaker, Event& event) {
    event.kind = EventKind::recorded;
    event.type = speaker == Speaker::agent ? "chat.agent" : "chat.system";
    event.text.clear();
    event.subject.clear();
    event.attachments.clear();
    event.ref.clear();
}

tl::expected<Event, std::string> read_message(const json::Value& value,
                                              const SourceSecrets& secrets, Time now) {
    enum { conversation, id, from, account, page, count };
    const auto named = json::members(value, std::array<std::string_view, count>{
                                                "conversation", "id", "from", "account", "page"});
    if (!named) return tl::unexpected("the message " + named.error());
    const auto& n = *named;
    Faults faults;
    const std::string thread = read_id(n[conversation], "/conversation", faults);
    const std::string message = read_id(n[id], "/id", faults);
    const Speaker speaker = read_speaker(n[from], faults);
    const std::string at = optional_text(n[account], "/account", kAccountBytesMax, faults);
    const std::string event_id = message_id(thread, message);
    if (faults.text.empty() && event_id.size() > kEventIdBytesMax) {
        faults.add("/conversation", "must be shorter together with /id", std::nullopt);
    }
    EventEnvelope envelope;
    envelope.id = event_id;
    envelope.source = at;
    envelope.channel = Channel::chat;
    auto event = read_event_data(value, envelope, now);
    if (!event) {
        if (!faults.text.empty()) faults.text += "; ";
        return tl::unexpected(faults.text + event.error());
    }
    add_page(n[page], *event, faults);
    if (!faults.text.empty()) return tl::unexpected(faults.text);
    event->provider = "chat";
    event->connection = secrets.connection;
    event->thread = thread;
    event->reply = {"chat", at, thread};
    event->auth = "signature";
    // Tools send a message again when it was edited; the first one stands.
    event->body_hash.clear();
    if (speaker != Speaker::customer) make_fact(speaker, *event);
    return std::move(*event);
}

Result<Verified> verify(const SourceRequest& request, const SourceSecrets& secrets, Time now) {
    if (request.method != "POST") return fail(ErrorCode::bad_request, "chats come as POST");
    const auto match = verify_webhook(request, secrets.secrets, now);
    if (!match) return tl::unexpected(match.error());
    return Verified{"signature", "", std::to_string(*match)};
}

Result<std::vector<ParsedItem>> parse(const SourceRequest& request, const SourceSecrets& secrets,
                                      Time now) {
    const std::string type = media_type(request.header("content-type"));
    if (!type.empty() && type != "application/json") {
        return fail(ErrorCode::bad_request, "Content-Type must be application/json");
    }
    const auto root = json::parse(request.body);
    if (!root) return tl::unexpected(root.error());
    if (!json::object_of(*root)) {
        return fail(ErrorCode::bad_request, "the body must be one JSON object: one message");
    }
    std::vector<ParsedItem> items;
    items.push_back({read_message(*root, secrets, now), {}});
    return items;
}

SignedRequest sign(const Sample& sample, const SourceSecrets& secrets) {
    SignedRequest request;
    request.url = sample.url;
    request.body = sample.body;
    const std::string random = sample.random.substr(0, 12);
    if (request.body.empty()) {
        const std::string id = sample.id.empty() ? "m-" + random : sample.id;
        request.body = "{\"conversation\":" + json::quoted("c-" + random) +
                       ",\"id\":" + json::quoted(id) +
                       ",\"from\":\"customer\",\"text\":" + json::quoted(sample.text) +
                       ",\"customer\":{\"id\":" +
                       json::quoted(sample.from.empty() ? "u-" + random : sample.from) +
                       "},\"occurred_at\":" + std::to_string(sample.now.time_since_epoch().count());
        if (!sample.to.empty()) request.body += ",\"account\":" + json::quoted(sample.to);
        if (!sample.ref.empty()) request.body += ",\"ref\":" + json::quoted(sample.ref);
        request.body += '}';
    }
    const std::string timestamp = std::to_string(
        std::chrono::floor<std::chrono::seconds>(sample.now).time_since_epoch().count());
    const std::string message = "msg_" + sample.random;
    const std::string secret = secrets.secrets.empty() ? "" : secrets.secrets.front();
    request.headers = {
        {"Content-Type", "application/json"},
        {"webhook-id", message},
        {"webhook-timestamp", timestamp},
        {"webhook-signature", webhook_signature(secret, message, timestamp, request.body)}};
    return request;
}

}  // namespace

Source chat_source() {
    Source source{"chat",
                  "live-chat tools: signed JSON, one message each",
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
