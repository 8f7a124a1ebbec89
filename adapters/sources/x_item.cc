#include "adapters/sources/x_item.h"

#include <algorithm>
#include <array>

#include "adapters/crypto.h"
#include "adapters/timestamp.h"

namespace tapline::x {
namespace {

using json::MaybeValue;
using json::Value;
using Names = std::string_view;
using Problem = tl::unexpected<std::string>;

constexpr std::size_t kAttachmentsMax = 32;
constexpr std::size_t kUsersMax = 1000;
constexpr std::array<std::pair<std::string_view, char>, 3> kEscapes = {
    {{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}}};

bool is_id(std::string_view text) {
    return !text.empty() && text.size() <= kIdBytesMax &&
           std::all_of(text.begin(), text.end(), [](char c) {
               return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                      c == '_' || c == ':' || c == '-';
           });
}

void take_person(const Value& value, Customer& customer) {
    const auto named =
        json::members(value, std::array<Names, 4>{"name", "screen_name", "username", "data"});
    if (!named) return;
    const auto& [name, screen_name, username, data] = *named;
    if (data) {
        const auto inner =
            json::members(*data, std::array<Names, 3>{"name", "screen_name", "username"});
        if (!inner) return;
        customer.name = json::text_of((*inner)[0]).value_or("");
        customer.handle = json::text_of((*inner)[(*inner)[1] ? 1 : 2]).value_or("");
        return;
    }
    customer.name = json::text_of(name).value_or("");
    customer.handle = json::text_of(screen_name ? screen_name : username).value_or("");
}

// {"type":"photo","media_url_https":"...","id_str":"..."}
void add_medium(const Value& value, Event& event) {
    if (event.attachments.size() == kAttachmentsMax) return;
    const auto named =
        json::members(value, std::array<Names, 3>{"type", "media_url_https", "media_url"});
    if (!named) return;
    const auto& [type, url, plain_url] = *named;
    Attachment attachment;
    attachment.type = json::text_of(type).value_or("media");
    attachment.url = json::text_of(url ? url : plain_url).value_or("");
    event.attachments.push_back(std::move(attachment));
}

// {"type":"media","media":{...}}; `media` is a list in some, and a place has none.
void add_attachment(const MaybeValue& value, Event& event) {
    if (!value) return;
    const auto named = json::members(*value, std::array<Names, 2>{"type", "media"});
    if (!named) return;
    const auto& [type, media] = *named;
    if (const auto list = json::array_of(media)) {
        for (const Value& one : *list) add_medium(one, event);
    } else if (media) {
        add_medium(*media, event);
    } else {
        event.attachments.push_back({std::string(json::text_of(type).value_or("unknown")), "", ""});
    }
}

void keep(std::string_view name, const MaybeValue& value, Event& event) {
    const std::string text = json::id_of(value);
    if (!text.empty() && text.size() <= 1000) event.attribution.emplace_back(name, text);
}

// Which answer of a menu was tapped, and which welcome message was shown: what a brand can tell its
// links apart by, since X's have no free parameter.
void add_origin(const MaybeValue& quick_reply, const MaybeValue& initiated_via, Event& event) {
    if (initiated_via) {
        const auto named =
            json::members(*initiated_via, std::array<Names, 2>{"welcome_message_id", "tweet_id"});
        if (named) {
            event.ref = id_of((*named)[0]);
            keep("dm.welcome_message_id", (*named)[0], event);
            keep("dm.initiated_by_post", (*named)[1], event);
        }
    }
    if (!quick_reply) return;
    const auto named = json::members(*quick_reply, std::array<Names, 1>{"metadata"});
    if (!named) return;
    keep("quick_reply.metadata", (*named)[0], event);
    const std::string metadata = json::id_of((*named)[0]);
    if (!metadata.empty() && metadata.size() <= 1000) event.ref = metadata;
}

Event dm_contact(const Envelope& envelope, const std::string& id, const std::string& sender,
                 const std::optional<Time>& time) {
    Event event = event_of(envelope, time);
    event.type = "contact.dm";
    event.event_id = id;
    event.replay_key = "dm:" + id;
    event.customer.platform_id = sender;
    add_person(envelope, sender, event.customer);
    event.reply = {"x_dm", envelope.account, sender};
    return event;
}

Event own_message(const Envelope& envelope, const std::string& id,
                  const std::optional<Time>& time) {
    Event event = event_of(envelope, time);
    event.kind = EventKind::recorded;
    event.type = "message.echo";
    event.event_id = "echo:" + id;
    return event;
}

struct Message {
    MaybeValue recipient, data;
    std::string sender;
};
tl::expected<Message, std::string> message_of(const Value& value, const std::string& path) {
    const auto named =
        json::members(value, std::array<Names, 3>{"target", "sender_id", "message_data"});
    if (!named) return Problem(path + ": " + named.error());
    Message message;
    message.sender = id_of((*named)[1]);
    message.data = (*named)[2];
    if (message.sender.empty()) return Problem(path + "/sender_id: must be an id");
    if ((*named)[0]) {
        const auto target = json::members(*(*named)[0], std::array<Names, 1>{"recipient_id"});
        if (!target) return Problem(path + "/target: " + target.error());
        message.recipient = (*target)[0];
    }
    return message;
}

// "<a>:<b>" without `sender`: the account of a chat whose envelope does not tell it.
std::string other_end(std::string_view conversation, std::string_view sender) {
    const std::size_t colon = conversation.find(':');
    if (colon == std::string_view::npos) return {};
    const std::string_view first = conversation.substr(0, colon);
    const std::string_view second = conversation.substr(colon + 1);
    return std::string(first == sender ? second : first);
}

}  // namespace

std::string id_of(const MaybeValue& value) {
    std::string id = json::id_of(value);
    return is_id(id) ? id : std::string();
}

std::optional<Time> time_of(const MaybeValue& value) {
    if (const auto number = json::integer_of(value)) return time_from_unix(*number);
    const auto text = json::text_of(value);
    if (!text) return std::nullopt;
    // "Wed Feb 05 08:39:31 +0000 2020" has the parts of RFC 2822 in another order.
    if (text->size() == 30 && (*text)[3] == ' ') {
        const auto part = [&](std::size_t at, std::size_t size) {
            return std::string(text->substr(at, size));
        };
        return time_from_rfc2822(part(8, 2) + ' ' + part(4, 3) + ' ' + part(26, 4) + ' ' +
                                 part(11, 8) + ' ' + part(20, 5));
    }
    return time_from_text(*text);
}

Event event_of(const Envelope& envelope, const std::optional<Time>& time) {
    Event event;
    event.provider = "x";
    event.connection = envelope.secrets.connection;
    event.account = envelope.account;
    event.channel = Channel::dm;
    event.occurred_at = time.value_or(envelope.now);
    event.auth = "signature";
    return event;
}

Event recorded(const Envelope& envelope, std::string type, const Value& value) {
    enum { created, stamp, date, count };
    std::optional<Time> time;
    const auto named = json::members(
        value, std::array<Names, count>{"created_timestamp", "timestamp_ms", "date_time"});
    if (named) {
        for (const MaybeValue& written : *named) time = time ? time : time_of(written);
    }
    Event event = event_of(envelope, time);
    event.kind = EventKind::recorded;
    event.event_id = type + ':' +
                     (envelope.event_uuid.empty() ? sha256_hex(json::minified(value)).substr(0, 40)
                                                  : envelope.event_uuid);
    event.type = std::move(type);
    return event;
}

ItemEvent dm_event(const Envelope& envelope, const Value& value, const std::string& path) {
    enum { type, id, created, message_create, initiated_via, count };
    const auto named =
        json::members(value, std::array<Names, count>{"type", "id", "created_timestamp",
                                                      "message_create", "initiated_via"});
    if (!named) return Problem(path + ": " + named.error());
    const auto& n = *named;
    if (!n[message_create]) return recorded(envelope, "message.other", value);
    const std::string message_id = id_of(n[id]);
    if (message_id.empty()) return Problem(path + "/id: must be an id");
    const auto message = message_of(*n[message_create], path + "/message_create");
    if (!message) return Problem(message.error());
    Envelope known = envelope;
    if (known.account.empty()) known.account = id_of(message->recipient);
    const auto time = time_of(n[created]);
    if (message->sender == known.account) return own_message(known, message_id, time);

    Event event = dm_contact(known, message_id, message->sender, time);
    if (!message->data) return event;
    const auto data = json::members(
        *message->data, std::array<Names, 3>{"text", "attachment", "quick_reply_response"});
    if (!data) return Problem(path + "/message_create/message_data: " + data.error());
    event.text = unescaped(json::text_of((*data)[0]).value_or(""));
    add_attachment((*data)[1], event);
    add_origin((*data)[2], n[initiated_via], event);
    return event;
}

ItemEvent chat_event(const Envelope& envelope, const Value& value, const std::string& path) {
    enum { id, conversation, sender_id, created, count };
    const auto named = json::members(
        value, std::array<Names, count>{"id", "conversation_id", "sender_id", "created_at_msec"});
    if (!named) return Problem(path + ": " + named.error());
    const auto& n = *named;
    const std::string sender = id_of(n[sender_id]);
    if (sender.empty()) return Problem(path + "/sender_id: must be an id");
    std::string message_id = id_of(n[id]);
    if (message_id.empty()) message_id = envelope.event_uuid;
    if (message_id.empty()) return Problem(path + "/id: must be an id");
    Envelope known = envelope;
    const std::string thread = id_of(n[conversation]);
    if (known.account.empty()) known.account = other_end(thread, sender);
    if (sender == known.account) return own_message(known, message_id, time_of(n[created]));
    Event event = dm_contact(known, message_id, sender, time_of(n[created]));
    event.reply.how = "x_chat";
    event.attribution.emplace_back("chat.encrypted", "true");
    if (!thread.empty()) event.attribution.emplace_back("chat.conversation", thread);
    return event;
}

void add_person(const Envelope& envelope, const std::string& id, Customer& customer) {
    if (const auto map = json::object_of(envelope.users)) {
        std::size_t seen = 0;
        for (const auto& [key, value] : *map) {
            if (++seen > kUsersMax) return;
            if (key == id) return take_person(value, customer);
        }
        return;
    }
    const auto list = json::array_of(envelope.users);
    if (!list) return;
    std::size_t seen = 0;
    for (const Value& value : *list) {
        if (++seen > kUsersMax) return;
        const auto named = json::members(value, std::array<Names, 2>{"id", "data"});
        if (!named) continue;
        MaybeValue own = (*named)[0];
        if ((*named)[1]) {
            const auto inner = json::members(*(*named)[1], std::array<Names, 1>{"id"});
            if (inner) own = (*inner)[0];
        }
        if (id_of(own) == id) return take_person(value, customer);
    }
}

std::string escaped(std::string_view text) {
    std::string written;
    written.reserve(text.size());
    for (const char c : text) {
        const auto found = std::find_if(kEscapes.begin(), kEscapes.end(),
                                        [&](const auto& escape) { return escape.second == c; });
        if (found == kEscapes.end()) {
            written += c;
        } else {
            written += found->first;
        }
    }
    return written;
}

std::string unescaped(std::string_view text) {
    std::string plain;
    plain.reserve(text.size());
    while (!text.empty()) {
        const auto found = std::find_if(kEscapes.begin(), kEscapes.end(), [&](const auto& escape) {
            return text.starts_with(escape.first);
        });
        plain += found == kEscapes.end() ? text.front() : found->second;
        text.remove_prefix(found == kEscapes.end() ? 1 : found->first.size());
    }
    return plain;
}

}  // namespace tapline::x
