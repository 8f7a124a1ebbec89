#include "adapters/crypto.h"
#include "adapters/time_text.h"
#include "routes/tracking_number.h"
#include "tests/adapters/sources/meta_support.h"

namespace tapline {
namespace {

using test::field;
using test::summary;
using test::whatsapp_body;
using test::whatsapp_message;

Event read(const std::string& body) {
    return test::only_event("whatsapp", body);
}

TEST_CASE("whatsapp: a message is a contact of the number, with phone and name") {
    const Event event =
        read(whatsapp_message(R"("type":"text","text":{"body":"Is it in stock?"})"));
    CHECK(event.kind == EventKind::contact);
    CHECK(event.type == "contact.dm");
    CHECK(event.provider == "whatsapp");
    CHECK(event.connection == "meta-main");
    CHECK(event.account == "1065");
    CHECK(event.event_id == "wamid.A");
    CHECK(event.text == "Is it in stock?");
    CHECK(event.customer.phone == "+16505551234");
    CHECK(event.customer.platform_id == "16505551234");
    CHECK(event.customer.name == "Sam Roe");
    CHECK(event.reply.how == "whatsapp");
    CHECK(event.reply.account == "1065");
    CHECK(event.reply.to == "16505551234");
    CHECK(to_rfc3339(event.occurred_at) == "2025-06-08T20:59:43.000Z");
    REQUIRE(event.reply_before);
    CHECK(to_rfc3339(*event.reply_before) == "2025-06-09T20:59:43.000Z");
    CHECK(event.line.empty());
}

TEST_CASE("whatsapp: a tracking number of a wa.me link is found in the text") {
    const auto number = TrackingNumber::from_bits(0x123456789A);
    const Event event = read(whatsapp_message(R"("type":"text","text":{"body":"Hello (ref )" +
                                              number.display() + R"( )\n"})"));
    CHECK(event.ref.empty());
    const auto found = find_tracking_numbers(event.text);
    REQUIRE(found.size() == 1);
    CHECK(found.front().display() == number.display());
}

TEST_CASE("whatsapp: somebody without a phone number is known by the id of the business") {
    struct Row {
        std::string contacts;
        std::string sender;
        std::string id;
        std::string phone;
        std::string to;
    };
    const std::string named = R"({"profile":{"name":"Sam","username":"sam.roe"},)";
    const Row rows[] = {
        {named + R"("user_id":"US.1349"})", R"("from_user_id":"US.1349")", "US.1349", "",
         "US.1349"},
        {named + R"("user_id":"US.1349"})", R"("from":"US.1349")", "US.1349", "", "US.1349"},
        {named + R"("wa_id":"16505551234","user_id":"US.1349"})",
         R"("from":"16505551234","from_user_id":"US.1349")", "US.1349", "+16505551234",
         "16505551234"},
        {named + R"("wa_id":"16505551234","user_id":"US.1349"})", R"("from":"16505551234")",
         "US.1349", "+16505551234", "16505551234"},
        // A digit more than the number that wrote.
        {named + R"("wa_id":"5511987654321"})", R"("from":"551187654321")", "551187654321",
         "+551187654321", "551187654321"},
        {R"({"wa_id":"1","profile":{"name":"Other"}},)" + named + R"("user_id":"US.ENT.5.1"})",
         R"("from_user_id":"US.ENT.5.1","from_parent_user_id":"US.ENT.9")", "US.ENT.5.1", "",
         "US.ENT.5.1"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.sender);
        const Event event = read(whatsapp_body(
            "\"contacts\":[" + row.contacts + R"(],"messages":[{)" + row.sender +
            R"(,"id":"wamid.A","timestamp":"1749416383","type":"text","text":{"body":"x"}}])"));
        CHECK(event.customer.platform_id == row.id);
        CHECK(event.customer.phone == row.phone);
        CHECK(event.customer.name == "Sam");
        CHECK(event.customer.handle == "sam.roe");
        CHECK(event.reply.to == row.to);
    }
    const Event parent = read(whatsapp_message(
        R"("type":"text")", R"("from_user_id":"US.5","from_parent_user_id":"US.ENT.9")"));
    CHECK(field(parent, "customer.parent_user_id") == "US.ENT.9");
}

TEST_CASE("whatsapp: of several contacts nobody else's name is taken") {
    const std::string contacts =
        R"("contacts":[{"profile":{"name":"A"},"wa_id":"1"},{"profile":{"name":"B"},"wa_id":"2"}],)";
    const auto name = [&](const std::string& from) {
        return read(whatsapp_body(contacts + R"("messages":[{"from":")" + from +
                                  R"(","id":"w","type":"text"}])"))
            .customer.name;
    };
    CHECK(name("1") == "A");
    CHECK(name("2") == "B");
    CHECK(name("3").empty());
}

