#include <algorithm>

#include "adapters/time_text.h"
#include "adapters/usual_reply.h"
#include "tests/adapters/sources/meta_support.h"

namespace tapline {
namespace {

using test::field;
using test::summary;

Event read(const std::string& body) {
    return test::only_event("messenger", body);
}

std::string envelope(const std::string& items, const std::string& list = "messaging") {
    return R"({"object":"page","entry":[{"id":"1048","time":1755779283000,")" + list + "\":[" +
           items + "]}]}";
}

std::string item(const std::string& what, const std::string& sender = R"({"id":"601"})") {
    return R"({"sender":)" + sender + R"(,"recipient":{"id":"1048"},"timestamp":1755779282001,)" +
           what + "}";
}

std::string feed(const std::string& value, const std::string& name = "feed") {
    return R"({"object":"page","entry":[{"id":"1048","time":1755779280,"changes":[{"field":")" +
           name + R"(","value":)" + value + "}]}]}";
}

TEST_CASE("messenger: a message is a contact of the page, from a page-scoped id") {
    const Event event = read(envelope(item(R"("message":{"mid":"m_1","text":"Is it in stock?"})")));
    CHECK(event.kind == EventKind::contact);
    CHECK(event.type == "contact.dm");
    CHECK(event.provider == "messenger");
    CHECK(event.connection == "meta-main");
    CHECK(event.account == "1048");
    CHECK(event.event_id == "m_1");
    CHECK(event.text == "Is it in stock?");
    CHECK(event.customer.platform_id == "601");
    CHECK(event.reply.how == "messenger");
    CHECK(event.reply.account == "1048");
    CHECK(event.reply.to == "601");
    REQUIRE(event.reply_before);
    CHECK(to_rfc3339(*event.reply_before) == "2025-08-22T12:28:02.001Z");
}

TEST_CASE("messenger: an m.me link's ref is found in all three places") {
    const std::string referral =
        R"("referral":{"ref":"7K3M9Q2X4","source":"SHORTLINK","type":"OPEN_THREAD",)"
        R"("referer_uri":"https://acme.example/","ad_id":"6045246247433",)"
        R"("ads_context_data":{"ad_title":"Spring","photo_url":"https://x/p","post_id":"9",)"
        R"("product_id":"8","flow_id":"7"}})";
    const std::pair<std::string, const char*> rows[] = {
        {referral, "dm.referral"},
        {R"("postback":{"title":"Get Started","payload":"START",)" + referral + "}", "contact.dm"},
        {R"("message":{"mid":"m_1",)" + referral + "}", "contact.dm"},
    };
    for (const auto& [what, type] : rows) {
        CAPTURE(what);
        const Event event = read(envelope(item(what)));
        CHECK(event.type == type);
        CHECK(event.ref == "7K3M9Q2X4");
        CHECK(event.customer.platform_id == "601");
        CHECK(field(event, "referral.source") == "SHORTLINK");
        CHECK(field(event, "referral.type") == "OPEN_THREAD");
        CHECK(field(event, "referral.referer_uri") == "https://acme.example/");
        CHECK(field(event, "referral.ad_id") == "6045246247433");
        CHECK(field(event, "referral.ads_context_data.ad_title") == "Spring");
        CHECK(field(event, "referral.ads_context_data.photo_url") == "https://x/p");
        CHECK(field(event, "referral.ads_context_data.post_id") == "9");
        CHECK(field(event, "referral.ads_context_data.product_id") == "8");
        CHECK(field(event, "referral.ads_context_data.flow_id") == "7");
    }
}

