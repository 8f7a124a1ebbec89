// Posts on X: mentions, replies and quotes of an account.
//
// https://developer.x.com/en/docs/twitter-api/v1/data-dictionary/object-model/tweet (version 1.1)
// https://docs.x.com/x-api/activity/event-payloads (version 2)
#include <algorithm>
#include <array>

#include "adapters/sources/x_item.h"
#include "routes/language.h"

namespace tapline::x {
namespace {

using json::MaybeValue;
using json::Value;
using Names = std::string_view;
using Problem = tl::unexpected<std::string>;

constexpr std::size_t kAttachmentsMax = 32;
constexpr std::size_t kListMax = 200;

// Handles are 1 to 15 of A-Z a-z 0-9 _; under "i" X finds a post by its number alone.
std::string link_to(const std::string& handle, const std::string& id) {
    const bool usable = !handle.empty() && handle.size() <= 15 &&
                        std::all_of(handle.begin(), handle.end(), [](char c) {
                            return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                                   (c >= '0' && c <= '9') || c == '_';
                        });
    return "https://x.com/" + (usable ? handle : "i") + "/status/" + id;
}

std::string_view name_of(Relation relation) {
    constexpr std::array<std::string_view, 3> kNames = {"mention", "reply", "quote"};
    return kNames.at(static_cast<std::size_t>(relation));
}

struct Author {
    std::string id;
    std::string name;
    std::string handle;
};

Event public_event(const Envelope& envelope, const std::optional<Time>& time, const std::string& id,
                   const Author& author) {
    Event event = event_of(envelope, time);
    event.channel = Channel::post;
    event.is_public = true;
    event.customer.platform_id = author.id;
    event.customer.name = author.name;
    event.customer.handle = author.handle;
    event.post_url = link_to(author.handle, id);
    return event;
}

Event recorded_post(Event event, std::string type, const std::string& id) {
    event.kind = EventKind::recorded;
    event.event_id = type + ':' + id;
    event.type = std::move(type);
    return event;
}

// The same post comes once for each account of a brand that it names, for each app, and as mention
// and as reply.
Event contact_post(Event event, Relation relation, const std::string& id) {
    event.type = "contact.post";
    event.event_id = id;
    event.replay_key = "post:" + id;
    event.reply = {"x_post", event.account, id};
    event.attribution.emplace_back("post.relation", name_of(relation));
    return event;
}

void keep(std::string_view name, const MaybeValue& value, Event& event) {
    const std::string id = id_of(value);
    if (!id.empty()) event.attribution.emplace_back(name, id);
}

// A boolean, or one in quotes as X's own example has it.
bool is_set(const MaybeValue& value) {
    return json::is_true(value) || json::text_of(value) == "true";
}

// `id_str`, else `id`: numbers of posts have more bits than many writers of JSON keep.
template <std::size_t N>
std::string id_in(const std::array<MaybeValue, N>& named, std::size_t text, std::size_t number) {
    return id_of(named.at(named.at(text) ? text : number));
}

tl::expected<Author, std::string> author_of(const MaybeValue& user, const std::string& path) {
    if (!user) return Problem(path + "/user: is missing");
    const auto named =
        json::members(*user, std::array<Names, 4>{"id_str", "id", "name", "screen_name"});
    if (!named) return Problem(path + "/user: " + named.error());
    Author author{id_in(*named, 0, 1), std::string(json::text_of((*named)[2]).value_or("")),
                  std::string(json::text_of((*named)[3]).value_or(""))};
    if (author.id.empty()) return Problem(path + "/user/id_str: must be an id");
    return author;
}

std::string quoted_author(const MaybeValue& post) {
    if (!post) return {};
    const auto named = json::members(*post, std::array<Names, 1>{"user"});
    if (!named) return {};
    const auto author = author_of((*named)[0], "");
    return author ? author->id : std::string();
}

std::string full_text(const MaybeValue& extended, const MaybeValue& text) {
    if (extended) {
        const auto named = json::members(*extended, std::array<Names, 2>{"full_text", "text"});
        const auto whole = named ? json::text_of((*named)[(*named)[0] ? 0 : 1]) : std::nullopt;
        if (whole) return unescaped(*whole);
    }
    return unescaped(json::text_of(text).value_or(""));
}

void add_media(const MaybeValue& entities, Event& event) {
    if (!entities) return;
    const auto named = json::members(*entities, std::array<Names, 1>{"media"});
    const auto list = named ? json::array_of((*named)[0]) : std::nullopt;
    if (!list) return;
    for (const Value& medium : *list) {
        if (event.attachments.size() == kAttachmentsMax) return;
        const auto parts = json::members(medium, std::array<Names, 2>{"type", "media_url_https"});
        if (!parts) continue;
        event.attachments.push_back({std::string(json::text_of((*parts)[0]).value_or("media")),
                                     std::string(json::text_of((*parts)[1]).value_or("")), ""});
    }
}

// Version 2 names media by keys and tells of them beside the post.
void add_media_by_key(const Envelope& envelope, const MaybeValue& attachments, Event& event) {
    const auto all = json::array_of(envelope.media);
    if (!all || !attachments) return;
    const auto named = json::members(*attachments, std::array<Names, 1>{"media_keys"});
    const auto keys = named ? json::array_of((*named)[0]) : std::nullopt;
    if (!keys || keys->size() > kListMax || all->size() > kListMax) return;
    for (const Value& key : *keys) {
        for (const Value& medium : *all) {
            const auto parts = json::members(
                medium, std::array<Names, 4>{"media_key", "type", "url", "preview_image_url"});
            if (!parts || event.attachments.size() == kAttachmentsMax) continue;
            const auto& p = *parts;
            if (!p[0] || json::id_of(p[0]) != json::id_of(key)) continue;
            event.attachments.push_back({std::string(json::text_of(p[1]).value_or("media")),
                                         std::string(json::text_of(p[p[2] ? 2 : 3]).value_or("")),
                                         ""});
        }
    }
}

void add_references(const MaybeValue& referenced, Event& event) {
    const auto list = json::array_of(referenced);
    if (!list) return;
    std::size_t seen = 0;
    for (const Value& one : *list) {
        if (++seen > kListMax) return;
        const auto named = json::members(one, std::array<Names, 2>{"type", "id"});
        if (!named) continue;
        const auto type = json::text_of((*named)[0]);
        if (type == "replied_to") keep("post.in_reply_to", (*named)[1], event);
        if (type == "quoted") keep("post.quoted", (*named)[1], event);
    }
}

// What decides whether a post of version 1.1 is a contact, and which.
struct Classic {
    enum {
        id_str,
        id,
        created_at,
        timestamp_ms,
        text,
        extended,
        user,
        reply_user_str,
        reply_user,
        reply_post_str,
        retweeted,
        quoted,
        quoted_str,
        entities,
        extended_entities,
        blocked,
        lang,
        count
    };
    std::array<MaybeValue, count> n;
};

constexpr std::array<Names, Classic::count> kClassicNames = {"id_str",
                                                             "id",
                                                             "created_at",
                                                             "timestamp_ms",
                                                             "text",
                                                             "extended_tweet",
                                                             "user",
                                                             "in_reply_to_user_id_str",
                                                             "in_reply_to_user_id",
                                                             "in_reply_to_status_id_str",
                                                             "retweeted_status",
                                                             "quoted_status",
                                                             "quoted_status_id_str",
                                                             "entities",
                                                             "extended_entities",
                                                             "user_has_blocked",
                                                             "lang"};

Relation relation_of(const Classic& post, const std::string& account) {
    const auto& n = post.n;
    if (id_in(n, Classic::reply_user_str, Classic::reply_user) == account) return Relation::reply;
    if (quoted_author(n[Classic::quoted]) == account) return Relation::quote;
    return Relation::mention;
}

}  // namespace

ItemEvent classic_post_event(const Envelope& envelope, const Value& value,
                             const std::string& path) {
    const auto named = json::members(value, kClassicNames);
    if (!named) return Problem(path + ": " + named.error());
    const Classic post{*named};
    const auto& n = post.n;
    const std::string id = id_in(n, Classic::id_str, Classic::id);
    if (id.empty()) return Problem(path + "/id_str: must be an id");
    const auto author = author_of(n[Classic::user], path);
    if (!author) return Problem(author.error());
    const auto time =
        time_of(n[n[Classic::timestamp_ms] ? Classic::timestamp_ms : Classic::created_at]);
    Event event = public_event(envelope, time, id, *author);
    if (author->id == envelope.account) return recorded_post(std::move(event), "post.echo", id);
    if (n[Classic::retweeted]) return recorded_post(std::move(event), "post.repost", id);
    event = contact_post(std::move(event), relation_of(post, envelope.account), id);
    event.text = full_text(n[Classic::extended], n[Classic::text]);
    event.language = language_tag(json::text_of(n[Classic::lang]).value_or(""));
    add_media(n[n[Classic::extended_entities] ? Classic::extended_entities : Classic::entities],
              event);
    keep("post.in_reply_to", n[Classic::reply_post_str], event);
    keep("post.quoted", n[Classic::quoted_str], event);
    // The brand blocked the writer: still a contact, for routes and people to judge.
    if (is_set(n[Classic::blocked])) event.attribution.emplace_back("post.author_blocked", "true");
    return event;
}

ItemEvent post_event(const Envelope& envelope, const Value& value, const std::string& path,
                     Relation relation) {
    enum { id, author_id, created_at, text, note, referenced, attachments, lang, count };
    const auto named = json::members(
        value, std::array<Names, count>{"id", "author_id", "created_at", "text", "note_tweet",
                                        "referenced_tweets", "attachments", "lang"});
    if (!named) return Problem(path + ": " + named.error());
    const auto& n = *named;
    const std::string post_id = id_of(n[id]);
    if (post_id.empty()) return Problem(path + "/id: must be an id");
    Author author;
    author.id = id_of(n[author_id]);
    if (author.id.empty()) return Problem(path + "/author_id: must be an id");
    Customer person;
    add_person(envelope, author.id, person);
    author.name = person.name;
    author.handle = person.handle;
    Event event = public_event(envelope, time_of(n[created_at]), post_id, author);
    if (author.id == envelope.account) {
        return recorded_post(std::move(event), "post.echo", post_id);
    }
    event = contact_post(std::move(event), relation, post_id);
    event.text = full_text(n[note], n[text]);
    event.language = language_tag(json::text_of(n[lang]).value_or(""));
    add_media_by_key(envelope, n[attachments], event);
    add_references(n[referenced], event);
    return event;
}

}  // namespace tapline::x
