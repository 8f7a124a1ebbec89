#include <doctest/doctest.h>

#include "adapters/crypto.h"
#include "adapters/sources/meta.h"
#include "adapters/sources/registry.h"
#include "adapters/time_text.h"
#include "adapters/usual_reply.h"
#include "tests/adapters/sources/request.h"

namespace tapline {
namespace {

using test::field;
using test::kNow;
using test::Request;

const Source& instagram() {
    return *find_source("instagram");
}

SourceSecrets secrets() {
    SourceSecrets s;
    s.connection = "meta-main";
    s.secrets = {"app-secret"};
    s.verify_token = "let me in";
    return s;
}

std::vector<ParsedItem> parsed(const std::string& body) {
    Request request;
    request.body = body;
    auto items = instagram().parse(request.view(), secrets(), kNow);
    REQUIRE(items);
    return std::move(*items);
}

Event only_event(const std::string& body) {
    const auto items = parsed(body);
    REQUIRE(items.size() == 1);
    if (!items.front().event) FAIL(items.front().event.error());
    return *items.front().event;
}

std::string envelope(const std::string& items, const std::string& list = "messaging") {
    return R"({"object":"instagram","entry":[{"id":"178","time":1755779283000,")" + list + "\":[" +
           items + "]}]}";
}

std::string item(const std::string& what, const std::string& sender = "601") {
    return R"({"sender":{"id":")" + sender +
           R"("},"recipient":{"id":"178"},"timestamp":1755779282001,)" + what + "}";
}

std::string challenge(const std::string& query, const SourceSecrets& with = secrets()) {
    Request request;
    request.method = "GET";
    request.query = query;
    const auto answer = instagram().challenge(request.view(), with);
    if (!answer) return "none";
    CHECK(answer->content_type == "text/plain; charset=utf-8");
    return std::to_string(answer->status) + (answer->status == 200 ? " " + answer->body : "");
}

TEST_CASE("instagram: the handshake echoes a harmless challenge for our token alone") {
    const std::string token = "&hub.verify_token=let%20me+in";
    CHECK(challenge("hub.mode=subscribe&hub.challenge=1158201444" + token) == "200 1158201444");
    CHECK(challenge("hub_mode=subscribe&hub_challenge=a-_.Z&hub_verify_token=let+me+in") ==
          "200 a-_.Z");
    CHECK(challenge("hub.mode=subscribe&hub.challenge=1&hub.verify_token=let+me+i") == "403");
    CHECK(challenge("hub.mode=subscribe&hub.challenge=1&hub.verify_token=") == "403");
    CHECK(challenge("hub.mode=subscribe&hub.challenge=1") == "403");
    CHECK(challenge("hub.mode=subscribe&hub.challenge=<script>" + token) == "403");
    CHECK(challenge("hub.mode=subscribe&hub.challenge=" + token) == "403");
    CHECK(challenge("hub.mode=subscribe&hub.challenge=" + std::string(129, '1') + token) == "403");
    CHECK(challenge("hub.mode=subscribe&hub.challenge=1&hub.verify_token=", SourceSecrets{}) ==
          "403");
    CHECK(challenge("hub.mode=other&hub.challenge=1" + token) == "none");
    CHECK(challenge("") == "none");
}

TEST_CASE("instagram: a POST is no handshake, a GET is no event") {
    Request request;
    request.query = "hub.mode=subscribe&hub.challenge=1&hub.verify_token=let+me+in";
    CHECK_FALSE(instagram().challenge(request.view(), secrets()));
    request.method = "GET";
    request.headers = {{"x-hub-signature-256", meta_signature("app-secret", "")}};
    const auto refused = instagram().verify(request.view(), secrets(), kNow);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::bad_request);
}

TEST_CASE("instagram: nothing is below the connection's own URL") {
    Request request;
    request.body = envelope(item(R"("message":{"mid":"m_1"})"));
    request.headers = {{"x-hub-signature-256", meta_signature("app-secret", request.body)}};
    REQUIRE(instagram().verify(request.view(), secrets(), kNow));
    for (const char* rest : {"/", "/anything"}) {
        CAPTURE(rest);
        request.rest = rest;
        const auto refused = instagram().verify(request.view(), secrets(), kNow);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code == ErrorCode::bad_request);
    }
    request.method = "GET";
    request.query = "hub.mode=subscribe&hub.challenge=1&hub.verify_token=let+me+in";
    CHECK_FALSE(instagram().challenge(request.view(), secrets()));
}