TEST_CASE("messenger: an opt-in opens the thread with its ref, also of somebody unknown") {
    const Event known = read(envelope(item(R"("optin":{"ref":"spring","type":"one_time"})")));
    CHECK(known.type == "dm.optin");
    CHECK(known.kind == EventKind::recorded);
    CHECK(known.ref == "spring");
    CHECK(known.customer.platform_id == "601");
    const Event unknown = read(envelope(
        R"({"recipient":{"id":"1048"},"timestamp":1755779282001,"optin":{"ref":"s","user_ref":"u-1"}})"));
    CHECK(unknown.type == "dm.optin");
    CHECK(unknown.customer.platform_id == "u-1");
    const Event writes =
        read(envelope(item(R"("message":{"mid":"m_1","text":"x"})", R"({"user_ref":"u-1"})")));
    CHECK(writes.kind == EventKind::contact);
    CHECK(writes.customer.platform_id == "u-1");
    CHECK(writes.reply.how == "messenger_user_ref");
    CHECK(writes.reply.to == "u-1");
}

TEST_CASE("messenger: receipts, reactions, echoes and standby ask for nothing") {
    struct Row {
        std::string what;
        std::string type;
    };
    const Row rows[] = {
        {R"("delivery":{"mids":["m_1","m_2"],"watermark":1755779282000})", "message.delivered"},
        {R"("delivery":{"watermark":1755779282000})", "message.delivered"},
        {R"("read":{"watermark":1755779282000})", "message.read"},
        {R"("reaction":{"mid":"m_1","action":"react","reaction":"love","emoji":"x"})",
         "message.reaction"},
        {R"("message":{"mid":"m_1","text":"x","is_echo":true,"app_id":1})", "message.echo"},
        {R"("message_edit":{"mid":"m_1","text":"x","num_edit":1})", "message.other"},
        {R"("pass_thread_control":{"new_owner_app_id":1})", "message.other"},
    };
    std::vector<std::string> ids;
    for (const Row& row : rows) {
        CAPTURE(row.what);
        const Event event = read(envelope(item(row.what)));
        CHECK(event.kind == EventKind::recorded);
        CHECK(event.type == row.type);
        CHECK(event.text.empty());
        CHECK_FALSE(event.reply_before);
        CHECK(std::find(ids.begin(), ids.end(), event.event_id) == ids.end());
        ids.push_back(event.event_id);
    }
    // Postbacks in standby come without payload.
    CHECK(summary(test::read_body("messenger",
                                  envelope(item(R"("postback":{"title":"x"})") + "," +
                                               item(R"("message":{"mid":"m"})", R"({"id":"1048"})"),
                                           "standby"))) == "standby.message, standby.echo");
}

TEST_CASE("messenger: a later watermark is another receipt, the same one is not") {
    const auto id = [](const std::string& mark) {
        return read(envelope(item(R"("read":{"watermark":)" + mark + "}"))).event_id;
    };
    CHECK(id("1755779282000") == id("1755779282000"));
    CHECK(id("1755779282000") != id("1755779282001"));
}

