// Messenger: messages, postbacks, m.me referrals and opt-ins of Facebook pages, and what visitors
// write in public on the page.
//
// https://developers.facebook.com/docs/messenger-platform/webhooks
// https://developers.facebook.com/docs/graph-api/webhooks/reference/page
// Secrets: the app secret of the Meta app; verify_token for the handshake.
//
// Messages are as meta_messaging.h tells, of the page entry.id, from a page-scoped id (PSID), or
// from a `user_ref` where the checkbox plugin brought somebody whom Messenger does not know yet.
// The page's own feed and its mentions:
//
//     {"object":"page","entry":[{"id":"1048","time":1755779280,"changes":[
//       {"field":"feed","value":{"item":"comment","verb":"add","comment_id":"1048_7_9",
//        "post_id":"1048_7","from":{"id":"601","name":"Jane"},"message":"how much is it?",
//        "created_time":1755779279,"post":{"permalink_url":"https://www.facebook.com/1048/posts/7"}}}]}]}
//
// A comment or post that a visitor adds, and a mention, are contacts of channel `post`; what the
// page wrote, edits, removals, likes and the rest are recorded.
#include <algorithm>
#include <array>
#include <string>

#include "adapters/sources/meta.h"
#include "adapters/sources/meta_fields.h"
#include "adapters/sources/meta_messaging.h"
#include "adapters/sources/meta_person.h"
#include "adapters/sources/table.h"

namespace tapline {
namespace {

using json::MaybeValue;
using json::Value;
using meta::Entry;
using meta::ItemEvent;
using Names = std::string_view;
using Problem = tl::unexpected<std::string>;

constexpr std::string_view kProvider = "messenger";

// Where the post is read: told, or made of "PAGE_POST", which facebook.com resolves.
std::string post_url(const MaybeValue& post, const MaybeValue& told, const std::string& id) {
    MaybeValue link = told;
    if (post) {
        const auto named = json::members(*post, std::array<Names, 1>{"permalink_url"});
        if (named && (*named)[0]) link = (*named)[0];
    }
    const std::string_view text = json::text_of(link).value_or("");
    if (text.starts_with("https://")) return std::string(text);
    const bool plain = !id.empty() && id.find_first_not_of("0123456789_") == std::string::npos;
    return plain ? "https://www.facebook.com/" + id : std::string();
}

// Words that people write, and not what they do with those of others.
bool is_writing(std::string_view field, std::string_view item, std::string_view verb) {
    constexpr std::array<Names, 5> kItems = {"comment", "post", "status", "photo", "video"};
    return (field == "feed" || field == "mention") && verb == "add" &&
           std::find(kItems.begin(), kItems.end(), item) != kItems.end();
}

struct Writing {
    std::string_view field, item;
    std::string comment_id, post_id;

    const std::string& id() const { return comment_id.empty() ? post_id : comment_id; }
    std::string_view kind() const {
        if (field == "mention") return "mention";
        return comment_id.empty() ? "post" : "comment";
    }
};

// "add" of the same comment twice, in the feed and as a mention, is one contact.
Event contact_of(const Entry& entry, const Writing& writing, std::optional<Time> time) {
    Event event = meta::event_of(entry, time);
    event.channel = Channel::post;
    event.is_public = true;
    event.type = "contact.post";
    event.event_id = writing.id();
    event.reply = {"facebook_comment", entry.account, writing.id()};
    meta::add_field("post.kind", writing.kind(), event);
    meta::add_field("post.comment_id", writing.comment_id, event);
    meta::add_field("post.post_id", writing.post_id, event);
    return event;
}

ItemEvent writing_event(const Entry& entry, const Writing& writing, const Value& value,
                        const std::string& path) {
    enum { from, message, time, post, link, parent, count };
    const auto named =
        json::members(value, std::array<Names, count>{"from", "message", "created_time", "post",
                                                      "permalink_url", "parent_id"});
    if (!named) return Problem(path + ": " + named.error());
    const auto& n = *named;
    const auto written = meta::time_of(n[time]);
    Event event = contact_of(entry, writing, written);
    event.text = std::string(json::text_of(n[message]).value_or(""));
    event.post_url = post_url(n[post], n[link], writing.id());
    meta::add_field("post.parent_id", n[parent], event);
    if (n[from]) {
        const auto person = json::members(*n[from], std::array<Names, 2>{"id", "name"});
        if (!person) return Problem(path + "/from: " + person.error());
        event.customer.platform_id = json::id_of((*person)[0]);
        event.customer.name = json::id_of((*person)[1]);
    }
    if (event.customer.platform_id.size() > meta::kIdBytesMax) {
        return meta::id_mistake(path + "/from/id");
    }
    if (event.customer.platform_id == entry.account) {
        event.kind = EventKind::recorded;
        event.type = "post.echo";
        event.event_id.insert(0, "echo:");
        event.reply = {};
        return event;
    }
    // https://developers.facebook.com/docs/messenger-platform/discovery/private-replies
    if (writing.field == "feed") {
        meta::set_window(entry, written, meta::kPrivateReplyWindow, event);
    }
    return event;
}

ItemEvent change(const Entry& entry, std::string_view field, const Value& value,
                 const std::string& path) {
    enum { item, verb, comment_id, post_id, count };
    const auto named =
        json::members(value, std::array<Names, count>{"item", "verb", "comment_id", "post_id"});
    if (!named) return meta::other_change(entry, field, value);
    const auto& n = *named;
    const std::string_view what = json::text_of(n[item]).value_or("");
    const Writing writing{field, what, json::id_of(n[comment_id]), json::id_of(n[post_id])};
    const bool known = is_writing(field, what, json::text_of(n[verb]).value_or(""));
    if (!known || writing.id().empty()) return meta::other_change(entry, field, value);
    for (const std::string* id : {&writing.comment_id, &writing.post_id}) {
        if (id->size() > meta::kIdBytesMax) return meta::id_mistake(path + "/post_id");
    }
    return writing_event(entry, writing, value, path);
}

Result<std::vector<ParsedItem>> parse(const SourceRequest& request, const SourceSecrets& secrets,
                                      Time now) {
    static constexpr meta::Envelope kEnvelope = {{kProvider, "messenger"}, "page", "", change};
    if (is_person_path(request.rest)) return parse_person(request, secrets, kProvider, now);
    return meta::parse_messaging(kEnvelope, request, secrets, now);
}

SignedRequest sign(const Sample& sample, const SourceSecrets& secrets) {
    return meta::sign_messaging(sample, secrets, "page", "104800000000001");
}

}  // namespace

Source messenger_source() {
    Source source{kProvider,
                  "Messages, postbacks, m.me referrals and comments of Facebook pages",
                  meta_challenge,
                  meta_verify,
                  parse,
                  nullptr,
                  {200, "text/plain; charset=utf-8", "EVENT_RECEIVED"},
                  sign};
    source.acknowledge = meta_acknowledge;
    return source;
}

}  // namespace tapline
