// X (Twitter): direct messages, encrypted chat, mentions, replies and quotes of accounts.
//
// https://docs.x.com/x-api/webhooks/introduction, https://docs.x.com/x-api/activity/event-payloads
// and https://docs.x.com/x-api/account-activity/introduction. Secret: the consumer secret (API
// secret key) of the app.
//
// Two envelopes come to one URL. The Account Activity API tells whose event it is and lists what
// happened; the X Activity API sends one event by its type:
//
//     {"for_user_id":"2244994945","direct_message_events":[{"type":"message_create","id":"95449",
//       "created_timestamp":"1516403561557","message_create":{"target":{"recipient_id":
//       "2244994945"},"sender_id":"3001969357","message_data":{"text":"Is it in stock?"}}}],
//       "users":{"3001969357":{"id":"3001969357","name":"Jo","screen_name":"jo"}}}
//     {"data":{"event_uuid":"-6850472171600526495","filter":{"user_id":"2244994945"},
//       "event_type":"dm.received","payload":{"direct_message_events":[...],"users":{...}}}}
//
// X makes sure of an endpoint by a handshake (CRC): GET with crc_token, to be answered by its HMAC
// under the secret that signs events too. Whoever asks is answered, so a token that could be an
// event would be signed by us for anybody. Therefore only tokens of the characters that X uses are
// answered, of which no event can be made, and an event must begin as a JSON object.
#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <vector>

#include "adapters/crypto.h"
#include "adapters/form.h"
#include "adapters/sources/frame.h"
#include "adapters/sources/table.h"
#include "adapters/sources/x_item.h"

namespace tapline {
namespace {

using json::MaybeValue;
using json::Value;
using Names = std::string_view;
using Problem = tl::unexpected<std::string>;
using x::Envelope;
using x::ItemEvent;

constexpr std::string_view kHeader = "x-twitter-webhooks-signature";
constexpr std::string_view kPrefix = "sha256=";
constexpr std::size_t kSignatureBytes = kPrefix.size() + 44;
constexpr std::size_t kTokenMax = 128;
constexpr std::size_t kItemsMax = 2000;
constexpr std::string_view kJson = "application/json";
// The docs name an hour, half an hour and a day; a webhook without one for 28 hours is cut off.
constexpr std::chrono::hours kHandshakeEvery{24};

std::string signature_of(std::string_view secret, std::string_view message) {
    return std::string(kPrefix) + base64_encode(hmac_sha256(secret, message));
}

bool is_answerable(std::string_view token) {
    return !token.empty() && token.size() <= kTokenMax &&
           std::all_of(token.begin(), token.end(), [](char c) {
               return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                      std::string_view("+/=_.-").find(c) != std::string_view::npos;
           });
}

// After an answer of 2xx with another token X cuts the webhook off at once; 4xx and 5xx it forgives
// for a day.
std::optional<Answer> challenge(const SourceRequest& request, const SourceSecrets& secrets) {
    if (request.method != "GET" || !request.rest.empty()) return std::nullopt;
    const auto query = parse_form(request.query);
    if (!query) return Answer{400, "text/plain; charset=utf-8", "malformed query\n"};
    const std::string* token = find_field(*query, "crc_token");
    if (token == nullptr) return std::nullopt;
    const auto tokens = std::count_if(query->begin(), query->end(),
                                      [](const auto& field) { return field.first == "crc_token"; });
    if (tokens != 1 || !is_answerable(*token)) {
        return Answer{400, "text/plain; charset=utf-8", "crc_token refused\n"};
    }
    if (secrets.secrets.empty() || secrets.secrets.front().empty()) {
        return Answer{503, "text/plain; charset=utf-8", "no secret\n"};
    }
    return Answer{200, std::string(kJson),
                  "{\"response_token\":\"" + signature_of(secrets.secrets.front(), *token) + "\"}"};
}

bool is_object(std::string_view body) {
    const std::size_t first = body.find_first_not_of(" \t\r\n");
    return first != std::string_view::npos && body[first] == '{';
}

Result<Verified> verify(const SourceRequest& request, const SourceSecrets& secrets, Time /*now*/) {
    if (!request.rest.empty()) {
        return fail(ErrorCode::bad_request, "nothing is below the connection's own URL");
    }
    if (request.method != "POST") {
        return fail(ErrorCode::bad_request,
                    "events come as POST, a handshake as GET with crc_token");
    }
    const std::string_view written = request.header(kHeader);
    // Of a body that is no object a signature proves nothing: the handshake gives them away.
    if (request.header_count(kHeader) != 1 || written.size() != kSignatureBytes ||
        !is_object(request.body)) {
        return fail(ErrorCode::unauthorized, "signature refused");
    }
    std::size_t match = 0;
    for (std::size_t i = 0; i < secrets.secrets.size(); ++i) {
        const std::string& secret = secrets.secrets[i];
        const bool same = equal_constant_time(signature_of(secret, request.body), written);
        if (same && !secret.empty() && match == 0) match = i + 1;
    }
    if (match == 0) return fail(ErrorCode::unauthorized, "signature refused");
    return Verified{"signature", "", std::to_string(match)};
}

struct Items {
    std::vector<ParsedItem> parsed;
    std::vector<Value> values;  // where each was read from
    std::vector<std::shared_ptr<const Frame>> frames;
    std::shared_ptr<const Frame> frame = std::make_shared<const Frame>();  // of what is added next