TEST_CASE("messenger: a place is a geo URI, a sticker has its number") {
    const Event event = read(envelope(item(
        R"("message":{"mid":"m_1","attachments":[{"type":"location","payload":)"
        R"({"title":"Here","coordinates":{"lat":48.137,"long":11.575}}},)"
        R"({"type":"location","payload":{"coordinates":{"lat":1}}},)"
        R"({"type":"sticker","payload":{"url":"https://x/s","sticker_id":369239263222822}}]})")));
    REQUIRE(event.attachments.size() == 3);
    CHECK(event.attachments[0].type == "location");
    CHECK(event.attachments[0].url == "geo:48.137,11.575");
    CHECK(event.attachments[0].name == "Here");
    CHECK(event.attachments[1].url.empty());
    CHECK(event.attachments[2].type == "sticker");
    CHECK(event.attachments[2].url == "https://x/s");
    CHECK(field(event, "message.sticker_id") == "369239263222822");
}

TEST_CASE("messenger: what a visitor writes in public is a contact with the post's address") {
    struct Row {
        std::string value;
        std::string kind;
        std::string id;
        std::string url;
    };
    const std::string who = R"("from":{"id":"601","name":"Jane"},"created_time":1755779279,)";
    const Row rows[] = {
        {R"({"item":"comment","verb":"add",)" + who +
             R"("comment_id":"7_9","post_id":"1048_7","parent_id":"1048_7","message":"how much?",)"
             R"("post":{"permalink_url":"https://www.facebook.com/1048/posts/7"}})",
         "comment", "7_9", "https://www.facebook.com/1048/posts/7"},
        {R"({"item":"comment","verb":"add",)" + who +
             R"("comment_id":"7_9","post_id":"1048_7","message":"how much?"})",
         "comment", "7_9", "https://www.facebook.com/7_9"},
        {R"({"item":"post","verb":"add",)" + who + R"("post_id":"1048_8","message":"how much?"})",
         "post", "1048_8", "https://www.facebook.com/1048_8"},
        {R"({"item":"status","verb":"add",)" + who + R"("post_id":"a/b","message":"how much?"})",
         "post", "a/b", ""},
    };
    for (const Row& row : rows) {
        CAPTURE(row.value);
        const Event event = read(feed(row.value));
        CHECK(event.type == "contact.post");
        CHECK(event.channel == Channel::post);
        CHECK(event.is_public);
        CHECK(event.event_id == row.id);
        CHECK(event.post_url == row.url);
        CHECK(event.text == "how much?");
        CHECK(event.customer.platform_id == "601");
        CHECK(event.customer.name == "Jane");
        CHECK(event.reply.how == "facebook_comment");
        CHECK(event.reply.to == row.id);
        CHECK(field(event, "post.kind") == row.kind);
        REQUIRE(event.reply_before);
        CHECK(to_rfc3339(*event.reply_before) == "2025-08-28T12:27:59.000Z");
        const auto usual = usual_reply("messenger", Channel::post, {});
        CHECK(event.reply.how == usual.how);
        CHECK(*event.reply_before == event.occurred_at + *usual.window);
    }
}

TEST_CASE("messenger: a mention is a contact that cannot be answered in private") {
    const Event event = read(feed(
        R"({"item":"post","verb":"add","post_id":"55_66","sender_name":"Jane","message":"@shop"})",
        "mention"));
    CHECK(event.type == "contact.post");
    CHECK(field(event, "post.kind") == "mention");
    CHECK(event.customer.platform_id.empty());
    CHECK_FALSE(event.reply_before);
}

TEST_CASE("messenger: the page's own writing, likes, edits and removals are recorded") {
    const std::pair<const char*, const char*> rows[] = {
        {R"({"item":"comment","verb":"add","comment_id":"7_9","from":{"id":"1048"}})", "post.echo"},
        {R"({"item":"reaction","verb":"add","post_id":"1_2","from":{"id":"6"}})", "change.other"},
        {R"({"item":"comment","verb":"edited","comment_id":"7_9","from":{"id":"6"}})",
         "change.other"},
        {R"({"item":"comment","verb":"remove","comment_id":"7_9","from":{"id":"6"}})",
         "change.other"},
        {R"({"item":"comment","verb":"add","from":{"id":"6"}})", "change.other"},
        {"7", "change.other"},
    };
    for (const auto& [value, type] : rows) {
        CAPTURE(value);
        const Event event = read(feed(value));
        CHECK(event.kind == EventKind::recorded);
        CHECK(event.type == type);
        CHECK(event.event_id != "7_9");
    }
}

TEST_CASE("messenger: bodies of the family's other products are refused") {
    for (const char* object : {"instagram", "whatsapp_business_account", ""}) {
        CAPTURE(object);
        CHECK(summary(test::read_body(
                  "messenger", R"({"object":")" + std::string(object) + R"(","entry":[]})")) ==
              "refused: /object: must be \"page\"");
    }
    CHECK(summary(test::read_body("messenger", R"({"object":7,"entry":[]})")) ==
          "refused: /object: must be \"page\"");
}

}  // namespace
}  // namespace tapline