TEST_CASE("instagram: one spelling of the signature, once, over the raw bytes") {
    Request request;
    request.body = "{\"a\":\"\\u00e4\"}";
    const std::string right = meta_signature("app-secret", request.body);
    const auto holds = [&](const std::vector<std::string>& values) {
        request.headers.clear();
        for (const std::string& value : values) {
            request.headers.emplace_back("x-hub-signature-256", value);
        }
        return instagram().verify(request.view(), secrets(), kNow).has_value();
    };
    CHECK(holds({right}));
    std::string upper = right;
    std::transform(upper.begin() + 7, upper.end(), upper.begin() + 7,
                   [](char c) { return c >= 'a' ? static_cast<char>(c - 32) : c; });
    CHECK_FALSE(holds({upper}));
    CHECK_FALSE(holds({right.substr(7)}));
    CHECK_FALSE(holds({"sha1=" + to_hex(hmac_sha1("app-secret", request.body))}));
    CHECK_FALSE(holds({"sha256=" + right}));
    CHECK_FALSE(holds({right + " "}));
    CHECK_FALSE(holds({right, right}));
    CHECK_FALSE(holds({right, meta_signature("other", request.body)}));
    CHECK_FALSE(holds({""}));
    CHECK_FALSE(holds({}));
    request.body = "{\"a\":\"\xC3\xA4\"}";
    CHECK_FALSE(holds({right}));
}

TEST_CASE("instagram: a message becomes a contact with its text byte for byte") {
    const Event event = only_event(
        envelope(item(R"("message":{"mid":"m_1","text":"Gr\u00fc\u00dfe \ud83d\ude00 <\/b>\n"})")));
    CHECK(event.kind == EventKind::contact);
    CHECK(event.type == "contact.dm");
    CHECK(event.channel == Channel::dm);
    CHECK(event.event_id == "m_1");
    CHECK(event.provider == "instagram");
    CHECK(event.connection == "meta-main");
    CHECK(event.account == "178");
    CHECK(event.customer.platform_id == "601");
    CHECK(event.text ==
          "Gr\xC3\xBC\xC3\x9F"
          "e \xF0\x9F\x98\x80 </b>\n");
    CHECK(to_rfc3339(event.occurred_at) == "2025-08-21T12:28:02.001Z");
    CHECK(event.reply.how == "instagram_dm");
    CHECK(event.reply.account == "178");
    CHECK(event.reply.to == "601");
    CHECK(event.auth == "signature");
    CHECK(event.ref.empty());
}

