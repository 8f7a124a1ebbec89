#include <doctest/doctest.h>

#include "adapters/crypto.h"
#include "adapters/form.h"
#include "adapters/sources/registry.h"
#include "adapters/time_text.h"
#include "adapters/usual_reply.h"
#include "tests/adapters/sources/request.h"

namespace tapline {
namespace {

using test::field;
using test::kNow;
using test::Request;

const Source& x_provider() {
    return *find_source("x");
}

SourceSecrets secrets() {
    SourceSecrets s;
    s.connection = "x-main";
    s.secrets = {"consumer-secret"};
    return s;
}

std::string signature(const std::string& message, const std::string& secret = "consumer-secret") {
    return "sha256=" + base64_encode(hmac_sha256(secret, message));
}

Result<std::vector<ParsedItem>> read(const std::string& body) {
    Request request;
    request.body = body;
    return x_provider().parse(request.view(), secrets(), kNow);
}

std::vector<ParsedItem> parsed(const std::string& body) {
    auto items = read(body);
    if (!items) FAIL(items.error().message);
    return std::move(*items);
}

Event only_event(const std::string& body) {
    const auto items = parsed(body);
    REQUIRE(items.size() == 1);
    if (!items.front().event) FAIL(items.front().event.error());
    return *items.front().event;
}

std::string activity(const std::string& type, const std::string& payload,
                     const std::string& more = "", const std::string& uuid = "-685047217") {
    return R"({"data":{"event_uuid":")" + uuid + R"(","filter":{"user_id":"11"},"event_type":")" +
           type + R"(","payload":)" + payload + more + "}}";
}

std::string account_activity(const std::string& list, const std::string& items,
                             const std::string& account = "11") {
    return R"({"for_user_id":")" + account + R"(",")" + list + "\":[" + items +
           R"(],"users":{"22":{"id":"22","name":"Jo","screen_name":"jo"}}})";
}

std::string message(const std::string& sender, const std::string& recipient,
                    const std::string& data = R"({"text":"hello"})", const std::string& more = "") {
    return R"({"type":"message_create","id":"954491830116155397","created_timestamp":"1516403561557")" +
           more + R"(,"message_create":{"target":{"recipient_id":")" + recipient +
           R"("},"sender_id":")" + sender + R"(","message_data":)" + data + "}}";
}

std::string post(
    const std::string& author, const std::string& more = "",
    const std::string& id = R"("id":1924465506158879000,"id_str":"1924465506158878979")") {
    return R"({"created_at":"Mon May 19 14:01:46 +0000 2025",)" + id +
           R"(,"text":"@acme is it in stock?","user":{"id":22,"id_str":")" + author +
           R"(","name":"Jo","screen_name":"jo"})" + more + "}";
}

std::string post_v2(const std::string& author, const std::string& more = "") {
    return R"({"id":"2080765813578191303","author_id":")" + author +
           R"(","created_at":"2026-07-24T21:23:23.000Z","text":"hey @acme")" + more + "}";
}

std::string asked(const std::string& query, const SourceSecrets& with = secrets()) {
    Request request;
    request.method = "GET";
    request.query = query;
    const auto answer = x_provider().challenge(request.view(), with);
    if (!answer) return "none";
    return std::to_string(answer->status) + ' ' + answer->content_type + ' ' + answer->body;
}

bool answered(const std::string& query) {
    return asked(query).starts_with("200");
}

TEST_CASE("x: the handshake is answered with the token's HMAC under the newest secret") {
    SourceSecrets with = secrets();
    with.secrets = {"Convoy", "consumer-secret"};
    CHECK(asked("crc_token=uzwcfYtzr9", with) ==
          "200 application/json "
          "{\"response_token\":\"sha256=HXvxTdsfShG6k2zC9NVANwFquJBdOugRYHax2vNiiOo=\"}");
    CHECK(asked("crc_token=uzwcfYtzr9&nonce=abc", with) == asked("crc_token=uzwcfYtzr9", with));
    const std::string expected =
        "200 application/json {\"response_token\":\"" + signature("YWJj+/==") + "\"}";
    CHECK(asked("crc_token=YWJj%2B%2F%3D%3D") == expected);
    CHECK(asked("crc_token=YWJj%2b/==") == expected);
    CHECK(answered("crc_token=" + std::string(128, 'a')));
}