    void within(const Frame& outer, std::string_view before, std::string_view after) {
        frame = std::make_shared<const Frame>(inside(outer, before, after));
    }
    void add(const Value& value, ItemEvent event) { add_item(value, {std::move(event), {}}); }
    void add_item(const Value& value, ParsedItem item) {
        parsed.push_back(std::move(item));
        values.push_back(value);
        frames.push_back(frame);
    }
    bool is_full() const { return parsed.size() > kItemsMax; }
};

ItemEvent plain(const Envelope& envelope, const Value& value, std::string_view type) {
    return x::recorded(envelope, std::string(type), value);
}

// {"status":{"id":"...","user_id":"..."},"timestamp_ms":"..."}; in version 2 {"id","author_id"}.
ItemEvent deleted_post(const Envelope& envelope, const Value& value) {
    Event event = x::recorded(envelope, "post.deleted", value);
    event.channel = Channel::post;
    event.is_public = true;
    return event;
}

struct List {
    std::string_view name;
    std::string_view type;  // "" where each element is looked at
};
constexpr std::array<List, 12> kLists = {
    {{"direct_message_events", ""},
     {"tweet_create_events", ""},
     {"tweet_delete_events", "post.deleted"},
     {"favorite_events", "post.like"},
     {"follow_events", "account.follow"},
     {"unfollow_events", "account.unfollow"},
     {"block_events", "account.block"},
     {"unblock_events", "account.unblock"},
     {"mute_events", "account.mute"},
     {"unmute_events", "account.unmute"},
     {"direct_message_indicate_typing_events", "message.typing"},
     {"direct_message_mark_read_events", "message.read"}}};

ItemEvent list_event(const Envelope& envelope, const List& list, const Value& value,
                     const std::string& path) {
    if (list.name == "direct_message_events") return x::dm_event(envelope, value, path);
    if (list.name == "tweet_create_events") return x::classic_post_event(envelope, value, path);
    if (list.type == "post.deleted") return deleted_post(envelope, value);
    return plain(envelope, value, list.type);
}

// An object with lists, `beside` what their elements need of it (frame.h), `around` what it
// stands in.
struct Lists {
    const Value& value;
    std::string path;
    std::string beside;
    Frame around;
};

// Whether there are any.
bool add_lists(const Envelope& envelope, const Lists& lists, Items& items) {
    const auto& [value, path, beside, around] = lists;
    items.within(around, "", "");
    std::array<Names, kLists.size()> names;
    for (std::size_t i = 0; i < kLists.size(); ++i) names.at(i) = kLists.at(i).name;
    const auto named = json::members(value, names);
    if (!named) {
        items.add(value, Problem(path + ": " + named.error()));
        return true;
    }
    bool any = false;
    for (std::size_t i = 0; i < kLists.size(); ++i) {
        const MaybeValue& list = named->at(i);
        if (!list) continue;
        any = true;
        const std::string where = path + '/' + std::string(kLists.at(i).name);
        const auto array = json::array_of(list);
        const std::string before = '{' + beside + json::quoted(kLists.at(i).name) + ':';
        items.within(around, before + (array ? "[" : ""), array ? "]}" : "}");
        if (!array) items.add(*list, Problem(where + ": must be a list"));
        if (!array) continue;
        std::size_t index = 0;
        for (const Value& element : *array) {
            if (items.is_full()) return true;
            items.add(element, list_event(envelope, kLists.at(i), element,
                                          where + '/' + std::to_string(index++)));
        }
    }
    return any;
}

// Of an account that X does not name, it may be any brand's.
ItemEvent access_revoked(const Envelope& envelope, const Value& value) {
    Event event = x::recorded(envelope, std::string(kAccessRevoked), value);
    event.for_every_brand = event.account.empty();
    return event;
}

// {"revoke":{"date_time":"...","target":{"app_id":"..."},"source":{"user_id":"..."}}}
ItemEvent revoked(Envelope envelope, const Value& value) {
    const auto named = json::members(value, std::array<Names, 1>{"revoke"});
    if (!named) return Problem("/user_event: " + named.error());
    if (!(*named)[0]) return plain(envelope, value, "account.other");
    const auto revoke = json::members(*(*named)[0], std::array<Names, 1>{"source"});
    if (!revoke) return Problem("/user_event/revoke: " + revoke.error());
    if ((*revoke)[0]) {
        const auto source = json::members(*(*revoke)[0], std::array<Names, 1>{"user_id"});
        if (source) envelope.account = x::id_of((*source)[0]);
    }
    return access_revoked(envelope, *(*named)[0]);
}

// {"webhook_id","job_id","job_state":"Complete"|"Incomplete","job_state_description"}: what was
// replayed has come before it, and is told from what is new by its ids.
ItemEvent replay_status(const Envelope& envelope, const Value& value) {
    Event event = x::recorded(envelope, "replay.status", value);
    event.for_every_brand = event.account.empty();
    const auto named =
        json::members(value, std::array<Names, 3>{"job_id", "job_state", "job_state_description"});
    if (!named) return Problem("/replay_job_status: " + named.error());
    constexpr std::array<std::string_view, 3> kFields = {"replay.job", "replay.state",
                                                         "replay.description"};
    for (std::size_t i = 0; i < kFields.size(); ++i) {
        const std::string text = json::id_of(named->at(i));
        if (!text.empty() && text.size() <= 1000) {
            event.attribution.emplace_back(kFields.at(i), text);
        }
    }
    return event;
}

struct Renamed {
    std::string_view event_type;
    std::string_view type;
};
constexpr std::array<Renamed, 12> kRecorded = {{{"chat.sent", "message.echo"},
                                                {"chat.conversation_join", "message.join"},
                                                {"dm.read", "message.read"},
                                                {"dm.indicate_typing", "message.typing"},
                                                {"post.repost.create", "post.repost"},
                                                {"like.create", "post.like"},
                                                {"follow.follow", "account.follow"},
                                                {"follow.unfollow", "account.unfollow"},
                                                {"block.block", "account.block"},
                                                {"block.unblock", "account.unblock"},
                                                {"mute.mute", "account.mute"},
                                                {"mute.unmute", "account.unmute"}}};

ItemEvent activity_event(Envelope envelope, std::string_view type, const Value& payload) {
    const std::string path = "/data/payload";
    if (type == "chat.received") return x::chat_event(envelope, payload, path);
    if (type == "post.mention.create") {
        return x::post_event(envelope, payload, path, x::Relation::mention);
    }
    if (type == "post.reply.create") {
        return x::post_event(envelope, payload, path, x::Relation::reply);
    }
    if (type == "post.quote.create") {
        return x::post_event(envelope, payload, path, x::Relation::quote);
    }
    if (type == "post.delete") return deleted_post(envelope, payload);
    if (type == "oauth.revoke") {
        const auto named = json::members(payload, std::array<Names, 1>{"user_id"});
        if (named && (*named)[0]) envelope.account = x::id_of((*named)[0]);
        return access_revoked(envelope, payload);
    }
    const auto known = std::find_if(kRecorded.begin(), kRecorded.end(),
                                    [&](const Renamed& one) { return one.event_type == type; });
    ItemEvent event = plain(envelope, payload, known == kRecorded.end() ? "other" : known->type);
    // A type that we do not know may be of any length.
    if (event) event->attribution.emplace_back("x.event_type", std::string(type.substr(0, 64)));
    return event;
}

// The members of {"data":{...}} that all events of the X Activity API have.
void add_activity(const Value& data, Envelope envelope, Items& items) {
    enum { uuid, filter, event_type, payload, includes, count };
    const auto named = json::members(
        data,
        std::array<Names, count>{"event_uuid", "filter", "event_type", "payload", "includes"});
    if (!named) return items.add(data, Problem("/data: " + named.error()));
    const auto& n = *named;
    envelope.event_uuid = x::id_of(n[uuid]);
    const auto type = json::text_of(n[event_type]);
    if (!type) return items.add_item(data, ignored_item("filtered stream"));
    if (n[filter]) {
        const auto by = json::members(*n[filter], std::array<Names, 1>{"user_id"});
        if (!by) return items.add(data, Problem("/data/filter: " + by.error()));
        envelope.account = x::id_of((*by)[0]);
    }
    if (!n[payload]) return items.add(data, Problem("/data/payload: is missing"));
    if (n[includes]) {
        const auto beside = json::members(*n[includes], std::array<Names, 2>{"users", "media"});
        if (beside) envelope.users = (*beside)[0];
        if (beside) envelope.media = (*beside)[1];
    }
    if (type->starts_with("dm.")) {
        const auto people = json::members(*n[payload], std::array<Names, 1>{"users"});
        if (people && (*people)[0]) envelope.users = (*people)[0];
        // Several messages under one envelope must not share its id.
        Envelope each = envelope;
        each.event_uuid.clear();
        const std::string head = short_member("event_uuid", n[uuid]) +
                                 short_member("filter", n[filter]) +
                                 short_member("event_type", n[event_type]);
        const Lists lists{*n[payload], "/data/payload", short_member("users", envelope.users),
                          inside(*items.frame, '{' + head + "\"payload\":", "}")};
        const auto outer = items.frame;
        if (add_lists(each, lists, items)) return;
        items.frame = outer;
    }
    items.add(data, activity_event(envelope, *type, *n[payload]));
}

Result<std::vector<ParsedItem>> parse(const SourceRequest& request, const SourceSecrets& secrets,
                                      Time now) {
    enum { for_user_id, users, user_event, replay, data, count };
    const auto root = json::parse(request.body);
    if (!root) return tl::unexpected(root.error());
    const auto named =
        json::members(*root, std::array<Names, count>{"for_user_id", "users", "user_event",
                                                      "replay_job_status", "data"});
    if (!named) return fail(ErrorCode::bad_request, "the body " + named.error());
    const auto& n = *named;
    Envelope envelope{x::id_of(n[for_user_id]), "", n[users], std::nullopt, secrets, now};
    Items items;
    const std::string whose = short_member("for_user_id", n[for_user_id]);
    items.within({}, "{\"data\":", "}");
    if (n[data]) add_activity(*n[data], envelope, items);
    items.within({}, '{' + whose + "\"user_event\":", "}");
    if (n[user_event]) items.add(*n[user_event], revoked(envelope, *n[user_event]));
    items.within({}, '{' + whose + "\"replay_job_status\":", "}");
    if (n[replay]) items.add(*n[replay], replay_status(envelope, *n[replay]));
    if (n[for_user_id] && envelope.account.empty()) {
        return fail(ErrorCode::bad_request, "/for_user_id: must be an id");
    }
    const bool listed =
        add_lists(envelope, {*root, "", whose + short_member("users", n[users]), {}}, items);
    if (items.is_full()) {
        return fail(ErrorCode::bad_request,
                    "more than " + std::to_string(kItemsMax) + " items in one request");
    }
    const bool known = listed || n[data] || n[user_event] || n[replay] || n[for_user_id];
    if (!known) return fail(ErrorCode::bad_request, "the body has nothing that X sends");
    if (items.parsed.size() > 1) {  // the bytes of a single one are the body
        for (std::size_t i = 0; i < items.parsed.size(); ++i) {
            items.parsed[i].raw = framed(*items.frames[i], items.values[i]);
        }
    }
    return std::move(items.parsed);
}

std::string sample_body(const Sample& sample) {
    const std::string account = sample.to.empty() ? "2244994945" : sample.to;
    const std::string from =
        sample.from.empty() ? "1" + sample_digits(sample.random, 18) : sample.from;
    std::string id = sample.id;
    if (id.empty()) id = "2" + sample_digits(sha256_hex(sample.random), 18);
    const std::string ref = sample.ref.empty()
                                ? ""
                                : ",\"quick_reply_response\":{\"type\":\"options\",\"metadata\":" +
                                      json::quoted(sample.ref) + "}";
    return "{\"data\":{\"event_uuid\":\"-" + sample_digits(sample.random, 18) +
           "\",\"filter\":{\"user_id\":" + json::quoted(account) +
           "},\"event_type\":\"dm.received\",\"payload\":{\"direct_message_events\":[{\"type\":"
           "\"message_create\",\"id\":" +
           json::quoted(id) + ",\"created_timestamp\":\"" +
           std::to_string(sample.now.time_since_epoch().count()) +
           "\",\"message_create\":{\"target\":{\"recipient_id\":" + json::quoted(account) +
           "},\"sender_id\":" + json::quoted(from) +
           ",\"message_data\":{\"text\":" + json::quoted(x::escaped(sample.text)) +
           ",\"entities\":{\"hashtags\":[],\"symbols\":[],\"user_mentions\":[],\"urls\":[]}" + ref +
           "}}}]}}}";
}

SignedRequest sign(const Sample& sample, const SourceSecrets& secrets) {
    SignedRequest request;
    request.url = sample.url;
    request.body = sample.body.empty() ? sample_body(sample) : sample.body;
    const std::string secret = secrets.secrets.empty() ? "" : secrets.secrets.front();
    request.headers = {{"Content-Type", std::string(kJson)},
                       {"X-Twitter-Webhooks-Signature", signature_of(secret, request.body)}};
    return request;
}

}  // namespace

Source x_source() {
    Source source{"x",
                  "X direct messages, encrypted chat, mentions, replies and quotes",
                  challenge,
                  verify,
                  parse,
                  nullptr,
                  {200, "text/plain; charset=utf-8", "ok\n"},
                  sign};
    source.handshake_every = kHandshakeEvery;
    return source;
}

}  // namespace tapline