TEST_CASE("instagram: the three places of a referral") {
    const std::string referral =
        R"("referral":{"ref":"7K3M9Q2X4","source":"SHORTLINKS","type":"OPEN_THREAD","ad_id":9007199254740993,)"
        R"("ads_context_data":{"ad_title":"Spring","photo_url":null}})";
    struct Row {
        std::string what;
        EventKind kind;
        std::string type;
        std::string text;
    };
    const Row rows[] = {
        {referral, EventKind::recorded, "dm.referral", ""},
        {R"("postback":{"mid":"p_1","title":"Call me","payload":"CALL",)" + referral + "}",
         EventKind::contact, "contact.dm", "Call me"},
        {R"("message":{"mid":"m_1","text":"hi",)" + referral + "}", EventKind::contact,
         "contact.dm", "hi"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        const Event event = only_event(envelope(item(row.what)));
        CHECK(event.kind == row.kind);
        CHECK(event.type == row.type);
        CHECK(event.text == row.text);
        CHECK(event.ref == "7K3M9Q2X4");
        CHECK(field(event, "referral.source") == "SHORTLINKS");
        CHECK(field(event, "referral.ad_id") == "9007199254740993");
        CHECK(field(event, "referral.ads_context_data.ad_title") == "Spring");
        CHECK(field(event, "referral.ref").empty());
    }
}

TEST_CASE("instagram: things without a mid get an id that redelivery repeats") {
    const std::string referral = R"("referral":{"ref":"a","type":"OPEN_THREAD"})";
    const std::string id = only_event(envelope(item(referral))).event_id;
    CHECK(id.starts_with("referral:"));
    CHECK(only_event(envelope(item(referral))).event_id == id);
    CHECK(only_event(envelope(item(referral, "602"))).event_id != id);
    CHECK(only_event(envelope(item(R"("referral":{"ref":"b"})"))).event_id != id);
    const std::string standby = R"("postback":{"title":"Call me"})";
    CHECK(only_event(envelope(item(standby))).event_id ==
          only_event(envelope(item(standby))).event_id);
}

TEST_CASE("instagram: what asks for nothing is recorded, under an id of its own") {
    struct Row {
        std::string what;
        std::string type;
        std::string sender = "601";
    };
    const Row rows[] = {
        {R"("message":{"mid":"m_1","text":"x","is_echo":true})", "message.echo"},
        {R"("message":{"mid":"m_1","text":"x"})", "message.echo", "178"},
        {R"("message":{"mid":"m_1","is_deleted":true})", "message.deleted"},
        {R"("read":{"mid":"m_1"})", "message.read"},
        {R"("reaction":{"mid":"m_1","action":"react","emoji":"x"})", "message.reaction"},
        {R"("delivery":{"mids":["m_1"],"watermark":1})", "message.delivered"},
        {R"("something_new":{"mid":"m_1"})", "message.other"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        const Event event = only_event(envelope(item(row.what, row.sender)));
        CHECK(event.kind == EventKind::recorded);
        CHECK(event.type == row.type);
        CHECK(event.text.empty());
        CHECK_FALSE(event.event_id.empty());
        CHECK(event.event_id != "m_1");
    }
    const Event standby =
        only_event(envelope(item(R"("message":{"mid":"m_1","text":"x"})"), "standby"));
    CHECK(standby.kind == EventKind::recorded);
    CHECK(standby.type == "standby.message");
}

TEST_CASE("instagram: attachments of any kind, stories and quick replies") {
    const Event event = only_event(envelope(item(
        R"("message":{"mid":"m_1","attachments":[{"type":"image","payload":{"url":"https://x/1"}},)"
        R"({"type":"story_mention","payload":{"url":"https://x/2","title":"t"}},{"type":"like_heart"},)"
        R"({"type":"brand_new","payload":7},{"type":"ephemeral","payload":null},5],)"
        R"("reply_to":{"mid":"m_0","story":{"id":"s1","url":"https://x/s"}},"quick_reply":{"payload":"Q"}})")));
    CHECK(event.kind == EventKind::contact);
    REQUIRE(event.attachments.size() == 5);
    CHECK(event.attachments[0].type == "image");
    CHECK(event.attachments[0].url == "https://x/1");
    CHECK(event.attachments[1].name == "t");
    CHECK(event.attachments[2].type == "like_heart");
    CHECK(event.attachments[2].url.empty());
    CHECK(event.attachments[3].type == "brand_new");
    CHECK(field(event, "reply_to.story_id") == "s1");
    CHECK(field(event, "reply_to.story_url") == "https://x/s");
    CHECK(field(event, "reply_to.mid") == "m_0");
    CHECK(field(event, "quick_reply.payload") == "Q");
}

TEST_CASE("instagram: timestamps in every spelling, and the entry's when there is none") {
    struct Row {
        std::string written;
        std::string time;
    };
    const Row rows[] = {{"1755779282001", "2025-08-21T12:28:02.001Z"},
                        {"1755779282", "2025-08-21T12:28:02.000Z"},
                        {"\"1755779282\"", "2025-08-21T12:28:02.000Z"},
                        {"\"1755779282001\"", "2025-08-21T12:28:02.001Z"},
                        {"\"2021-09-08T06:34:04+0000\"", "2021-09-08T06:34:04.000Z"},
                        {"null", "2025-08-21T12:28:03.000Z"},
                        {"\"soon\"", "2025-08-21T12:28:03.000Z"}};
    for (const Row& row : rows) {
        CAPTURE(row.written);
        const Event event = only_event(envelope(R"({"sender":{"id":"1"},"timestamp":)" +
                                                row.written + R"(,"message":{"mid":"m"}})"));
        CHECK(to_rfc3339(event.occurred_at) == row.time);
    }
}

TEST_CASE("instagram: an item alone is kept with its body, a broken entry by itself") {
    CHECK(parsed(envelope("7")).front().raw.empty());
    const std::string entry = R"({"id":7.5,"messaging":[]})";
    const auto items = parsed(R"({"object":"instagram","entry":[)" + entry + "," + entry + "]}");
    REQUIRE(items.size() == 2);
    CHECK(items[1].event.error() == "/entry/1/id: must be 1 to 512 bytes of text");
    CHECK(items[1].raw == R"({"object":"instagram","entry":[)" + entry + "]}");
}

TEST_CASE("instagram: more items than Meta ever sends are kept as one body") {
    const auto many = [](int count) {
        std::string list = "7";
        for (int i = 1; i < count; ++i) list += ",7";
        return envelope(list);
    };
    CHECK(parsed(many(2000)).size() == 2000);
    Request request;
    request.body = many(2001);
    const auto items = instagram().parse(request.view(), secrets(), kNow);
    REQUIRE_FALSE(items);
    CHECK(items.error().message == "more than 2000 items in one request");
}

TEST_CASE("instagram: a mistake in one item names its place and leaves the others alone") {
    const std::string good = item(R"("message":{"mid":"m_2"})");
    struct Row {
        std::string bad;
        std::string error;
    };
    const Row rows[] = {
        {R"({"message":{"mid":"m_1"}})", "/entry/0/messaging/0/sender: is missing"},
        {R"({"sender":{"id":1.5},"message":{"mid":"m_1"}})",
         "/entry/0/messaging/0/sender/id: must be 1 to 512 bytes of text"},
        {item(R"("message":{"text":"x"})"),
         "/entry/0/messaging/0/message/mid: must be 1 to 512 bytes of text"},
        {item(R"("message":{"mid":"a","mid":"b"})"),
         "/entry/0/messaging/0/message: holds \"mid\" twice"},
        {item(R"("message":7)"), "/entry/0/messaging/0/message: must be an object"},
        {"[]", "/entry/0/messaging/0: must be an object"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.bad);
        const auto items = parsed(envelope(row.bad + "," + good));
        REQUIRE(items.size() == 2);
        REQUIRE_FALSE(items[0].event);
        CHECK(items[0].event.error() == row.error);
        CHECK(items[0].raw == envelope(row.bad));
        CHECK(items[1].raw == envelope(good));
        REQUIRE(items[1].event);
        CHECK(items[1].event->event_id == "m_2");
    }
}

std::string posted(const std::string& field, const std::string& value) {
    return R"({"object":"instagram","entry":[{"id":"178","time":1755779280,"changes":[{"field":")" +
           field + R"(","value":)" + value + "}]}]}";
}