TEST_CASE("x: the handshake signs nothing that could be an event") {
    const std::string events[] = {
        "{}",
        "{\"data\":{}}",
        R"({"for_user_id":"11","direct_message_events":[]})",
        activity("dm.received", "{}"),
        " {}",
        "\t{}",
        "[]",
        "\"a\"",
        "a b",
        "a,b",
        "a:b",
        "null ",
        std::string("a\0b", 3),
        "a\nb",
        "a%b",
        "\xC3\xA4",
        "\xEF\xBB\xBF{}",
        "{",
        "}",
        "a&b",
        "a'b",
        "a(b",
        std::string(129, 'a'),
        std::string(4096, 'a'),
        "",
    };
    for (const std::string& event : events) {
        CAPTURE(event);
        const std::string query = "crc_token=" + percent_encode(event);
        CHECK(asked(query).starts_with("400"));
        CHECK(asked(query).find("sha256=") == std::string::npos);
        CHECK_FALSE(answered("nonce=1&" + query));
        CHECK_FALSE(answered("crc_token=a&" + query));
        CHECK_FALSE(answered(query + "&crc_token=a"));
    }
    // Of all bytes, one at a time: what is answered is of X's own alphabet.
    for (int byte = 0; byte < 256; ++byte) {
        CAPTURE(byte);
        const char c = static_cast<char>(byte);
        const bool own = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                         (c >= '0' && c <= '9') ||
                         (c != '\0' && std::string("+/=_.-").find(c) != std::string::npos);
        CHECK(answered("crc_token=" + percent_encode(std::string(1, c))) == own);
    }
    // Sent as it is, "+" is a space.
    CHECK_FALSE(answered("crc_token=a+b"));
    CHECK_FALSE(answered("crc_token=%zz"));
    CHECK_FALSE(answered("crc_token=%"));
    CHECK(asked("crc_tokens=a") == "none");
    CHECK(asked("") == "none");
    CHECK(asked("crc_token=a", SourceSecrets{}).starts_with("503"));
    SourceSecrets empty;
    empty.secrets = {""};
    CHECK(asked("crc_token=a", empty).starts_with("503"));
}

TEST_CASE("x: what a handshake gives away proves no event") {
    const std::string tokens[] = {
        "a", "123", "1.5", "-1", "true", "null", "sha256=", "0", std::string(128, '1')};
    for (const std::string& token : tokens) {
        CAPTURE(token);
        const std::string answer = asked("crc_token=" + percent_encode(token));
        const std::string given = signature(token);
        REQUIRE(answer.find(given) != std::string::npos);
        Request forged;
        forged.body = token;
        forged.headers = {{"x-twitter-webhooks-signature", given}};
        const auto refused = x_provider().verify(forged.view(), secrets(), kNow);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code == ErrorCode::unauthorized);
    }
}

TEST_CASE("x: a POST is no handshake, a GET is no event, and nothing is below the URL") {
    Request request;
    request.query = "crc_token=abc";
    CHECK_FALSE(x_provider().challenge(request.view(), secrets()));
    request.method = "GET";
    request.rest = "/more";
    CHECK_FALSE(x_provider().challenge(request.view(), secrets()));
    request.body = "{}";
    request.headers = {{"x-twitter-webhooks-signature", signature("{}")}};
    const auto below = x_provider().verify(request.view(), secrets(), kNow);
    REQUIRE_FALSE(below);
    CHECK(below.error().code == ErrorCode::bad_request);
    request.rest.clear();
    const auto got = x_provider().verify(request.view(), secrets(), kNow);
    REQUIRE_FALSE(got);
    CHECK(got.error().code == ErrorCode::bad_request);
    request.method = "POST";
    CHECK(x_provider().verify(request.view(), secrets(), kNow));
}

TEST_CASE("x: one spelling of the signature, once, over the raw bytes") {
    Request request;
    request.body = "{\"a\":\"\\u00e4\"}";
    const std::string right = signature(request.body);
    const auto holds = [&](const std::vector<std::string>& values) {
        request.headers.clear();
        for (const std::string& value : values) {
            request.headers.emplace_back("x-twitter-webhooks-signature", value);
        }
        return x_provider().verify(request.view(), secrets(), kNow).has_value();
    };
    CHECK(holds({right}));
    const std::string hex = "sha256=" + to_hex(hmac_sha256("consumer-secret", request.body));
    CHECK_FALSE(holds({hex}));
    CHECK_FALSE(holds({right.substr(7)}));
    CHECK_FALSE(holds({"sha1=" + right.substr(7)}));
    CHECK_FALSE(holds({right.substr(0, right.size() - 1)}));
    CHECK_FALSE(holds({right + "="}));
    CHECK_FALSE(holds({right, right}));
    CHECK_FALSE(holds({right, signature(request.body, "other")}));
    CHECK_FALSE(holds({""}));
    CHECK_FALSE(holds({}));
    request.body = "{\"a\":\"\xC3\xA4\"}";
    CHECK_FALSE(holds({right}));
}

