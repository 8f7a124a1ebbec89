// Bodies that are signed and wrong: the family's readers answer each with events, with mistakes
// that name their place, or with a refusal of the whole, and always the same.
#include "tests/adapters/sources/meta_support.h"

namespace tapline {
namespace {

using test::read_body;
using test::summary;

struct Row {
    std::string provider;
    std::string body;
    std::string told;  // test::summary
};

std::string in_entry(const std::string& members) {
    return R"({"object":"page","entry":[{"id":"178","time":1755779283000,)" + members + "}]}";
}

std::string in_messaging(const std::string& item) {
    return in_entry("\"messaging\":[" + item + "]");
}

std::string from_601(const std::string& members) {
    return in_messaging(R"({"sender":{"id":"601"},)" + members + "}");
}

std::string change(const std::string& field, const std::string& value) {
    return in_entry(R"("changes":[{"field":)" + field + R"(,"value":)" + value + "}]");
}

std::string nested(const std::string& open, const std::string& close, int levels) {
    std::string text;
    for (int i = 0; i < levels; ++i) text += open;
    for (int i = 0; i < levels; ++i) text += close;
    return text;
}

const std::string kHuge(600, 'x');
const std::string kId = ": must be 1 to 512 bytes of text";

std::vector<Row> whole_bodies() {
    std::vector<Row> rows;
    for (const char* provider : {"instagram", "messenger", "whatsapp"}) {
        const std::string list = "refused: /entry: must be a list";
        rows.insert(
            rows.end(),
            {{provider, "", "refused: JSON"},
             {provider, " ", "refused: JSON"},
             {provider, std::string(1, '\0'), "refused: JSON"},
             {provider, "\xEF\xBB\xBF{", "refused: JSON"},
             {provider, "{\"entry\":\"\xC3\x28\"}", "refused: JSON"},
             {provider, "{\"entry\":\"\xED\xA0\x80\"}", "refused: JSON"},
             {provider, R"({"entry":"\ud800"})", "refused: JSON"},
             {provider, "{\"entry\":[],}", "refused: JSON"},
             {provider, "{'entry':[]}", "refused: JSON"},
             {provider, R"({"entry":[01]})", "refused: JSON"},
             {provider, R"({"entry":[NaN]})", "refused: JSON"},
             {provider, R"({"entry":[]}{"entry":[]})", "refused: JSON"},
             {provider, R"({"entry":)" + nested("[", "]", 70) + "}", "refused: JSON"},
             {provider, R"({"entry":)" + nested("{\"a\":", "}", 70) + "}", "refused: JSON"},
             {provider, R"({"entry":[)", "refused: JSON"},
             {provider, "null", "refused: the body must be an object"},
             {provider, "\"entry\"", "refused: the body must be an object"},
             {provider, "[{\"entry\":[]}]", "refused: the body must be an object"},
             {provider, "{}", list},
             {provider, R"({"entry":null})", list},
             {provider, R"({"entry":{"id":"1"}})", list},
             {provider, R"({"entry":"[]"})", list},
             {provider, R"({"entry":[],"entry":[]})", "refused: the body holds \"entry\" twice"},
             {provider, R"({"entry":[]})", ""},
             {provider, R"({"field":"messages","value":7})", ""},
             {provider, R"({"entry":[7]})", "!/entry/0: must be an object"},
             {provider, R"({"entry":[null]})", "!/entry/0: must be an object"},
             {provider, R"({"entry":[{}]})", "!/entry/0/id" + kId},
             {provider, R"({"entry":[{"id":""}]})", "!/entry/0/id" + kId},
             {provider, R"({"entry":[{"id":1e3}]})", "!/entry/0/id" + kId},
             {provider, R"({"entry":[{"id":{"id":"1"}}]})", "!/entry/0/id" + kId},
             {provider, R"({"entry":[{"id":")" + kHuge + "\"}]}", "!/entry/0/id" + kId},
             {provider, R"({"entry":[{"id":"1","id":"2"}]})", "!/entry/0: holds \"id\" twice"},
             {provider, R"({"entry":[{"id":"0","changes":7,"messaging":7}]})", ""}});
    }
    return rows;
}

std::vector<Row> messaging_bodies() {
    const std::string at = "!/entry/0/messaging/0";
    std::vector<Row> rows;
    for (const char* provider : {"instagram", "messenger"}) {
        rows.insert(
            rows.end(),
            {{provider, in_entry(R"("messaging":{})"), "!/entry/0/messaging: must be a list"},
             {provider, in_entry(R"("standby":"x")"), "!/entry/0/standby: must be a list"},
             {provider, in_entry(R"("changes":7)"), "!/entry/0/changes: must be a list"},
             {provider, in_entry(R"("messaging":null)"), ""},
             {provider, in_entry(R"("messaging":[],"standby":[],"changes":[])"), ""},
             {provider, in_messaging("[]"), at + ": must be an object"},
             {provider, in_messaging("{}"), at + "/sender: is missing"},
             {provider, in_messaging(R"({"sender":"601"})"), at + "/sender: must be an object"},
             {provider, in_messaging(R"({"sender":{}})"), at + "/sender/id" + kId},
             {provider, in_messaging(R"({"sender":{"id":"1","id":"2"}})"),
              at + "/sender: holds \"id\" twice"},
             {provider, in_messaging(R"({"sender":{"id":")" + kHuge + "\"}}"),
              at + "/sender/id" + kId},
             {provider, in_messaging(R"({"optin":{"ref":"x"}})"), at + "/optin/id" + kId},
             {provider, from_601(R"("message":"x")"), at + "/message: must be an object"},
             {provider, from_601(R"("message":{})"), at + "/message/mid" + kId},
             {provider, from_601(R"("message":{"mid":1.5})"), at + "/message/mid" + kId},
             {provider, from_601(R"("message":{"mid":")" + kHuge + "\"}"),
              at + "/message/mid" + kId},
             {provider, from_601(R"("message":{"mid":"a","text":"x","text":"y"})"),
              at + "/message: holds \"text\" twice"},
             {provider, from_601(R"("message":{"mid":"a"},"message":{"mid":"b"})"),
              at + ": holds \"message\" twice"},
             {provider,
              from_601(R"("message":{"mid":"a","text":{"x":1},"attachments":7,)"
                       R"("reply_to":[],"referral":"x","quick_reply":"y"})"),
              "contact.dm"},
             {provider,
              from_601(R"("message":{"mid":"a","attachments":[7,null,{},{"type":7},)"
                       R"({"type":"image","payload":[]},{"type":"a","type":"b"}]})"),
              "contact.dm"},
             {provider, from_601(R"("message":{"mid":"a","referral":{"ref":"x","ref":"y"}})"),
              "contact.dm"},
             {provider, from_601(R"("message":{"mid":"a","is_echo":"true"})"), "contact.dm"},
             {provider, from_601(R"("message":{"mid":18446744073709551615})"), "contact.dm"},
             {provider, from_601(R"("postback":[])"), at + "/postback: must be an object"},
             {provider, from_601(R"("postback":{"mid":")" + kHuge + "\"}"),
              at + "/postback/mid: must be at most 512 bytes"},
             {provider, from_601(R"("postback":{})"), "contact.dm"},
             {provider, from_601(R"("reaction":7)"), at + "/reaction: must be an object"},
             {provider, from_601(R"("read":"x")"), at + "/read: must be an object"},
             {provider, from_601(R"("delivery":[])"), at + "/delivery: must be an object"},
             {provider, from_601(R"("referral":"x")"), "dm.referral"},
             {provider, from_601(R"("optin":7)"), "dm.optin"},
             {provider, from_601(R"("timestamp":-1,"message":{"mid":"a"})"), "contact.dm"},
             {provider, from_601(R"("timestamp":1e300,"message":{"mid":"a"})"), "contact.dm"},
             {provider, from_601(R"("timestamp":"99999999999999999999","message":{"mid":"a"})"),
              "contact.dm"},
             {provider, from_601(R"("timestamp":[1],"message":{"mid":"a"})"), "contact.dm"},
             {provider, change("7", "{}"), "!/entry/0/changes/0/field: must be text"},
             {provider, change("\"comments\"", "null"), "!/entry/0/changes/0/value: is missing"},
             {provider, change("\"messages\"", "7"),
              "!/entry/0/changes/0/value: must be an object"},
             {provider, change("\"\"", "{}"), "change.other"},
             {provider, change('"' + kHuge + '"', "[1,2,3]"), "change.other"}});
    }
    return rows;
}