TEST_CASE("instagram: a comment is a contact in public, with changes[] or without") {
    const std::string change =
        R"("field":"comments","value":{"id":"179","parent_id":"177","text":"how much?",)"
        R"("from":{"id":"6","username":"j"},)"
        R"("media":{"id":"180","media_product_type":"AD","ad_id":"12","ad_title":"Spring",)"
        R"("original_media_id":"181"}})";
    const std::string bodies[] = {
        R"({"object":"instagram","entry":[{"id":"178","time":1755779280,"changes":[{)" + change +
            "}]}]}",
        R"({"object":"instagram","entry":[{"id":"178","time":1755779280,)" + change + "}]}"};
    for (const std::string& body : bodies) {
        CAPTURE(body);
        const Event event = only_event(body);
        CHECK(event.kind == EventKind::contact);
        CHECK(event.type == "contact.post");
        CHECK(event.channel == Channel::post);
        CHECK(event.is_public);
        CHECK(event.event_id == "179");
        CHECK(event.text == "how much?");
        CHECK(event.customer.platform_id == "6");
        CHECK(event.customer.handle == "j");
        CHECK(event.post_url.empty());
        CHECK(event.reply.how == "instagram_comment");
        CHECK(event.reply.account == "178");
        CHECK(event.reply.to == "179");
        CHECK(to_rfc3339(event.occurred_at) == "2025-08-21T12:28:00.000Z");
        REQUIRE(event.reply_before);
        CHECK(to_rfc3339(*event.reply_before) == "2025-08-28T12:28:00.000Z");
        const auto usual = usual_reply("instagram", Channel::post, {});
        CHECK(event.reply.how == usual.how);
        CHECK(*event.reply_before == event.occurred_at + *usual.window);
        CHECK(field(event, "post.kind") == "comment");
        CHECK(field(event, "post.comment_id") == "179");
        CHECK(field(event, "post.parent_id") == "177");
        CHECK(field(event, "media.id") == "180");
        CHECK(field(event, "media.media_product_type") == "AD");
        CHECK(field(event, "media.ad_id") == "12");
        CHECK(field(event, "media.ad_title") == "Spring");
        CHECK(field(event, "media.original_media_id") == "181");
    }
}