TEST_CASE("x: a direct message is the same contact in both envelopes") {
    const std::string users = R"(,"users":{"22":{"data":{"id":"22","username":"jo","name":"Jo"}}})";
    const std::string bodies[] = {
        account_activity("direct_message_events", message("22", "11")),
        activity("dm.received",
                 R"({"direct_message_events":[)" + message("22", "11") + "]" + users + "}"),
        R"({"data":{"event_type":"dm.received","filter":{},"payload":{"direct_message_events":[)" +
            message("22", "11") + "]" + users + "}}}",
    };
    for (const std::string& body : bodies) {
        CAPTURE(body);
        const Event event = only_event(body);
        CHECK(event.kind == EventKind::contact);
        CHECK(event.type == "contact.dm");
        CHECK(event.channel == Channel::dm);
        CHECK(event.event_id == "954491830116155397");
        CHECK(event.replay_key == "dm:954491830116155397");
        CHECK(event.provider == "x");
        CHECK(event.connection == "x-main");
        CHECK(event.account == "11");
        CHECK(event.customer.platform_id == "22");
        CHECK(event.customer.name == "Jo");
        CHECK(event.customer.handle == "jo");
        CHECK(event.text == "hello");
        CHECK(to_rfc3339(event.occurred_at) == "2018-01-19T23:12:41.557Z");
        CHECK(event.reply.how == "x_dm");
        CHECK(event.reply.account == "11");
        CHECK(event.reply.to == "22");
        CHECK(event.auth == "signature");
        CHECK_FALSE(event.is_public);
    }
}

TEST_CASE("x: what the account itself writes is recorded, under an id of its own") {
    const std::string bodies[] = {
        account_activity("direct_message_events", message("11", "22")),
        activity("dm.sent", R"({"direct_message_events":[)" + message("11", "22") + "]}"),
        account_activity("tweet_create_events", post("11")),
        activity("post.mention.create", post_v2("11")),
        activity("chat.received", R"({"id":"e4f4-1","sender_id":"11","conversation_id":"11:22"})"),
    };
    for (const std::string& body : bodies) {
        CAPTURE(body);
        const Event event = only_event(body);
        CHECK(event.kind == EventKind::recorded);
        CHECK(event.type.ends_with(".echo"));
        CHECK(event.event_id.find("echo:") != std::string::npos);
        CHECK(event.text.empty());
        CHECK(event.replay_key.empty());
        CHECK(event.account == "11");
    }
}