std::vector<Row> post_bodies() {
    const std::string at = "!/entry/0/changes/0/value";
    return {
        {"instagram", change("\"comments\"", "7"), at + ": must be an object"},
        {"instagram", change("\"comments\"", "{}"), "contact.post"},
        {"instagram", change("\"comments\"", R"({"id":")" + kHuge + "\"}"), at + "/id" + kId},
        {"instagram", change("\"comments\"", R"({"id":"1","from":7})"),
         at + "/from: must be an object"},
        {"instagram", change("\"comments\"", R"({"id":"1","from":{"id":")" + kHuge + "\"}}"),
         at + "/from: has an id of more than 512 bytes"},
        {"instagram", change("\"comments\"", R"({"id":"1","id":"2"})"),
         at + ": holds \"id\" twice"},
        {"instagram", change("\"comments\"", R"({"id":"1","media":[7,8],"text":9})"),
         "contact.post"},
        {"instagram", change("\"mentions\"", R"({"media_id":")" + kHuge + "\"}"), at + "/id" + kId},
        {"messenger", change("\"feed\"", "[]"), "change.other"},
        {"messenger", change("\"feed\"", R"({"item":7,"verb":{}})"), "change.other"},
        {"messenger",
         change("\"feed\"", R"({"item":"comment","verb":"add","comment_id":")" + kHuge + "\"}"),
         at + "/post_id" + kId},
        {"messenger",
         change("\"feed\"", R"({"item":"comment","verb":"add","comment_id":"1","from":"6"})"),
         at + "/from: must be an object"},
        {"messenger",
         change("\"feed\"", R"({"item":"comment","verb":"add","comment_id":"1","message":"a",)"
                            R"("message":"b"})"),
         at + ": holds \"message\" twice"},
        {"messenger",
         change("\"feed\"", R"({"item":"comment","verb":"add","comment_id":"1","post":7})"),
         "contact.post"},
    };
}