TEST_CASE("instagram: a mention names comment or post, and neither writer nor text") {
    struct Row {
        std::string value;
        std::string id;
        std::string to;
    };
    const Row rows[] = {
        {R"({"media_id":"18","comment_id":"17"})", "mention:17", "17"},
        {R"({"media_id":"18"})", "mention:18", "18"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.value);
        const Event event = only_event(posted("mentions", row.value));
        CHECK(event.type == "contact.post");
        CHECK(event.is_public);
        CHECK(event.event_id == row.id);
        CHECK(event.text.empty());
        CHECK(event.customer.platform_id.empty());
        CHECK(event.reply.how == "instagram_mention");
        CHECK(event.reply.to == row.to);
        CHECK_FALSE(event.reply_before);
        CHECK(field(event, "media.id") == "18");
        CHECK(field(event, "post.kind") == "mention");
    }
    const Event nameless = only_event(posted("mentions", "{}"));
    CHECK(nameless.event_id.starts_with("post:"));
}

TEST_CASE("instagram: a comment on a live video is answered while it runs, or in public") {
    const Event event = only_event(posted(
        "live_comments", R"({"id":"179","text":"hi","from":{"id":"6"},"media":{"id":"18"}})"));
    CHECK(event.type == "contact.post");
    CHECK(field(event, "post.kind") == "live_comment");
    CHECK_FALSE(event.reply_before);
}

TEST_CASE("instagram: what the account wrote itself is recorded, however that is told") {
    for (const char* from :
         {R"({"id":"178","username":"shop"})", R"({"id":"9","self_ig_scoped_id":"44"})"}) {
        for (const char* name : {"comments", "live_comments", "mentions"}) {
            CAPTURE(from);
            CAPTURE(name);
            const Event event =
                only_event(posted(name, R"({"id":"179","comment_id":"179","text":"x","from":)" +
                                            std::string(from) + "}"));
            CHECK(event.kind == EventKind::recorded);
            CHECK(event.type == "post.echo");
            CHECK(event.event_id.starts_with("echo:"));
            CHECK_FALSE(event.reply_before);
        }
    }
}

