// Instagram messaging: direct messages, postbacks and ig.me referrals of professional accounts.
//
// https://developers.facebook.com/docs/messenger-platform/instagram/features/webhook
// Secrets: the app secret of the Meta app; verify_token for the handshake.
//
//     {"object":"instagram","entry":[{"id":"17841400000000001","time":1755779283123,"messaging":[
//       {"sender":{"id":"601"},"recipient":{"id":"17841400000000001"},"timestamp":1755779282001,
//        "message":{"mid":"m_a","text":"Is it in stock?"}}]}]}
//
// Meta sends up to 1000 items in one request of several accounts: entry[] times messaging[],
// standby[] or changes[]; with Business Login `field` and `value` stand in the entry itself. Each
// item becomes one event; one that cannot be read leaves the others alone. The account is entry.id:
// `object` may say "page" for accounts that are connected through Facebook Login.
#include <array>
#include <string>
#include <vector>

#include "adapters/json.h"
#include "adapters/sources/instagram_item.h"
#include "adapters/sources/meta.h"
#include "adapters/sources/table.h"

namespace tapline {
namespace {

using instagram::Entry;
using instagram::Item;
using instagram::ItemEvent;
using instagram::kIdBytesMax;
using json::MaybeValue;
using json::Value;
using Names = std::string_view;
using Problem = tl::unexpected<std::string>;

constexpr std::string_view kDashboardTestAccount = "0";
constexpr std::size_t kItemsMax = 2000;

enum class Lane { messaging, standby };

ItemEvent item_event(const Entry& entry, const Value& value, std::string path, Lane lane) {
    enum { sender, timestamp, message, postback, referral, reaction, read, count };
    const auto named =
        json::members(value, std::array<Names, count>{"sender", "timestamp", "message", "postback",
                                                      "referral", "reaction", "read"});
    if (!named) return Problem(path + ": " + named.error());
    const auto& n = *named;
    if (!n[sender]) return Problem(path + "/sender: is missing");
    const auto person = json::members(*n[sender], std::array<Names, 2>{"id", "user_ref"});
    if (!person) return Problem(path + "/sender: " + person.error());
    std::string id = json::id_of((*person)[(*person)[0] ? 0 : 1]);
    if (id.empty() || id.size() > kIdBytesMax) {
        return Problem(path + "/sender/id: must be 1 to 512 bytes of text");
    }
    const Item item{entry,         std::move(path),
                    std::move(id), instagram::time_of(n[timestamp]),
                    n[message],    n[postback],
                    n[referral],   n[reaction],
                    n[read],       value};
    return lane == Lane::standby ? instagram::standby_event(item)
                                 : instagram::messaging_event(item);
}

// Comments and mentions: public posts, recorded.
ItemEvent post_event(const Entry& entry, std::string_view field, const Value& value,
                     const std::string& path) {
    enum { id, text, from, comment_id, media_id, count };
    const auto named = json::members(
        value, std::array<Names, count>{"id", "text", "from", "comment_id", "media_id"});
    if (!named) return Problem(path + "/value: " + named.error());
    const auto& n = *named;
    Event event = instagram::event_of(entry, "", std::nullopt);
    event.kind = EventKind::recorded;
    event.channel = Channel::post;
    event.is_public = true;
    event.type = field == "comments"        ? "post.comment"
                 : field == "live_comments" ? "post.live_comment"
                 : field == "mentions"      ? "post.mention"
                                            : "change.other";
    if (event.type == "change.other") event.attribution.emplace_back("change.field", field);
    event.text = std::string(json::text_of(n[text]).value_or(""));
    if (n[from]) {
        const auto person = json::members(*n[from], std::array<Names, 2>{"id", "username"});
        if (!person) return Problem(path + "/value/from: " + person.error());
        event.customer.platform_id = json::id_of((*person)[0]);
        event.customer.handle = json::id_of((*person)[1]);
    }
    const std::string own = json::id_of(n[id]);
    event.event_id =
        own.empty() ? instagram::made_id("change", {entry.account, field, json::minified(value)})
                    : instagram::made_id("change", {entry.account, field, own});
    return event;
}

ItemEvent change_event(const Entry& entry, const Value& change, const std::string& path) {
    const auto named = json::members(change, std::array<Names, 2>{"field", "value"});
    if (!named) return Problem(path + ": " + named.error());
    const auto field = json::text_of((*named)[0]);
    const MaybeValue& value = (*named)[1];
    if (!field) return Problem(path + "/field: must be text");
    if (!value) return Problem(path + "/value: is missing");
    if (field->starts_with("messag")) {  // messages, messaging_postbacks, message_reactions, ...
        return item_event(entry, *value, path + "/value", Lane::messaging);
    }
    if (*field == "standby") return item_event(entry, *value, path + "/value", Lane::standby);
    return post_event(entry, *field, *value, path);
}

struct Items {
    std::vector<ParsedItem> parsed;
    std::vector<Value> values;  // where each was read from
};

void add_entry(const Value& value, std::size_t index, const SourceSecrets& secrets, Time now,
               Items& items) {
    enum { id, time, messaging, standby, changes, field, count };
    std::string path = "/entry/" + std::to_string(index);
    const auto add = [&](const Value& item, ItemEvent event) {
        items.parsed.push_back({std::move(event), {}});
        items.values.push_back(item);
    };
    const auto named = json::members(
        value, std::array<Names, count>{"id", "time", "messaging", "standby", "changes", "field"});
    if (!named) return add(value, Problem(path + ": " + named.error()));
    const auto& n = *named;
    const Entry entry{json::id_of(n[id]), instagram::time_of(n[time]), secrets, now};
    if (entry.account == kDashboardTestAccount) return;
    if (entry.account.empty() || entry.account.size() > kIdBytesMax) {
        return add(value, Problem(path + "/id: must be 1 to 512 bytes of text"));
    }
    const auto each = [&](const MaybeValue& list, std::string_view name, auto&& read) {
        const auto array = json::array_of(list);
        if (list && !array)
            return add(value, Problem(path + '/' + std::string(name) + ": must be a list"));
        std::size_t at = 0;
        if (!array) return;
        for (const Value& element : *array) {
            if (items.parsed.size() > kItemsMax) return;
            add(element,
                read(element, path + '/' + std::string(name) + '/' + std::to_string(at++)));
        }
    };
    each(n[messaging], "messaging", [&](const Value& item, std::string where) {
        return item_event(entry, item, std::move(where), Lane::messaging);
    });
    each(n[standby], "standby", [&](const Value& item, std::string where) {
        return item_event(entry, item, std::move(where), Lane::standby);
    });
    each(n[changes], "changes", [&](const Value& change, const std::string& where) {
        return change_event(entry, change, where);
    });
    if (n[field]) add(value, change_event(entry, value, path));
}

Result<std::vector<ParsedItem>> parse(const SourceRequest& request, const SourceSecrets& secrets,
                                      Time now) {
    const auto root = json::parse(request.body);
    if (!root) return tl::unexpected(root.error());
    const auto named = json::members(*root, std::array<Names, 3>{"object", "entry", "field"});
    if (!named) return fail(ErrorCode::bad_request, "the body " + named.error());
    const auto& [object, entry, field] = *named;
    Items items;
    // The dashboard's "Test" button sends {"field","value"} without an entry: signed, and nobody's.
    if (!entry && field) return items.parsed;
    const auto kind = json::text_of(object);
    if (kind && *kind != "instagram" && *kind != "page") {
        return fail(ErrorCode::bad_request, "/object: must be \"instagram\" or \"page\"");
    }
    const auto entries = json::array_of(entry);
    if (!entries) return fail(ErrorCode::bad_request, "/entry: must be a list");
    std::size_t index = 0;
    for (const Value& value : *entries) {
        add_entry(value, index++, secrets, now, items);
        if (items.parsed.size() > kItemsMax) {
            return fail(ErrorCode::bad_request,
                        "more than " + std::to_string(kItemsMax) + " items in one request");
        }
    }
    if (items.parsed.size() > 1) {  // the bytes of a single one are the body
        for (std::size_t i = 0; i < items.parsed.size(); ++i) {
            items.parsed[i].raw = json::minified(items.values[i]);
        }
    }
    return std::move(items.parsed);
}

SignedRequest sign(const Sample& sample, const SourceSecrets& secrets) {
    SignedRequest request;
    request.url = sample.url;
    request.body = sample.body;
    if (request.body.empty()) {
        const std::string account = sample.to.empty() ? "17841400000000001" : sample.to;
        const std::string mid = sample.id.empty() ? "m_" + sample.random : sample.id;
        const std::string from =
            sample.from.empty() ? "60" + sample_digits(sample.random, 14) : sample.from;
        const std::string ms = std::to_string(sample.now.time_since_epoch().count());
        const std::string referral =
            sample.ref.empty() ? ""
                               : ",\"referral\":{\"ref\":" + json::quoted(sample.ref) +
                                     ",\"source\":\"SHORTLINKS\",\"type\":\"OPEN_THREAD\"}";
        request.body = "{\"object\":\"instagram\",\"entry\":[{\"time\":" + ms +
                       ",\"id\":" + json::quoted(account) +
                       ",\"messaging\":[{\"sender\":{\"id\":" + json::quoted(from) +
                       "},\"recipient\":{\"id\":" + json::quoted(account) +
                       "},\"timestamp\":" + ms + ",\"message\":{\"mid\":" + json::quoted(mid) +
                       ",\"text\":" + json::quoted(sample.text) + referral + "}}]}]}";
    }
    const std::string secret = secrets.secrets.empty() ? "" : secrets.secrets.front();
    request.headers = {{"Content-Type", "application/json"},
                       {"X-Hub-Signature-256", meta_signature(secret, request.body)}};
    return request;
}

}  // namespace

Source instagram_source() {
    return {"instagram",
            "Instagram direct messages, postbacks and ig.me referrals",
            meta_challenge,
            meta_verify,
            parse,
            nullptr,
            {200, "text/plain; charset=utf-8", "EVENT_RECEIVED"},
            sign};
}

}  // namespace tapline