std::string wa(const std::string& members) {
    return R"({"object":"whatsapp_business_account","entry":[{"id":"102",)" + members + "}]}";
}

std::vector<Row> whatsapp_bodies() {
    const std::string at = "!/entry/0/changes/0/value";
    const std::string one = at + "/messages/0";
    const auto value = [](const std::string& text) {
        return wa(R"("changes":[{"field":"messages","value":)" + text + "}]");
    };
    const auto message = [&](const std::string& members) {
        return test::whatsapp_body("\"messages\":[" + members + "]");
    };
    const auto status = [&](const std::string& members) {
        return test::whatsapp_body("\"statuses\":[" + members + "]");
    };
    const std::string text = R"("id":"w","from":"1","type":"text")";
    std::vector<Row> rows = {
        {"whatsapp", R"({"object":"page","entry":[]})",
         "refused: /object: must be \"whatsapp_business_account\""},
        {"whatsapp", wa("\"x\":1"), "!/entry/0/changes: must be a list"},
        {"whatsapp", wa(R"("changes":[7])"), "!/entry/0/changes/0: must be an object"},
        {"whatsapp", wa(R"("changes":[{"field":7,"value":{}}])"),
         "!/entry/0/changes/0/field: must be text"},
        {"whatsapp", wa(R"("changes":[{"field":"messages"}])"),
         "!/entry/0/changes/0/value: is missing"},
        {"whatsapp", value("7"), at + ": must be an object"},
        {"whatsapp", value("{}"), at + "/metadata: is missing"},
        {"whatsapp", value(R"({"metadata":7})"), at + "/metadata: must be an object"},
        {"whatsapp", value(R"({"metadata":{}})"), at + "/metadata/phone_number_id" + kId},
        {"whatsapp", value(R"({"metadata":{"phone_number_id":1.5}})"),
         at + "/metadata/phone_number_id" + kId},
        {"whatsapp", value(R"({"metadata":{"phone_number_id":"1"},"messages":{}})"),
         at + "/messages: must be a list"},
        {"whatsapp", value(R"({"metadata":{"phone_number_id":"1"},"messages":[],"messages":[]})"),
         at + ": holds \"messages\" twice"},
        {"whatsapp", message("7"), one + ": must be an object"},
        {"whatsapp", message("{}"), one + "/id" + kId},
        {"whatsapp", message(R"({"id":"w"})"), one + "/from" + kId},
        {"whatsapp", message(R"({"id":"w","from":{"x":1}})"), one + "/from" + kId},
        {"whatsapp", message(R"({"id":"w","from":")" + kHuge + "\"}"), one + "/from" + kId},
        {"whatsapp", message(R"({"id":"w","from_user_id":")" + kHuge + "\"}"), one + "/from" + kId},
        {"whatsapp", message(R"({"id":")" + kHuge + R"(","from":"1"})"), one + "/id" + kId},
        {"whatsapp", message("{" + text + R"(,"type":"image"})"), one + ": holds \"type\" twice"},
        {"whatsapp", message("{" + text + R"(,"text":{"body":"a"},"text":{"body":"b"}})"),
         one + ": holds \"text\" twice"},
        {"whatsapp", message("{" + text + R"(,"text":"x","context":7,"referral":[],"errors":7})"),
         "contact.dm"},
        {"whatsapp", message(R"({"id":"w","from":"1","type":7})"), "contact.dm"},
        {"whatsapp", message(R"({"id":"w","from":"1","type":""})"), "contact.dm"},
        {"whatsapp", message(R"({"id":"w","from":"1","type":"from"})"), "contact.dm"},
        {"whatsapp",
         test::whatsapp_body(R"("contacts":[7,{},{"profile":7}],"messages":[{)" + text + "}]"),
         "contact.dm"},
        {"whatsapp", status("7"), at + "/statuses/0: must be an object"},
        {"whatsapp", status("{}"), at + "/statuses/0/id" + kId},
        {"whatsapp", status(R"({"id":"w"})"),
         at + "/statuses/0/status: must be 1 to 32 bytes of text"},
        {"whatsapp", status(R"({"id":"w","status":")" + kHuge + "\"}"),
         at + "/statuses/0/status: must be 1 to 32 bytes of text"},
        {"whatsapp",
         status(R"({"id":"w","status":"sent","conversation":7,"pricing":[],"errors":[]})"),
         "message.status"},
        {"whatsapp", status(R"({"id":"w","status":"failed","errors":[7]})"), "message.status"},
        {"whatsapp", test::whatsapp_body(R"("errors":[7])"), at + "/errors/0: must be an object"},
    };
    for (const char* kind : {"image", "location", "contacts", "interactive", "button", "order"}) {
        for (const char* content : {"7", "[]", "[7]", "{}", "null", "\"x\""}) {
            rows.push_back({"whatsapp",
                            message(R"({"id":"w","from":"1","type":")" + std::string(kind) +
                                    "\",\"" + kind + "\":" + content + "}"),
                            "contact.dm"});
        }
    }
    return rows;
}