TEST_CASE("whatsapp: every kind of message has its text and what is attached") {
    struct Row {
        std::string content;
        std::string text;
        std::string attachment;  // type, URL and name
    };
    const Row rows[] = {
        {R"("type":"image","image":{"id":"5","mime_type":"image/jpeg","sha256":"s","caption":"this"})",
         "this", "image||"},
        {R"("type":"video","video":{"id":"5","url":"https://x/v"})", "", "video|https://x/v|"},
        {R"("type":"audio","audio":{"id":"5","voice":true})", "", "audio||"},
        {R"("type":"document","document":{"id":"5","filename":"order.pdf","caption":"mine"})",
         "mine", "document||order.pdf"},
        {R"("type":"sticker","sticker":{"id":"5","animated":false})", "", "sticker||"},
        {R"("type":"location","location":{"latitude":37.48,"longitude":-122.15,"name":"HQ","address":"1 Way"})",
         "", "location|geo:37.48,-122.15|HQ, 1 Way"},
        {R"("type":"location","location":{"latitude":37})", "", "location||"},
        {R"("type":"contacts","contacts":[{"name":{"formatted_name":"Kim"},"phones":[{"phone":"+1 650","wa_id":"1650"}]}])",
         "", "contact|tel:+1650|Kim"},
        {R"("type":"contacts","contacts":[{"phones":[{"phone":"555"}]}])", "", "contact|tel:555|"},
        {R"("type":"button","button":{"text":"Yes","payload":"P"})", "Yes", ""},
        {R"("type":"interactive","interactive":{"type":"button_reply","button_reply":{"id":"b","title":"Call me"}})",
         "Call me", ""},
        {R"("type":"interactive","interactive":{"type":"list_reply","list_reply":{"id":"l","title":"Blue","description":"d"}})",
         "Blue", ""},
        {R"("type":"interactive","interactive":{"type":"nfm_reply","nfm_reply":{"name":"flow","body":"Sent","response_json":"{\"a\":1}"}})",
         "Sent", ""},
        {R"("type":"order","order":{"catalog_id":"c","text":"two please","product_items":[{"product_retailer_id":"r","quantity":2}]})",
         "two please", ""},
        {R"("type":"unsupported","errors":[{"code":131051,"title":"Unsupported"}])", "", ""},
        {R"("type":"brand_new","brand_new":{"x":1})", "", ""},
        {R"("type":"text")", "", ""},
        {R"("text":{"body":"no type"})", "", ""},
    };
    for (const Row& row : rows) {
        CAPTURE(row.content);
        const Event event = read(whatsapp_message(row.content));
        CHECK(event.type == "contact.dm");
        CHECK(event.text == row.text);
        REQUIRE(event.attachments.size() == (row.attachment.empty() ? 0 : 1));
        if (row.attachment.empty()) continue;
        const Attachment& one = event.attachments.front();
        CHECK(one.type + '|' + one.url + '|' + one.name == row.attachment);
    }
}

