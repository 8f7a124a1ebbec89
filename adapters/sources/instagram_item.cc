#include "adapters/sources/instagram_item.h"

#include <array>

#include "adapters/crypto.h"
#include "adapters/sources/instagram_referral.h"
#include "adapters/timestamp.h"

namespace tapline::instagram {
namespace {

using json::MaybeValue;
using json::Value;
using Names = std::string_view;
using Problem = tl::unexpected<std::string>;

constexpr std::size_t kAttachmentsMax = 32;

std::string written(const std::optional<Time>& time) {
    return time ? std::to_string(time->time_since_epoch().count()) : std::string();
}

Event contact_of(const Item& item) {
    Event event = event_of(item.entry, item.sender, item.time);
    event.kind = EventKind::contact;
    event.type = "contact.dm";
    event.reply = {"instagram_dm", item.entry.account, item.sender};
    return event;
}

Event recorded_of(const Item& item, std::string type, std::string id) {
    Event event = event_of(item.entry, item.sender, item.time);
    event.kind = EventKind::recorded;
    event.type = std::move(type);
    event.event_id = std::move(id);
    return event;
}

// Unknown types and missing URLs are kept as they come: like_heart has no payload, ephemeral no
// URL.
void add_attachments(const MaybeValue& attachments, Event& event) {
    const auto list = json::array_of(attachments);
    if (!list) return;
    for (const Value& entry : *list) {
        if (event.attachments.size() == kAttachmentsMax) return;
        const auto named = json::members(entry, std::array<Names, 2>{"type", "payload"});
        if (!named) continue;
        Attachment attachment;
        attachment.type = std::string(json::text_of((*named)[0]).value_or("unknown"));
        if ((*named)[1]) {
            const auto payload = json::members(*(*named)[1], std::array<Names, 2>{"url", "title"});
            if (payload) {
                attachment.url = std::string(json::text_of((*payload)[0]).value_or(""));
                attachment.name = std::string(json::text_of((*payload)[1]).value_or(""));
            }
        }
        event.attachments.push_back(std::move(attachment));
    }
}

// {"story":{"id","url"}} for an answer to a story, {"mid"} for one to a message.
void add_reply_to(const MaybeValue& reply_to, Event& event) {
    if (!reply_to) return;
    const auto named = json::members(*reply_to, std::array<Names, 2>{"mid", "story"});
    if (!named) return;
    const auto keep = [&](std::string name, const MaybeValue& value) {
        std::string id = json::id_of(value);
        if (!id.empty()) event.attribution.emplace_back(std::move(name), std::move(id));
    };
    keep("reply_to.mid", (*named)[0]);
    if (!(*named)[1]) return;
    const auto story = json::members(*(*named)[1], std::array<Names, 2>{"id", "url"});
    if (!story) return;
    keep("reply_to.story_id", (*story)[0]);
    keep("reply_to.story_url", (*story)[1]);
}

tl::expected<std::string, std::string> id_in(const Item& item, const MaybeValue& value,
                                             std::string_view where) {
    std::string id = json::id_of(value);
    if (id.empty() || id.size() > kIdBytesMax) {
        return Problem(item.path + std::string(where) + ": must be 1 to 512 bytes of text");
    }
    return id;
}

ItemEvent message_event(const Item& item) {
    enum { mid, text, attachments, reply_to, referral, echo, deleted, self, quick_reply, count };
    const auto named =
        json::members(*item.message,
                      std::array<Names, count>{"mid", "text", "attachments", "reply_to", "referral",
                                               "is_echo", "is_deleted", "is_self", "quick_reply"});
    if (!named) return Problem(item.path + "/message: " + named.error());
    const auto& m = *named;
    auto id = id_in(item, m[mid], "/message/mid");
    if (!id) return Problem(id.error());
    if (json::is_true(m[deleted])) {
        return recorded_of(item, "message.deleted", "deleted:" + *id);
    }
    if (json::is_true(m[echo]) || json::is_true(m[self]) || item.sender == item.entry.account) {
        return recorded_of(item, "message.echo", "echo:" + *id);
    }
    Event event = contact_of(item);
    event.event_id = std::move(*id);
    event.text = std::string(json::text_of(m[text]).value_or(""));
    add_attachments(m[attachments], event);
    add_reply_to(m[reply_to], event);
    add_referral(m[referral], event);
    if (m[quick_reply]) {
        const auto payload = json::members(*m[quick_reply], std::array<Names, 1>{"payload"});
        const std::string value = payload ? json::id_of((*payload)[0]) : std::string();
        if (!value.empty()) event.attribution.emplace_back("quick_reply.payload", value);
    }
    return event;
}

ItemEvent postback_event(const Item& item) {
    enum { mid, title, payload, referral, count };
    const auto named = json::members(
        *item.postback, std::array<Names, count>{"mid", "title", "payload", "referral"});
    if (!named) return Problem(item.path + "/postback: " + named.error());
    const auto& p = *named;
    Event event = contact_of(item);
    event.text = std::string(json::text_of(p[title]).value_or(""));
    const std::string data = json::id_of(p[payload]);
    if (!data.empty()) event.attribution.emplace_back("postback.payload", data);
    add_referral(p[referral], event);
    event.event_id = json::id_of(p[mid]);
    if (event.event_id.empty()) {
        event.event_id = made_id("postback", {item.entry.account, item.sender, written(item.time),
                                              event.text, data, event.ref});
    }
    if (event.event_id.size() > kIdBytesMax) {
        return Problem(item.path + "/postback/mid: must be at most 512 bytes");
    }
    return event;
}

ItemEvent referral_event(const Item& item) {
    Event event = recorded_of(item, "dm.referral", "");
    add_referral(item.referral, event);
    event.event_id =
        made_id("referral", {item.entry.account, item.sender, written(item.time), event.ref});
    return event;
}

ItemEvent reaction_event(const Item& item) {
    const auto named =
        json::members(*item.reaction, std::array<Names, 3>{"mid", "action", "emoji"});
    if (!named) return Problem(item.path + "/reaction: " + named.error());
    const std::string mid = json::id_of((*named)[0]);
    const std::string action = json::id_of((*named)[1]);
    Event event = recorded_of(
        item, "message.reaction",
        made_id("reaction", {item.entry.account, mid, item.sender, action, written(item.time)}));
    event.attribution.emplace_back("reaction.mid", mid);
    event.attribution.emplace_back("reaction.action", action);
    return event;
}

ItemEvent read_event(const Item& item) {
    const auto named = json::members(*item.read, std::array<Names, 2>{"mid", "watermark"});
    if (!named) return Problem(item.path + "/read: " + named.error());
    const std::string mark = json::id_of((*named)[0]) + '/' + json::id_of((*named)[1]);
    return recorded_of(item, "message.read",
                       made_id("read", {item.entry.account, item.sender, mark}));
}

}  // namespace

std::optional<Time> time_of(const MaybeValue& value) {
    if (const auto number = json::integer_of(value)) return time_from_unix(*number);
    if (const auto text = json::text_of(value)) return time_from_text(*text);
    return std::nullopt;
}

std::string made_id(std::string_view kind, std::initializer_list<std::string_view> parts) {
    std::string glued;  // lengths keep the parts apart
    for (const std::string_view part : parts) {
        glued += std::to_string(part.size()) + ':';
        glued += part;
    }
    return std::string(kind) + ':' + sha256_hex(glued).substr(0, 40);
}

Event event_of(const Entry& entry, const std::string& customer, std::optional<Time> time) {
    Event event;
    event.provider = "instagram";
    event.connection = entry.secrets.connection;
    event.account = entry.account;
    event.channel = Channel::dm;
    event.occurred_at = time ? *time : entry.time.value_or(entry.now);
    event.customer.platform_id = customer;
    event.auth = "signature";
    return event;
}

ItemEvent messaging_event(const Item& item) {
    if (item.message) return message_event(item);
    if (item.postback) return postback_event(item);
    if (item.referral) return referral_event(item);
    if (item.reaction) return reaction_event(item);
    if (item.read) return read_event(item);
    // delivery, optin, pass_thread_control and whatever Meta adds.
    return recorded_of(item, "message.other",
                       made_id("other", {item.entry.account, json::minified(item.value)}));
}

ItemEvent standby_event(const Item& item) {
    const bool ours = item.sender == item.entry.account;
    return recorded_of(item, ours ? "standby.echo" : "standby.message",
                       made_id("standby", {item.entry.account, json::minified(item.value)}));
}

}  // namespace tapline::instagram
