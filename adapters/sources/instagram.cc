// Instagram: direct messages, answers to and mentions in stories, postbacks, ig.me referrals,
// comments and mentions of professional accounts.
//
// https://developers.facebook.com/docs/messenger-platform/instagram/features/webhook
// https://developers.facebook.com/docs/graph-api/webhooks/reference/instagram
// Secrets: the app secret of the Meta app; verify_token for the handshake.
//
// Direct messages are as meta_messaging.h tells. A comment:
//
//     {"object":"instagram","entry":[{"id":"17841400000000001","time":1755779280,"changes":[
//       {"field":"comments","value":{"id":"1790","text":"how much is it?",
//        "from":{"id":"601","username":"jane"},
//        "media":{"id":"1800","media_product_type":"FEED"}}}]}]}
//
// A comment, a comment on a live video and a mention (which names the post and perhaps the comment,
// and neither writer nor text) are contacts of channel `post`. What the account itself wrote is
// recorded: `from.self_ig_scoped_id`, or `from.id` that is the entry's. A comment on an ad may be
// notified twice, under one comment id. The id of a post in the API leads to no URL, so `post_url`
// is set only where Meta tells one.
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

constexpr std::string_view kProvider = "instagram";

// {"id","username","self_ig_scoped_id"}: who wrote it, and whether it was the account itself.
tl::expected<bool, std::string> read_writer(const MaybeValue& from, Event& event) {
    if (!from) return false;
    const auto named =
        json::members(*from, std::array<Names, 3>{"id", "username", "self_ig_scoped_id"});
    if (!named) return Problem(named.error());
    const auto& [id, username, self] = *named;
    event.customer.platform_id = json::id_of(id);
    event.customer.handle = json::id_of(username);
    if (event.customer.platform_id.size() > meta::kIdBytesMax) {
        return Problem("has an id of more than 512 bytes");
    }
    return self.has_value() || event.customer.platform_id == event.account;
}

std::string web_address(const MaybeValue& value) {
    const std::string_view text = json::text_of(value).value_or("");
    return text.starts_with("https://") ? std::string(text) : std::string();
}

void read_media(const MaybeValue& media, Event& event) {
    meta::add_fields(media, "media.", event);
    if (!media || !event.post_url.empty()) return;
    const auto named = json::members(*media, std::array<Names, 1>{"permalink"});
    if (named) event.post_url = web_address((*named)[0]);
}

// What names the post: a comment's id, else the id of what it is about.
struct PostIds {
    std::string own, comment, media;
};

std::string event_id_of(const Entry& entry, std::string_view field, const PostIds& ids,
                        const Value& value) {
    if (field == "mentions") {
        const std::string& what = ids.comment.empty() ? ids.media : ids.comment;
        if (!what.empty()) return "mention:" + what;
    } else if (!ids.own.empty()) {
        return ids.own;
    }
    return meta::made_id("post", {entry.account, field, json::minified(value)});
}

ItemEvent post_event(const Entry& entry, std::string_view field, const Value& value,
                     const std::string& path) {
    enum { id, text, from, media, parent, comment_id, media_id, permalink, time, count };
    const auto named = json::members(
        value, std::array<Names, count>{"id", "text", "from", "media", "parent_id", "comment_id",
                                        "media_id", "permalink", "timestamp"});
    if (!named) return Problem(path + ": " + named.error());
    const auto& n = *named;
    const PostIds ids{json::id_of(n[id]), json::id_of(n[comment_id]), json::id_of(n[media_id])};
    for (const std::string* one : {&ids.own, &ids.comment, &ids.media}) {
        if (one->size() > meta::kIdBytesMax) return meta::id_mistake(path + "/id");
    }
    const auto written = meta::time_of(n[time]);
    Event event = meta::event_of(entry, written);
    event.channel = Channel::post;
    event.is_public = true;
    event.type = "contact.post";
    event.event_id = event_id_of(entry, field, ids, value);
    event.text = std::string(json::text_of(n[text]).value_or(""));
    event.post_url = web_address(n[permalink]);
    const auto own = read_writer(n[from], event);
    if (!own) return Problem(path + "/from: " + own.error());
    const bool mention = field == "mentions";
    meta::add_field("post.kind",
                    mention                    ? Names("mention")
                    : field == "live_comments" ? Names("live_comment")
                                               : Names("comment"),
                    event);
    meta::add_field("post.comment_id", mention ? ids.comment : ids.own, event);
    meta::add_field("post.parent_id", n[parent], event);
    meta::add_field("media.id", ids.media, event);
    read_media(n[media], event);
    if (*own) {
        event.kind = EventKind::recorded;
        event.type = "post.echo";
        event.event_id.insert(0, "echo:");
        return event;
    }
    event.reply = {mention ? "instagram_mention" : "instagram_comment", entry.account,
                   !mention              ? ids.own
                   : ids.comment.empty() ? ids.media
                                         : ids.comment};
    if (field == "comments") meta::set_window(entry, written, meta::kPrivateReplyWindow, event);
    return event;
}

ItemEvent change(const Entry& entry, std::string_view field, const Value& value,
                 const std::string& path) {
    const bool post = field == "comments" || field == "live_comments" || field == "mentions";
    return post ? post_event(entry, field, value, path)
                : ItemEvent(meta::other_change(entry, field, value));
}

Result<std::vector<ParsedItem>> parse(const SourceRequest& request, const SourceSecrets& secrets,
                                      Time now) {
    static constexpr meta::Envelope kEnvelope = {
        {kProvider, "instagram_dm"}, "instagram", "page", change};
    if (is_person_path(request.rest)) return parse_person(request, secrets, kProvider, now);
    return meta::parse_messaging(kEnvelope, request, secrets, now);
}

SignedRequest sign(const Sample& sample, const SourceSecrets& secrets) {
    return meta::sign_messaging(sample, secrets, "instagram", "17841400000000001");
}

}  // namespace

Source instagram_source() {
    Source source{kProvider,
                  "Instagram direct messages, story answers, referrals, comments and mentions",
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