TEST_CASE("x: attachments, quick replies and welcome messages of a direct message") {
    const Event photo = only_event(account_activity(
        "direct_message_events",
        message(
            "22", "11",
            R"({"text":"AT&amp;T &lt;b&gt; &amp;lt; &quot;","attachment":{"type":"media","media":)"
            R"({"id":9.3e17,"id_str":"930077847535812610","type":"photo","media_url_https":"https://p/1"}}})")));
    CHECK(photo.text == "AT&T <b> &lt; &quot;");
    REQUIRE(photo.attachments.size() == 1);
    CHECK(photo.attachments[0].type == "photo");
    CHECK(photo.attachments[0].url == "https://p/1");
    const Event place = only_event(account_activity(
        "direct_message_events",
        message("22", "11", R"({"text":"","attachment":{"type":"location","location":{}}})")));
    REQUIRE(place.attachments.size() == 1);
    CHECK(place.attachments[0].type == "location");
    const Event tapped = only_event(account_activity(
        "direct_message_events",
        message("22", "11",
                R"({"text":"Prices","quick_reply_response":{"type":"options","metadata":"x-dm"}})",
                R"(,"initiated_via":{"welcome_message_id":"844385345234","tweet_id":"7"})")));
    CHECK(tapped.ref == "x-dm");
    CHECK(field(tapped, "quick_reply.metadata") == "x-dm");
    CHECK(field(tapped, "dm.welcome_message_id") == "844385345234");
    CHECK(field(tapped, "dm.initiated_by_post") == "7");
    const Event welcomed = only_event(
        account_activity("direct_message_events",
                         message("22", "11", R"({"text":"hi"})",
                                 R"(,"initiated_via":{"welcome_message_id":"844385345234"})")));
    CHECK(welcomed.ref == "844385345234");
}

TEST_CASE("x: encrypted chat is a contact without text") {
    const Event event = only_event(activity(
        "chat.received",
        R"({"id":"e4f4d3fc-8bbf-4928-92eb-e5058d6bb6f6","conversation_id":"22:11","sender_id":"22",)"
        R"("created_at_msec":"1784841183370","encoded_event":"CwABAAAA"})"));
    CHECK(event.kind == EventKind::contact);
    CHECK(event.type == "contact.dm");
    CHECK(event.channel == Channel::dm);
    CHECK(event.text.empty());
    CHECK(event.event_id == "e4f4d3fc-8bbf-4928-92eb-e5058d6bb6f6");
    CHECK(event.customer.platform_id == "22");
    CHECK(event.reply.how == "x_chat");
    CHECK(field(event, "chat.encrypted") == "true");
    CHECK(to_rfc3339(event.occurred_at) == "2026-07-23T21:13:03.370Z");
    const Event unnamed =
        only_event(R"({"data":{"event_uuid":"-7","event_type":"chat.received","payload":)"
                   R"({"conversation_id":"22:11","sender_id":"22"}}})");
    CHECK(unnamed.account == "11");
    CHECK(unnamed.event_id == "-7");
}

TEST_CASE("x: mentions, replies and quotes of the account are public contacts") {
    struct Row {
        std::string body;
        std::string relation;
    };
    const std::string people =
        R"(,"includes":{"users":[{"id":"11","username":"acme","name":"Acme"},)"
        R"({"data":{"id":"22","username":"jo","name":"Jo"}}]})";
    const Row rows[] = {
        {account_activity("tweet_create_events", post("22")), "mention"},
        {account_activity(
             "tweet_create_events",
             post("22", R"(,"in_reply_to_user_id_str":"11","in_reply_to_status_id_str":"5")")),
         "reply"},
        {account_activity("tweet_create_events", post("22", R"(,"in_reply_to_user_id":11)")),
         "reply"},
        {account_activity(
             "tweet_create_events",
             post("22", R"(,"is_quote_status":true,"quoted_status":{"user":{"id_str":"11"}})")),
         "quote"},
        {account_activity("tweet_create_events",
                          post("22", R"(,"quoted_status":{"user":{"id_str":"33"}})")),
         "mention"},
        {activity("post.mention.create", post_v2("22"), people), "mention"},
        {activity("post.reply.create", post_v2("22"), people), "reply"},
        {activity("post.quote.create", post_v2("22"), people), "quote"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.body);
        const Event event = only_event(row.body);
        CHECK(event.kind == EventKind::contact);
        CHECK(event.type == "contact.post");
        CHECK(event.channel == Channel::post);
        CHECK(event.is_public);
        CHECK(event.account == "11");
        CHECK(event.customer.platform_id == "22");
        CHECK(event.customer.handle == "jo");
        CHECK(event.customer.name == "Jo");
        CHECK(field(event, "post.relation") == row.relation);
        CHECK(event.post_url == "https://x.com/jo/status/" + event.event_id);
        CHECK(event.replay_key == "post:" + event.event_id);
        CHECK(event.reply.how == usual_reply("x", Channel::post, {}).how);
        CHECK(event.reply.to == event.event_id);
        CHECK(event.text.find("@acme") != std::string::npos);
    }
}

TEST_CASE("x: a post's language is read in both versions, and undetermined is none") {
    const auto language = [](const std::string& body) { return only_event(body).language; };
    const auto classic = [](const std::string& lang) {
        return account_activity("tweet_create_events", post("22", R"(,"lang":")" + lang + '"'));
    };
    CHECK(language(classic("pt")) == "pt");
    CHECK(language(classic("und")).empty());
    CHECK(language(activity("post.mention.create", post_v2("22", R"(,"lang":"de")"))) == "de");
    CHECK(language(activity("post.mention.create", post_v2("22", R"(,"lang":7)"))).empty());
}

TEST_CASE("x: long posts, media, references and blocked authors") {
    const Event classic = only_event(account_activity(
        "tweet_create_events",
        post(
            "22",
            R"(,"truncated":true,"extended_tweet":{"full_text":"the whole &amp; all"},"in_reply_to_status_id_str":"5",)"
            R"("quoted_status_id_str":"6","user_has_blocked":"true","extended_entities":{"media":[)"
            R"({"type":"video","media_url_https":"https://p/v"},7]})")));
    CHECK(classic.text == "the whole & all");
    CHECK(field(classic, "post.in_reply_to") == "5");
    CHECK(field(classic, "post.quoted") == "6");
    CHECK(field(classic, "post.author_blocked") == "true");
    REQUIRE(classic.attachments.size() == 1);
    CHECK(classic.attachments[0].type == "video");
    CHECK(field(only_event(account_activity("tweet_create_events",
                                            post("22", R"(,"user_has_blocked":"false")"))),
                "post.author_blocked")
              .empty());
    const Event modern = only_event(activity(
        "post.reply.create",
        post_v2(
            "22",
            R"(,"note_tweet":{"text":"a long note"},"referenced_tweets":[{"type":"replied_to","id":"5"},)"
            R"({"type":"quoted","id":"6"}],"attachments":{"media_keys":["3_1","3_9"]})"),
        R"(,"includes":{"media":[{"media_key":"3_1","type":"photo","url":"https://p/1"}]})"));
    CHECK(modern.text == "a long note");
    CHECK(field(modern, "post.in_reply_to") == "5");
    CHECK(field(modern, "post.quoted") == "6");
    REQUIRE(modern.attachments.size() == 1);
    CHECK(modern.attachments[0].url == "https://p/1");
    CHECK(modern.post_url == "https://x.com/i/status/2080765813578191303");
}

TEST_CASE("x: ids keep all their bits, and a rounded one is refused") {
    CHECK(only_event(account_activity("tweet_create_events", post("22"))).event_id ==
          "1924465506158878979");
    CHECK(only_event(account_activity("tweet_create_events",
                                      post("22", "", R"("id":1924465506158878979)")))
              .event_id == "1924465506158878979");
    CHECK(only_event(account_activity("tweet_create_events",
                                      post("22", "", R"("id":18446744073709551615)")))
              .event_id == "18446744073709551615");
    for (const char* id : {R"("id":1.924465506158879e18)", R"("id":1924465506158878979.0)",
                           R"("id_str":1.9e18,"id":7)", R"("text2":"no id at all")"}) {
        CAPTURE(id);
        const auto items = parsed(account_activity("tweet_create_events", post("22", "", id)));
        REQUIRE(items.size() == 1);
        REQUIRE_FALSE(items[0].event);
        CHECK(items[0].event.error() == "/tweet_create_events/0/id_str: must be an id");
    }
    CHECK_FALSE(read(R"({"for_user_id":4.3e9,"tweet_create_events":[]})"));
    CHECK(only_event(R"({"for_user_id":11,"favorite_events":[{}]})").account == "11");
    // X numbers events with a sign.
    CHECK(only_event(activity("like.create", "{}", "", "-6850472171600526495")).event_id ==
          "post.like:-6850472171600526495");
}

TEST_CASE("x: what asks for nothing is recorded by its kind") {
    struct Row {
        std::string body;
        std::string type;
    };
    const std::string status =
        R"({"status":{"id":"5","user_id":"22"},"timestamp_ms":"1516403561557"})";
    const Row rows[] = {
        {account_activity("tweet_delete_events", status), "post.deleted"},
        {account_activity("favorite_events", R"({"id":"a"})"), "post.like"},
        {account_activity("follow_events", R"({"type":"follow"})"), "account.follow"},
        {account_activity("unfollow_events", "{}"), "account.unfollow"},
        {account_activity("block_events", "{}"), "account.block"},
        {account_activity("unblock_events", "{}"), "account.unblock"},
        {account_activity("mute_events", "{}"), "account.mute"},
        {account_activity("unmute_events", "{}"), "account.unmute"},
        {account_activity("direct_message_indicate_typing_events", R"({"sender_id":"22"})"),
         "message.typing"},
        {account_activity("direct_message_mark_read_events", R"({"sender_id":"22"})"),
         "message.read"},
        {account_activity("direct_message_events", R"({"type":"reaction_create","id":"1"})"),
         "message.other"},
        {account_activity("tweet_create_events", post("22", R"(,"retweeted_status":{})")),
         "post.repost"},
        {activity("post.create", post_v2("11")), "other"},
        {activity("post.delete", R"({"id":"5","author_id":"22"})"), "post.deleted"},
        {activity("post.repost.create", "{}"), "post.repost"},
        {activity("like.create", "{}"), "post.like"},
        {activity("follow.follow", "{}"), "account.follow"},
        {activity("follow.unfollow", "{}"), "account.unfollow"},
        {activity("mute.mute", "{}"), "account.mute"},
        {activity("block.unblock", "{}"), "account.unblock"},
        {activity("chat.sent", "{}"), "message.echo"},
        {activity("chat.conversation_join", "{}"), "message.join"},
        {activity("dm.read", "{}"), "message.read"},
        {activity("dm.indicate_typing", R"({"direct_message_indicate_typing_events":[{}]})"),
         "message.typing"},
        {activity("profile.update.bio", "{}"), "other"},
        {activity("news.new", "{}"), "other"},
        {R"({"replay_job_status":{"job_id":"1","job_state":"Complete"}})", "replay.status"},
        {R"({"user_event":{"revoke":{"source":{"user_id":"11"}}}})", "access.revoked"},
        {R"({"user_event":{"something_new":{}}})", "account.other"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.body);
        const Event event = only_event(row.body);
        CHECK(event.kind == EventKind::recorded);
        CHECK(event.type == row.type);
        CHECK_FALSE(event.event_id.empty());
        CHECK(event.event_id == only_event(row.body).event_id);
        CHECK(event.text.empty());
    }
    CHECK(parsed(R"({"for_user_id":"11"})").empty());
    CHECK(parsed(account_activity("tweet_create_events", "")).empty());
}

TEST_CASE("x: an account that takes back its consent is named") {
    const Event classic =
        only_event(R"({"user_event":{"revoke":{"date_time":"2026-07-23T21:44:05+00:00",)"
                   R"("target":{"app_id":"13090192"},"source":{"user_id":"63046977"}}}})");
    CHECK(classic.account == "63046977");
    CHECK(to_rfc3339(classic.occurred_at) == "2026-07-23T21:44:05.000Z");
    const Event modern = only_event(
        R"({"data":{"event_uuid":"5934540941047412905","filter":{},"event_type":"oauth.revoke",)"
        R"("payload":{"date_time":"2026-07-23T21:44:05+00:00","user_id":"63046977","app_id":"2"}}})");
    CHECK(modern.type == "access.revoked");
    CHECK(modern.account == "63046977");
}

TEST_CASE("x: a post of a filtered stream is nobody's and is counted as ignored") {
    const auto items = parsed(R"({"data":{"id":"1","text":"x"},"matching_rules":[]})");
    REQUIRE(items.size() == 1);
    CHECK_FALSE(items.front().event);
    CHECK(items.front().ignored == "filtered stream");
}

TEST_CASE("x: only what concerns the whole connection is for every brand of it") {
    const std::pair<std::string, bool> rows[] = {
        {R"({"replay_job_status":{"job_id":"1","job_state":"Complete"}})", true},
        {R"({"user_event":{"revoke":{"source":{}}}})", true},
        {R"({"user_event":{"revoke":{"source":{"user_id":"11"}}}})", false},
        {R"({"user_event":{"something_new":{}}})", false},
        {R"({"data":{"event_type":"follow.follow","filter":{},"payload":{}}})", false},
        {activity("like.create", "{}"), false},
    };
    for (const auto& [body, every] : rows) {
        CAPTURE(body);
        CHECK(only_event(body).for_every_brand == every);
    }
}

TEST_CASE("x: the end of a replay job tells how it went") {
    const Event event =
        only_event(R"({"replay_job_status":{"webhook_id":"1","job_state":"Incomplete",)"
                   R"("job_state_description":"Job failed to deliver all events","job_id":"7"}})");
    CHECK(field(event, "replay.state") == "Incomplete");
    CHECK(field(event, "replay.job") == "7");
    CHECK(field(event, "replay.description").starts_with("Job failed"));
}

TEST_CASE("x: several things in one body are several items, and a bad one leaves the others") {
    const auto items = parsed(
        R"({"for_user_id":"11","direct_message_events":[)" + message("22", "11") +
        R"(,7,{"type":"message_create","id":1.5,"message_create":{}}],"tweet_create_events":[)" +
        post("22") + R"(],"favorite_events":3})");
    REQUIRE(items.size() == 5);
    CHECK(items[0].event);
    REQUIRE_FALSE(items[1].event);
    CHECK(items[1].event.error() == "/direct_message_events/1: must be an object");
    CHECK(items[1].raw == R"({"for_user_id":"11","direct_message_events":[7]})");
    CHECK(items[4].raw == R"({"for_user_id":"11","favorite_events":3})");
    REQUIRE_FALSE(items[2].event);
    CHECK(items[2].event.error() == "/direct_message_events/2/id: must be an id");
    CHECK(items[3].event->type == "contact.post");
    REQUIRE_FALSE(items[4].event);
    CHECK(items[4].event.error() == "/favorite_events: must be a list");
}

// What quarantine keeps of one item is sent again as it is.
TEST_CASE("x: each item of a batch is kept as a request of its own") {
    const std::string both = "[" + message("22", "11") + "," + message("22", "11", "7") + "]";
    const std::string bodies[] = {
        R"({"for_user_id":"11","direct_message_events":)" + both + R"(,"tweet_create_events":[)" +
            post("22") +
            R"(,{}],"favorite_events":[{}],"user_event":{"revoke":{"source":)"
            R"({"user_id":"11"}}},"replay_job_status":{"job_id":"1"},)"
            R"("users":{"22":{"name":"Jo","screen_name":"jo"}}})",
        activity("dm.received",
                 R"({"direct_message_events":)" + both + R"(,"users":{"22":{"name":"Jo"}}})"),
    };
    for (const std::string& body : bodies) {
        for (const ParsedItem& item : parsed(body)) {
            if (item.raw.empty()) continue;
            CAPTURE(item.raw);
            const auto again = parsed(item.raw);
            REQUIRE(again.size() == 1);
            const ParsedItem& one = again.front();
            REQUIRE(one.event.has_value() == item.event.has_value());
            if (!one.event) continue;
            CHECK(one.event->type == item.event->type);
            CHECK(one.event->event_id == item.event->event_id);
            CHECK(one.event->account == item.event->account);
            CHECK(one.event->customer.name == item.event->customer.name);
        }
    }
}

TEST_CASE("x: more items than X ever sends are kept as one body") {
    std::string many = "{}";
    for (int i = 1; i < 2000; ++i) many += ",{}";
    CHECK(parsed(account_activity("favorite_events", many)).size() == 2000);
    const auto refused = read(account_activity("favorite_events", many + ",{}"));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message == "more than 2000 items in one request");
}

// Each of them verified, so each of them gets an answer: an error that names what is wrong, or
// items of which none is a contact without an id and a customer.
TEST_CASE("x: malformed and hostile bodies end in an answer") {
    const std::string deep = std::string(200, '[') + std::string(200, ']');
    std::vector<std::string> bodies = {
        "",
        " ",
        "{",
        "}",
        "[",
        "]",
        "null",
        "true",
        "0",
        "\"\"",
        "{}",
        "[]",
        "[{}]",
        "{}{}",
        "{\"a\"}",
        "{\"a\":}",
        "{,}",
        "{\"a\":1,}",
        "{'a':1}",
        "\xEF\xBB\xBF{}",
        "{\"a\":\"\x01\"}",
        "{\"a\":\"\xFF\"}",
        "{\"a\":\"\\ud800\"}",
        std::string("{\"a\":\"\0\"}", 9),
        "{\"a\":" + deep + "}",
        R"({"data":null})",
        R"({"data":7})",
        R"({"data":[]})",
        R"({"data":""})",
        R"({"data":{}})",
        R"({"data":{"event_type":7}})",
        R"({"data":{"event_type":"dm.received"}})",
        R"({"data":{"event_type":"dm.received","payload":7}})",
        R"({"data":{"event_type":"dm.received","payload":[]}})",
        R"({"data":{"event_type":"dm.received","payload":{"direct_message_events":{}}}})",
        R"({"data":{"event_type":"dm.received","payload":{"direct_message_events":[null]}}})",
        R"({"data":{"event_type":"dm.received","filter":7,"payload":{}}})",
        R"({"data":{"event_type":"dm.received","filter":{"user_id":{}},"payload":{}}})",
        R"({"data":{"event_type":"","payload":{}}})",
        R"({"data":{"event_type":")" + std::string(100000, 'x') + R"(","payload":{}}})",
        R"({"data":{"event_type":"chat.received","payload":{}}})",
        R"({"data":{"event_type":"chat.received","payload":{"sender_id":"22"}}})",
        R"({"data":{"event_type":"chat.received","payload":{"sender_id":"2 2","id":"1"}}})",
        R"({"data":{"event_type":"chat.received","payload":{"sender_id":"22","id":"../../x"}}})",
        R"({"data":{"event_type":"chat.received","payload":{"sender_id":{},"id":[]}}})",
        R"({"data":{"event_type":"post.mention.create","payload":{}}})",
        R"({"data":{"event_type":"post.mention.create","payload":{"id":"1"}}})",
        R"({"data":{"event_type":"post.mention.create","payload":{"id":"1","author_id":1.5}}})",
        R"({"data":{"event_type":"post.mention.create","payload":{"id":"1\n","author_id":"2"}}})",
        R"({"data":{"event_type":"post.mention.create","payload":{"id":"1","id":"2","author_id":"2"}}})",
        R"({"data":{"event_type":"post.mention.create","payload":{"id":")" + std::string(129, '1') +
            R"(","author_id":"2"}}})",
        R"({"data":{"event_type":"post.mention.create","event_type":"dm.sent","payload":{}}})",
        R"({"data":{"event_type":"oauth.revoke","payload":{"user_id":[]}}})",
        R"({"data":{"event_type":"like.create","event_uuid":1.5,"payload":{}}})",
        R"({"data":{"event_type":"like.create","event_uuid":"a b","payload":{}}})",
        R"({"for_user_id":""})",
        R"({"for_user_id":"1 1"})",
        R"({"for_user_id":[]})",
        R"({"for_user_id":"11","for_user_id":"12","favorite_events":[{}]})",
        R"({"for_user_id":"11","direct_message_events":null})",
        R"({"for_user_id":"11","direct_message_events":{}})",
        R"({"for_user_id":"11","direct_message_events":[[]]})",
        R"({"for_user_id":"11","direct_message_events":[{"message_create":null}]})",
        R"({"for_user_id":"11","direct_message_events":[{"message_create":{}}]})",
        R"({"for_user_id":"11","direct_message_events":[{"id":"1","message_create":7}]})",
        R"({"for_user_id":"11","direct_message_events":[{"id":"1","message_create":{"sender_id":7.5}}]})",
        R"({"for_user_id":"11","direct_message_events":[{"id":"1","message_create":{"sender_id":"2","target":7}}]})",
        R"({"for_user_id":"11","direct_message_events":[{"id":"1","message_create":{"sender_id":"2","message_data":7}}]})",
        R"({"for_user_id":"11","direct_message_events":[{"id":"1","message_create":{"sender_id":"2","message_data":{"text":{}}}}]})",
        R"({"for_user_id":"11","direct_message_events":[{"id":"1","message_create":{"sender_id":"2","message_data":{"attachment":[1]}}}]})",
        R"({"for_user_id":"11","direct_message_events":[{"id":"1","message_create":{"sender_id":"2","message_data":{"quick_reply_response":"x"}}}]})",
        R"({"for_user_id":"11","direct_message_events":[{"id":"1","created_timestamp":"-1","message_create":{"sender_id":"2"}}]})",
        R"({"for_user_id":"11","direct_message_events":[{"id":"1","created_timestamp":99999999999999999,"message_create":{"sender_id":"2"}}]})",
        R"({"for_user_id":"11","users":[],"direct_message_events":[{"id":"1","message_create":{"sender_id":"2"}}]})",
        R"({"for_user_id":"11","users":{"2":7},"direct_message_events":[{"id":"1","message_create":{"sender_id":"2"}}]})",
        R"({"for_user_id":"11","tweet_create_events":[{}]})",
        R"({"for_user_id":"11","tweet_create_events":[{"id_str":"1"}]})",
        R"({"for_user_id":"11","tweet_create_events":[{"id_str":"1","user":7}]})",
        R"({"for_user_id":"11","tweet_create_events":[{"id_str":"1","user":{"id":null}}]})",
        R"({"for_user_id":"11","tweet_create_events":[{"id_str":"<script>","user":{"id":2}}]})",
        R"({"for_user_id":"11","tweet_create_events":[{"id_str":"1","created_at":"Foo May 99 14:01:46 +0000 2025","user":{"id":2}}]})",
        R"({"for_user_id":"11","tweet_create_events":[{"id_str":"1","extended_tweet":7,"entities":7,"quoted_status":7,"user":{"id":2}}]})",
        R"({"for_user_id":"11","tweet_create_events":[{"id_str":"1","extended_entities":{"media":{}},"user":{"id":2,"screen_name":"../../evil?"}}]})",
        R"({"user_event":7})",
        R"({"user_event":{"revoke":7}})",
        R"({"user_event":{"revoke":{"source":7}}})",
        R"({"replay_job_status":7})",
        R"({"replay_job_status":{"job_state":{}}})",
        R"({"unknown":"member"})",
    };
    CHECK(bodies.size() >= 70);
    for (const std::string& body : bodies) {
        CAPTURE(body.substr(0, 200));
        const auto items = read(body);
        if (!items) {
            CHECK(items.error().code == ErrorCode::bad_request);
            CHECK_FALSE(items.error().message.empty());
            continue;
        }
        for (const ParsedItem& item : *items) {
            if (!item.event) {
                CHECK_FALSE(item.event.error().empty());
                continue;
            }
            const Event& event = *item.event;
            CHECK_FALSE(event.event_id.empty());
            CHECK(event.event_id.size() < 200);
            CHECK(event.attribution.size() < 10);
            if (event.kind == EventKind::contact) CHECK_FALSE(event.customer.platform_id.empty());
            CHECK((event.post_url.empty() || event.post_url.starts_with("https://x.com/")));
            CHECK(event.post_url.find_first_of("<> ?\n") == std::string::npos);
            CHECK(event.post_url.find("..") == std::string::npos);
        }
    }
}

TEST_CASE("x: a handle that is none is left out of the post's address") {
    const Event event = only_event(account_activity(
        "tweet_create_events", R"({"id_str":"1","user":{"id":2,"screen_name":"../../evil?"}})"));
    CHECK(event.post_url == "https://x.com/i/status/1");
}

TEST_CASE("x: the shared samples are read") {
    struct Row {
        std::string file;
        std::string type;
        std::string id;
    };
    const Row rows[] = {
        {"x/aaa_dm_image.json", "contact.dm", "123"},
        {"x/aaa_tweet_create_reply.json", "contact.post", "1"},
        {"constructed/aaa_dm_echo_outgoing.json", "message.echo", "echo:954491830116155397"},
        {"constructed/xaa_dm_received.json", "contact.dm", "2080765901528535096"},
        {"constructed/xaa_chat_received_encrypted.json", "contact.dm",
         "e4f4d3fc-8bbf-4928-92eb-e5058d6bb6f6"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.file);
        const auto body = test::shared_sample(row.file);
        if (!body) {
            MESSAGE("skipped: the shared samples are not beside the project");
            return;
        }
        const Event event = only_event(*body);
        CHECK(event.type == row.type);
        CHECK(event.event_id == row.id);
    }
    const Event image = only_event(*test::shared_sample("x/aaa_dm_image.json"));
    REQUIRE(image.attachments.size() == 1);
    CHECK(image.attachments[0].url == "https://pbs.twimg.com/media/DOhM30VVwAEpIHq.jpg");
}

}  // namespace
}  // namespace tapline