TEST_CASE("instagram: where the post is read is what Meta tells, and only as https") {
    const auto url = [](const std::string& members) {
        return only_event(posted("comments", R"({"id":"179","from":{"id":"6"},)" + members + "}"))
            .post_url;
    };
    CHECK(url(R"("permalink":"https://www.instagram.com/p/A/")") ==
          "https://www.instagram.com/p/A/");
    CHECK(url(R"("media":{"id":"1","permalink":"https://www.instagram.com/p/B/"})") ==
          "https://www.instagram.com/p/B/");
    CHECK(url(R"x("permalink":"javascript:alert(1)")x").empty());
    CHECK(url(R"("permalink":7)").empty());
}

TEST_CASE("instagram: changes that are no posts are recorded under the name of their field") {
    const Event event = only_event(posted("story_insights", R"({"media_id":"18","taps_back":2})"));
    CHECK(event.kind == EventKind::recorded);
    CHECK(event.type == "change.other");
    CHECK(field(event, "change.field") == "story_insights");
    CHECK(event.event_id ==
          only_event(posted("story_insights", R"({"media_id":"18","taps_back":2})")).event_id);
    CHECK(event.event_id != only_event(posted("story_insights", R"({"media_id":"19"})")).event_id);
}

TEST_CASE("instagram: messages in changes[] are the same messages") {
    const Event event = only_event(posted(
        "messages", R"({"sender":{"id":"601"},"timestamp":"1755779282","message":{"mid":"m_1"}})"));
    CHECK(event.type == "contact.dm");
    CHECK(event.event_id == "m_1");
    CHECK(to_rfc3339(event.occurred_at) == "2025-08-21T12:28:02.000Z");
}

TEST_CASE("instagram: a message that Meta does not pass on is a contact without text") {
    const Event event =
        only_event(envelope(item(R"("message":{"mid":"m_1","is_unsupported":true})")));
    CHECK(event.kind == EventKind::contact);
    CHECK(event.text.empty());
    CHECK(field(event, "message.unsupported") == "true");
}

TEST_CASE("instagram: the reply window begins with the event and is what the config says") {
    struct Row {
        std::chrono::seconds configured;
        std::string timestamp;
        std::string before;
    };
    const Row rows[] = {
        {std::chrono::seconds(0), "1755779282001", "2025-08-22T12:28:02.001Z"},
        {std::chrono::hours(24), "1755779282001", "2025-08-22T12:28:02.001Z"},
        {std::chrono::hours(7 * 24), "1755779282001", "2025-08-28T12:28:02.001Z"},
        {std::chrono::hours(7 * 24), "\"1755779282\"", "2025-08-28T12:28:02.000Z"},
        {std::chrono::seconds(0), "null", "2025-08-22T12:28:03.000Z"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.before);
        SourceSecrets with = secrets();
        with.reply_window = row.configured;
        for (const char* what : {R"("message":{"mid":"m"})", R"("postback":{"title":"t"})"}) {
            Request request;
            request.body =
                envelope(R"({"sender":{"id":"1"},"timestamp":)" + row.timestamp + "," + what + "}");
            const auto items = instagram().parse(request.view(), with, kNow);
            REQUIRE(items);
            REQUIRE(items->front().event);
            REQUIRE(items->front().event->reply_before);
            CHECK(to_rfc3339(*items->front().event->reply_before) == row.before);
        }
    }
    const Event timeless = only_event(
        R"({"object":"instagram","entry":[{"id":"178","messaging":[{"sender":{"id":"1"},"message":{"mid":"m"}}]}]})");
    CHECK(timeless.occurred_at == kNow);
    CHECK_FALSE(timeless.reply_before);
    CHECK_FALSE(only_event(envelope(item(R"("read":{"mid":"m"})"))).reply_before);
    CHECK_FALSE(only_event(envelope(item(R"("message":{"mid":"m","is_echo":true})"))).reply_before);
}

TEST_CASE("instagram: the dashboard's Test button is accepted and nobody's") {
    const std::string message = R"({"sender":{"id":"12334"},"message":{"mid":"random_mid"}})";
    for (const std::string& body :
         {R"({"field":"messages","value":)" + message + "}",
          R"({"object":"instagram","entry":[{"id":"0","messaging":[)" + message + "]}]}",
          R"({"object":"instagram","entry":[{"id":"0","changes":[{"field":"messages","value":)" +
              message + "}]}]}",
          std::string(R"({"object":"instagram","entry":[]})")}) {
        CAPTURE(body);
        CHECK(parsed(body).empty());
    }
}

TEST_CASE("instagram: a body that is no webhook is refused as a whole") {
    for (const char* body : {"", "[]", "7", "{}", "{\"object\":\"instagram\"}", "not json",
                             R"({"object":"instagram","entry":{}})",
                             R"({"object":"whatsapp_business_account","entry":[]})",
                             R"({"object":"instagram","entry":[],"entry":[]})"}) {
        CAPTURE(body);
        Request request;
        request.body = body;
        const auto items = instagram().parse(request.view(), secrets(), kNow);
        REQUIRE_FALSE(items);
        CHECK(items.error().code == ErrorCode::bad_request);
    }
}

}  // namespace
}  // namespace tapline
