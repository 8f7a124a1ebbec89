#include "adapters/sources/meta_message.h"

#include <array>

#include "adapters/sources/meta_fields.h"

namespace tapline::meta {
namespace {

using json::MaybeValue;
using json::Value;
using Names = std::string_view;
using Problem = tl::unexpected<std::string>;

constexpr std::size_t kAttachmentsMax = 32;

std::string written(const std::optional<Time>& time) {
    return time ? std::to_string(time->time_since_epoch().count()) : std::string();
}

Event contact_from(const Item& item) {
    Event event = contact_of(item.entry, item.sender, item.time);
    if (item.is_user_ref) event.reply.how += "_user_ref";
    return event;
}

Event recorded_from(const Item& item, std::string type, std::string id) {
    Event event = recorded_of(item.entry, item.time, std::move(type), std::move(id));
    event.customer.platform_id = item.sender;
    return event;
}

// {"lat":48.1,"long":11.6} as "geo:48.1,11.6" (RFC 5870).
std::string geo_uri(const MaybeValue& coordinates) {
    if (!coordinates) return {};
    const auto named = json::members(*coordinates, std::array<Names, 2>{"lat", "long"});
    if (!named || !(*named)[0] || !(*named)[1]) return {};
    return "geo:" + json::scalar_of(*(*named)[0]) + ',' + json::scalar_of(*(*named)[1]);
}

void read_payload(const Value& payload, Attachment& attachment, Event& event) {
    enum { url, title, coordinates, sticker, count };
    const auto named = json::members(
        payload, std::array<Names, count>{"url", "title", "coordinates", "sticker_id"});
    if (!named) return;
    const auto& p = *named;
    attachment.url = geo_uri(p[coordinates]);
    if (attachment.url.empty()) attachment.url = std::string(json::text_of(p[url]).value_or(""));
    attachment.name = std::string(json::text_of(p[title]).value_or(""));
    add_field("message.sticker_id", p[sticker], event);
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
        if ((*named)[1]) read_payload(*(*named)[1], attachment, event);
        event.attachments.push_back(std::move(attachment));
    }
}

// {"story":{"id","url"}} for an answer to a story, {"mid"} for one to a message.
void add_reply_to(const MaybeValue& reply_to, Event& event) {
    if (!reply_to) return;
    const auto named = json::members(*reply_to, std::array<Names, 2>{"mid", "story"});
    if (!named) return;
    add_field("reply_to.mid", (*named)[0], event);
    if (!(*named)[1]) return;
    const auto story = json::members(*(*named)[1], std::array<Names, 2>{"id", "url"});
    if (!story) return;
    add_field("reply_to.story_id", (*story)[0], event);
    add_field("reply_to.story_url", (*story)[1], event);
}

void add_payload(const std::string& name, const MaybeValue& holder, Event& event) {
    if (!holder) return;
    const auto named = json::members(*holder, std::array<Names, 1>{"payload"});
    if (named) add_field(name, (*named)[0], event);
}

ItemEvent text_event(const Item& item) {
    enum {
        mid,
        text,
        attachments,
        reply_to,
        referral,
        echo,
        deleted,
        self,
        unsupported,
        quick_reply,
        count
    };
    const auto named = json::members(
        *item.message,
        std::array<Names, count>{"mid", "text", "attachments", "reply_to", "referral", "is_echo",
                                 "is_deleted", "is_self", "is_unsupported", "quick_reply"});
    if (!named) return Problem(item.path + "/message: " + named.error());
    const auto& m = *named;
    std::string id = json::id_of(m[mid]);
    if (!is_id(id)) return id_mistake(item.path + "/message/mid");
    if (json::is_true(m[deleted])) return recorded_from(item, "message.deleted", "deleted:" + id);
    const bool ours = json::is_true(m[echo]) || json::is_true(m[self]);
    if (ours || item.sender == item.entry.account) {
        return recorded_from(item, "message.echo", "echo:" + id);
    }
    Event event = contact_from(item);
    event.event_id = std::move(id);
    event.text = std::string(json::text_of(m[text]).value_or(""));
    add_attachments(m[attachments], event);
    add_reply_to(m[reply_to], event);
    add_referral(m[referral], event);
    add_payload("quick_reply.payload", m[quick_reply], event);
    if (json::is_true(m[unsupported])) add_field("message.unsupported", "true", event);
    return event;
}

ItemEvent postback_event(const Item& item) {
    enum { mid, title, payload, referral, count };
    const auto named = json::members(
        *item.postback, std::array<Names, count>{"mid", "title", "payload", "referral"});
    if (!named) return Problem(item.path + "/postback: " + named.error());
    const auto& p = *named;
    Event event = contact_from(item);
    event.text = std::string(json::text_of(p[title]).value_or(""));
    const std::string data = json::id_of(p[payload]);
    add_field("postback.payload", data, event);
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

// A referral alone, or an opt-in, which carries a `ref` of the brand's own page as well.
ItemEvent opening_event(const Item& item, std::string_view kind, const MaybeValue& what) {
    Event event = recorded_from(item, "dm." + std::string(kind), "");
    add_referral(what, event);
    event.event_id =
        made_id(kind, {item.entry.account, item.sender, written(item.time), event.ref});
    return event;
}

ItemEvent reaction_event(const Item& item) {
    const auto named =
        json::members(*item.reaction, std::array<Names, 3>{"mid", "action", "emoji"});
    if (!named) return Problem(item.path + "/reaction: " + named.error());
    const std::string mid = json::id_of((*named)[0]);
    const std::string action = json::id_of((*named)[1]);
    Event event = recorded_from(
        item, "message.reaction",
        made_id("reaction", {item.entry.account, mid, item.sender, action, written(item.time)}));
    add_field("reaction.mid", mid, event);
    add_field("reaction.action", action, event);
    return event;
}

// {"mid"} on Instagram; {"watermark"} on Messenger: everything up to that moment. A receipt of
// delivery may list {"mids"} as well, but need not.
ItemEvent receipt_event(const Item& item, std::string_view kind, const MaybeValue& receipt) {
    enum { mid, watermark, mids, count };
    const auto named =
        json::members(*receipt, std::array<Names, count>{"mid", "watermark", "mids"});
    if (!named) return Problem(item.path + '/' + std::string(kind) + ": " + named.error());
    const auto& r = *named;
    const std::string mark = json::id_of(r[mid]) + '/' + json::id_of(r[watermark]) + '/' +
                             (r[mids] ? json::minified(*r[mids]) : std::string());
    return recorded_from(item, kind == "read" ? "message.read" : "message.delivered",
                         made_id(kind, {item.entry.account, item.sender, mark}));
}

}  // namespace

tl::expected<Item, std::string> read_item(const Entry& entry, const Value& value,
                                          const std::string& path) {
    enum { sender, timestamp, message, postback, referral, reaction, read, delivery, optin, count };
    const auto named = json::members(
        value, std::array<Names, count>{"sender", "timestamp", "message", "postback", "referral",
                                        "reaction", "read", "delivery", "optin"});
    if (!named) return Problem(path + ": " + named.error());
    const auto& n = *named;
    // The checkbox plugin's opt-in comes before Messenger knows who it is.
    const MaybeValue& holder = n[sender] ? n[sender] : n[optin];
    const std::string where = path + (n[sender] ? "/sender" : "/optin");
    if (!holder) return Problem(path + "/sender: is missing");
    const auto person = json::members(*holder, std::array<Names, 2>{"id", "user_ref"});
    if (!person) return Problem(where + ": " + person.error());
    const bool is_user_ref = !(*person)[0];
    std::string id = json::id_of((*person)[is_user_ref ? 1 : 0]);
    if (!is_id(id)) return Problem(where + "/id: must be 1 to 512 bytes of text");
    return Item{entry,       path,        std::move(id), is_user_ref, time_of(n[timestamp]),
                n[message],  n[postback], n[referral],   n[reaction], n[read],
                n[delivery], n[optin],    value};
}

ItemEvent message_event(const Item& item) {
    if (item.message) return text_event(item);
    if (item.postback) return postback_event(item);
    if (item.referral) return opening_event(item, "referral", item.referral);
    if (item.reaction) return reaction_event(item);
    if (item.read) return receipt_event(item, "read", item.read);
    if (item.delivery) return receipt_event(item, "delivery", item.delivery);
    if (item.optin) return opening_event(item, "optin", item.optin);
    // pass_thread_control, message_edit and whatever Meta adds.
    return recorded_from(item, "message.other",
                         made_id("other", {item.entry.account, json::minified(item.value)}));
}

ItemEvent standby_event(const Item& item) {
    const bool ours = item.sender == item.entry.account;
    return recorded_from(item, ours ? "standby.echo" : "standby.message",
                         made_id("standby", {item.entry.account, json::minified(item.value)}));
}

}  // namespace tapline::meta