std::vector<Row> all_rows() {
    std::vector<Row> rows = whole_bodies();
    for (const auto& more : {messaging_bodies(), post_bodies(), whatsapp_bodies()}) {
        rows.insert(rows.end(), more.begin(), more.end());
    }
    return rows;
}

TEST_CASE("meta: hostile bodies are answered with events or with what is wrong") {
    const auto rows = all_rows();
    CHECK(rows.size() >= 60);
    for (const Row& row : rows) {
        CAPTURE(row.provider);
        CAPTURE(row.body);
        CHECK(summary(read_body(row.provider, row.body)) == row.told);
    }
}

TEST_CASE("meta: every truncation of every hostile body ends, twice with the same answer") {
    for (const Row& row : all_rows()) {
        const std::size_t step = row.body.size() > 400 ? 37 : 1;
        for (std::size_t keep = 0; keep < row.body.size(); keep += step) {
            const std::string cut = row.body.substr(0, keep);
            CHECK(summary(read_body(row.provider, cut)) == summary(read_body(row.provider, cut)));
        }
    }
}

// What quarantine keeps of one item is sent again as it is.
TEST_CASE("meta: each item of a batch is kept as a request of its own") {
    const std::string dm = R"({"sender":{"id":"6"},"recipient":{"id":"1"},"message":{"mid":"m"}})";
    const std::string change = R"({"field":"comments","value":{"id":"9","from":{"id":"6"}}})";
    const std::string entry = R"({"id":"1","time":1755779280,"messaging":[)" + dm +
                              R"(],"standby":)" + "[" + dm + R"(],"changes":[)" + change + ",7]}";
    const std::string flat = R"({"id":"2","field":"comments","value":{"id":"9"}})";
    const std::string number =
        R"({"id":"1","time":1755779280,"changes":[{"field":"messages","value":{"metadata":)"
        R"({"phone_number_id":"10"},"contacts":[{"wa_id":"6","profile":{"name":"Jo"}}],"messages":)"
        R"([{"from":"6","id":"w1","type":"text","text":{"body":"x"}},{"id":7.5}],"statuses":)"
        R"([{"id":"w2","status":"read"}],"errors":[{"code":1}]}},{"field":"other","value":{}},)"
        R"({"field":"messages","value":{"messages":[]}},7]})";
    const std::pair<const char*, std::string> bodies[] = {
        {"instagram", R"({"object":"instagram","entry":[)" + entry + "," + flat + ",7]}"},
        {"messenger", R"({"entry":[)" + entry + "," + entry + "]}"},
        {"whatsapp", R"({"object":"whatsapp_business_account","entry":[)" + number + ",7]}"}};
    for (const auto& [provider, body] : bodies) {
        const auto items = read_body(provider, body);
        REQUIRE(items);
        REQUIRE(items->size() > 5);
        for (const ParsedItem& item : *items) {
            CAPTURE(provider);
            CAPTURE(item.raw);
            const auto again = read_body(provider, item.raw);
            REQUIRE(again);
            REQUIRE(again->size() == 1);
            const ParsedItem& one = again->front();
            REQUIRE(one.event.has_value() == item.event.has_value());
            if (!one.event) continue;
            CHECK(one.event->type == item.event->type);
            CHECK(one.event->event_id == item.event->event_id);
            CHECK(one.event->account == item.event->account);
            CHECK(one.event->occurred_at == item.event->occurred_at);
            CHECK(one.event->customer.name == item.event->customer.name);
        }
    }
}

TEST_CASE("meta: more items than Meta ever sends are kept as one body") {
    const auto many = [](const std::string& before, int count, const std::string& after) {
        std::string list = "7";
        for (int i = 1; i < count; ++i) list += ",7";
        return before + list + after;
    };
    const std::pair<const char*, std::string> bodies[] = {
        {"messenger", R"({"object":"page","entry":[{"id":"1","messaging":[)"},
        {"whatsapp", R"({"object":"whatsapp_business_account","entry":[{"id":"1","changes":[)"}};
    for (const auto& [provider, before] : bodies) {
        CAPTURE(provider);
        const auto most = read_body(provider, many(before, 2000, "]}]}"));
        REQUIRE(most);
        CHECK(most->size() == 2000);
        CHECK(most->front().raw == many(before, 1, "]}]}"));
        CHECK(summary(read_body(provider, many(before, 2001, "]}]}"))) ==
              "refused: more than 2000 items in one request");
    }
}

}  // namespace
}  // namespace tapline