TEST_CASE("whatsapp: what belongs to a message is kept under clear names") {
    struct Row {
        std::string content;
        std::string name;
        std::string value;
    };
    const Row rows[] = {
        {R"("type":"image","image":{"id":"5","mime_type":"image/jpeg"})", "media.id", "5"},
        {R"("type":"image","image":{"id":"5","mime_type":"image/jpeg"})", "media.mime_type",
         "image/jpeg"},
        {R"("type":"button","button":{"text":"Yes","payload":"P"})", "button.payload", "P"},
        {R"("type":"interactive","interactive":{"type":"list_reply","list_reply":{"id":"l","title":"t","description":"d"}})",
         "interactive.id", "l"},
        {R"("type":"interactive","interactive":{"type":"nfm_reply","nfm_reply":{"response_json":"{\"a\":1}"}})",
         "interactive.response_json", R"({"a":1})"},
        {R"("type":"order","order":{"catalog_id":"c","product_items":[{"product_retailer_id":"r","quantity":2,"item_price":9.5}]})",
         "order.product_items.0.item_price", "9.5"},
        {R"("type":"unsupported","errors":[{"code":131051}])", "message.unsupported", "true"},
        {R"("type":"unsupported","errors":[{"code":131051}])", "message.errors.0.code", "131051"},
        {R"("type":"text","context":{"from":"1","id":"wamid.0"})", "reply_to.mid", "wamid.0"},
        {R"("type":"text","context":{"forwarded":true})", "message.forwarded", "true"},
        {R"("type":"text","context":{"referred_product":{"catalog_id":"c","product_retailer_id":"r"}})",
         "referral.product.product_retailer_id", "r"},
        {R"("type":"text","group_id":"g")", "message.group_id", "g"},
        {R"("type":"text","referral":{"ctwa_clid":"Aff-n8"})", "ctwa_clid", "Aff-n8"},
        {R"("type":"text","referral":{"source_id":120226305854810726})", "referral.source_id",
         "120226305854810726"},
        {R"("type":"text","referral":{"welcome_message":{"text":"Hi"}})",
         "referral.welcome_message.text", "Hi"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.content);
        CHECK(field(read(whatsapp_message(row.content)), row.name) == row.value);
    }
}

TEST_CASE("whatsapp: an event holds a bounded number of bounded fields") {
    std::string many;
    for (int i = 0; i < 500; ++i) {
        many += "\"f" + std::to_string(i) + "\":\"" + std::string(5000, 'x') + "\",";
    }
    const Event event =
        read(whatsapp_message(R"("type":"text","referral":{)" + many + R"("z":1})"));
    CHECK(event.attribution.size() == 64);
    for (const auto& [name, value] : event.attribution) CHECK(value.size() == 2048);
    const std::string deep = R"({"a":{"b":{"c":{"d":{"e":1}}},"l":[[1,2],[3]]}})";
    const Event levels = read(whatsapp_message(R"("type":"text","referral":)" + deep));
    CHECK(field(levels, "referral.a.b.c.d.e").empty());
    CHECK(field(levels, "referral.a.l.0.1") == "2");
    CHECK(levels.attribution.size() == 3);
}

TEST_CASE("whatsapp: reactions, notices, deletions and openings ask for nothing") {
    const std::pair<const char*, const char*> rows[] = {
        {R"("type":"reaction","reaction":{"message_id":"wamid.0","emoji":"x"})",
         "message.reaction"},
        {R"("type":"system","system":{"body":"b","wa_id":"1","type":"user_changed_number"})",
         "message.system"},
        {R"("type":"request_welcome")", "dm.opened"},
        {R"("type":"revoke","revoke":{"original_message_id":"wamid.0"})", "message.deleted"},
        {R"("type":"edit","edit":{"original_message_id":"wamid.0"})", "message.edited"},
    };
    for (const auto& [content, type] : rows) {
        CAPTURE(content);
        const Event event = read(whatsapp_message(content));
        CHECK(event.kind == EventKind::recorded);
        CHECK(event.type == type);
        CHECK(event.text.empty());
        CHECK(event.event_id.find("wamid") == std::string::npos);
    }
}

TEST_CASE("whatsapp: statuses are facts of their own, without the number in the id") {
    const auto status = [](const std::string& id, const std::string& what) {
        return read(whatsapp_body(R"("statuses":[{"id":")" + id + R"(","status":")" + what +
                                  R"(","timestamp":"1749416390","recipient_id":"16505551234",)"
                                  R"("conversation":{"id":"c","origin":{"type":"service"}},)"
                                  R"("pricing":{"billable":true,"category":"service"},)"
                                  R"("errors":[{"code":131047,"title":"Re-engagement"}]}])"));
    };
    const Event read_one = status("wamid.A", "read");
    CHECK(read_one.kind == EventKind::recorded);
    CHECK(read_one.type == "message.status");
    CHECK(field(read_one, "message.status") == "read");
    CHECK(field(read_one, "message.id_sha256") == sha256_hex("wamid.A"));
    CHECK(field(read_one, "message.conversation_origin.type") == "service");
    CHECK(field(read_one, "message.pricing.category") == "service");
    CHECK(field(read_one, "message.error_code") == "131047");
    CHECK(field(read_one, "message.error_title") == "Re-engagement");
    CHECK(to_rfc3339(read_one.occurred_at) == "2025-06-08T20:59:50.000Z");
    CHECK(read_one.event_id.starts_with("status:"));
    CHECK(read_one.event_id == status("wamid.A", "read").event_id);
    CHECK(read_one.event_id != status("wamid.A", "delivered").event_id);
    CHECK(read_one.event_id != status("wamid.B", "read").event_id);
    for (const auto& [name, value] : read_one.attribution) {
        CAPTURE(name);
        CHECK(value.find("16505551234") == std::string::npos);
    }
}

TEST_CASE("whatsapp: messages, statuses and errors of one change are all read") {
    CHECK(summary(test::read_body(
              "whatsapp", whatsapp_body(R"("messages":[{"from":"1","id":"a","type":"text"},)"
                                        R"({"from":"2","id":"b","type":"reaction"}],)"
                                        R"("statuses":[{"id":"s","status":"sent"}],)"
                                        R"("errors":[{"code":130429,"title":"Rate limit"}])"))) ==
          "contact.dm, message.reaction, message.status, account.error");
}

TEST_CASE("whatsapp: other fields are recorded, and their messages are none") {
    const std::string message = R"("messages":[{"from":"1","id":"a","type":"text"}])";
    for (const char* name : {"history", "account_update", "smb_app_state_sync", "calls"}) {
        CAPTURE(name);
        const Event event = read(whatsapp_body(message, name));
        CHECK(event.type == "change.other");
        CHECK(event.account == "1065");
        CHECK(field(event, "change.field") == name);
    }
    CHECK(read(whatsapp_body(R"("message_echoes":[{"id":"a"}])", "smb_message_echoes")).type ==
          "message.echo");
    // What is about no number is about the business account.
    const Event account = read(
        R"({"object":"whatsapp_business_account","entry":[{"id":"102","changes":[{"field":"account_update","value":{"event":"x"}}]}]})");
    CHECK(account.account == "102");
}

TEST_CASE("whatsapp: timestamps in every spelling") {
    struct Row {
        std::string written;
        std::string time;
    };
    const Row rows[] = {{"\"1749416383\"", "2025-06-08T20:59:43.000Z"},
                        {"1749416383", "2025-06-08T20:59:43.000Z"},
                        {"\"1749416383123\"", "2025-06-08T20:59:43.123Z"},
                        {"1749416383123", "2025-06-08T20:59:43.123Z"}};
    for (const Row& row : rows) {
        CAPTURE(row.written);
        const Event event = read(whatsapp_body(
            R"("messages":[{"from":"1","id":"a","type":"text","timestamp":)" + row.written + "}]"));
        CHECK(to_rfc3339(event.occurred_at) == row.time);
    }
    const Event timeless =
        read(whatsapp_body(R"("messages":[{"from":"1","id":"a","type":"text"}])"));
    CHECK(timeless.occurred_at == test::kNow);
    CHECK_FALSE(timeless.reply_before);
}

TEST_CASE("whatsapp: what `tapline send` signs may come from a phone or from a user id") {
    for (const char* from : {"+16505551234", "16505551234", "US.1349"}) {
        CAPTURE(from);
        Sample sample;
        sample.text = "hi";
        sample.from = from;
        test::Request request;
        test::sign(*find_source("whatsapp"), test::meta_secrets(), sample, request);
        const Event event = read(request.body);
        const bool has_phone = std::string(from) != "US.1349";
        CHECK(event.customer.phone == (has_phone ? "+16505551234" : ""));
        CHECK(event.customer.platform_id == (has_phone ? "16505551234" : "US.1349"));
    }
}

}  // namespace
}  // namespace tapline
