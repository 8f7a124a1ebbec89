#include <set>

#include <doctest/doctest.h>

#include "adapters/crypto.h"
#include "adapters/sources/registry.h"
#include "adapters/utf8.h"
#include "tests/adapters/sources/request.h"

namespace tapline {
namespace {

using test::field;
using test::kNow;
using test::Request;

const std::string kSecret = "whsec_" + base64_encode("0123456789abcdef01234567");

const Source& chat() {
    return *find_source("chat");
}

SourceSecrets secrets() {
    SourceSecrets secrets;
    secrets.connection = "help";
    secrets.secrets = {kSecret};
    return secrets;
}

Result<std::vector<ParsedItem>> parse(const std::string& body,
                                      const std::string& type = "application/json") {
    Request request;
    request.body = body;
    if (!type.empty()) request.headers = {{"content-type", type}};
    return chat().parse(request.view(), secrets(), kNow);
}

Event only_event(const std::string& body) {
    CAPTURE(body);
    auto items = parse(body);
    REQUIRE(items);
    REQUIRE(items->size() == 1);
    if (!items->front().event) FAIL(items->front().event.error());
    return *items->front().event;
}

// What is wrong with the body, wherever it is found.
std::string fault_of(const std::string& body) {
    const auto items = parse(body);
    if (!items) return items.error().message;
    if (items->size() != 1) return "not one item";
    return items->front().event ? std::string() : items->front().event.error();
}

const std::string kWhole = R"({
  "conversation": "c-8841", "id": "m-1", "from": "customer", "text": "Is it in stock?",
  "customer": {"id": "u-77", "name": "J. Doe", "email": "jane@acme.example",
               "phone": "+14045550199", "handle": "jd"},
  "page": {"url": "https://www.acme.example/plans?utm_source=ig&gclid=Cj0&x=1&ref=7K3M9Q2X4#top",
           "title": "Plans", "referrer": "https://www.instagram.com/"},
  "attribution": {"utm_medium": "bio", "shop": 7},
  "attachments": [{"type": "image", "url": "https://files.acme.example/1.png", "bytes": 12}],
  "account": "inbox-3", "button": "site-chat", "campaign": "spring",
  "occurred_at": "2025-08-21T12:28:00Z", "unknown": {"deep": [1]}
})";

TEST_CASE("chat: a customer's message is a contact of its conversation, with every field") {
    const Event event = only_event(kWhole);
    CHECK(event.kind == EventKind::contact);
    CHECK(event.type == "contact.chat");
    CHECK(event.channel == Channel::chat);
    CHECK(event.provider == "chat");
    CHECK(event.connection == "help");
    CHECK(event.event_id == "c-8841/m-1");
    CHECK(event.thread == "c-8841");
    CHECK(event.account == "inbox-3");
    CHECK(event.button == "site-chat");
    CHECK(event.text == "Is it in stock?");
    CHECK(event.customer.platform_id == "u-77");
    CHECK(event.customer.name == "J. Doe");
    CHECK(event.customer.email == "jane@acme.example");
    CHECK(event.customer.phone == "+14045550199");
    CHECK(event.reply.how == "chat");
    CHECK(event.reply.account == "inbox-3");
    CHECK(event.reply.to == "c-8841");
    CHECK(event.attachments.size() == 1);
    CHECK(event.ref == "7K3M9Q2X4");
    CHECK(field(event, "utm_campaign") == "spring");
    CHECK(field(event, "utm_medium") == "bio");
    CHECK(field(event, "utm_source") == "ig");
    CHECK(field(event, "gclid") == "Cj0");
    CHECK(field(event, "shop") == "7");
    CHECK(field(event, "page.title") == "Plans");
    CHECK(field(event, "page.referrer") == "https://www.instagram.com/");
    CHECK(field(event, "page.url").starts_with("https://www.acme.example/plans?utm_source=ig"));
    CHECK(field(event, "x").empty());
    CHECK((event.occurred_at == Time(Milliseconds(1755779280000))));
    CHECK(event.body_hash.empty());
}

TEST_CASE("chat: what agents and the tool say is recorded without its words") {
    struct Row {
        std::string from;
        std::string type;
    };
    for (const Row& row : {Row{"agent", "chat.agent"}, Row{"system", "chat.system"}}) {
        CAPTURE(row.from);
        const Event event = only_event(
            R"({"conversation":"c","id":"m","ref":"7K3M9Q2X4","text":"secret","subject":"s",)"
            R"("attachments":[{"url":"https://a.example/1"}],"from":")" +
            row.from + "\"}");
        CHECK(event.kind == EventKind::recorded);
        CHECK(event.type == row.type);
        CHECK(event.thread == "c");
        CHECK(event.text.empty());
        CHECK(event.subject.empty());
        CHECK(event.attachments.empty());
        CHECK(event.ref.empty());
    }
}

TEST_CASE("chat: ids are numbers or text, and no two pairs of them make one event") {
    const auto event_id = [](const std::string& conversation, const std::string& id) {
        return only_event("{\"conversation\":" + conversation + ",\"id\":" + id +
                          ",\"from\":\"customer\"}")
            .event_id;
    };
    CHECK(event_id("9007199254740993", "18446744073709551615") ==
          "9007199254740993/18446744073709551615");
    const std::set<std::string> ids = {event_id("\"a\"", "\"b/c\""), event_id("\"a/b\"", "\"c\""),
                                       event_id("\"a%2Fb\"", "\"c\""),
                                       event_id("\"a\"", "\"b%2Fc\"")};
    CHECK(ids.size() == 4);
    CHECK(event_id("\"gid://shop/1\"", "\"é 2\"") == "gid%3A%2F%2Fshop%2F1/é 2");
}

TEST_CASE("chat: the event's own attribution and ref win over the page's URL") {
    const Event event = only_event(
        R"({"conversation":"c","id":"m","from":"customer","ref":"site-chat",)"
        R"("attribution":{"utm_source":"own"},"page":{"url":"http://a.example/?utm_source=ig&ref=other"}})");
    CHECK(event.ref == "site-chat");
    CHECK(field(event, "utm_source") == "own");
}

TEST_CASE("chat: a page that is odd is cut or left out, and the message stands") {
    const std::string head = R"({"conversation":"c","id":"m","from":"customer","page":)";
    const Event cut = only_event(head + R"({"url":"https://a.example/?q=)" +
                                 std::string(5000, 'x') + R"(","title":""}})");
    CHECK(field(cut, "page.url").size() == 2048);
    CHECK(field(cut, "page.title").empty());
    for (const std::string page :
         {"null", "{}", R"({"url":7,"title":["x"],"referrer":null})", R"({"url":"not a url"})",
          R"({"url":"?"})", R"({"url":"#?ref=x"})"}) {
        CAPTURE(page);
        CHECK(only_event(head + page + "}").thread == "c");
    }
}

TEST_CASE("chat: bodies that are no message are told what is wrong") {
    const std::string ok = R"("conversation":"c","id":"m","from":"customer")";
    const std::string deep = std::string(70, '[') + std::string(70, ']');
    struct Row {
        std::string body;
        std::string_view fault;  // a part of it
    };
    const std::vector<Row> rows = {
        // No JSON
        {"", ""},
        {" ", ""},
        {"{", ""},
        {"}", ""},
        {"{\"conversation\":\"c\"", ""},
        {"{" + ok + ",}", ""},
        {"{" + ok + "} {}", ""},
        {"{'conversation':'c'}", ""},
        {"{" + ok + ",\"text\":\"\xFF\"}", ""},
        {"{" + ok + ",\"text\":\"\xC0\xAF\"}", ""},
        {"{" + ok + ",\"text\":\"\\ud800\"}", ""},
        {"{" + ok + ",\"text\":\"line\nbreak\"}", ""},
        {"{" + ok + ",\"deep\":" + deep + "}", ""},
        {"{" + ok + ",\"n\":1e}", ""},
        {"{" + ok + ",\"n\":01}", ""},
        {"{" + ok + ",\"n\":NaN}", ""},
        {std::string("{") + ok + ",\"text\":\"a" + '\0' + "b\"}", ""},
        {"conversation=c&id=m&from=customer", ""},
        {"<chat/>", ""},
        // Not one object
        {"null", "one JSON object"},
        {"7", "one JSON object"},
        {"\"text\"", "one JSON object"},
        {"[]", "one JSON object"},
        {"[{" + ok + "}]", "one JSON object"},
        // Members that are missing or of another kind
        {"{}", "/conversation: must be 1 to 128 bytes"},
        {R"({"id":"m","from":"customer"})", "/conversation: "},
        {R"({"conversation":"c","from":"customer"})", "/id: "},
        {R"({"conversation":"c","id":"m"})", "/from: must be one of customer, agent, system"},
        {R"({"conversation":"","id":"m","from":"customer"})", "/conversation: "},
        {R"({"conversation":null,"id":"m","from":"customer"})", "/conversation: "},
        {R"({"conversation":1.5,"id":"m","from":"customer"})", "got a number"},
        {R"({"conversation":1e400,"id":"m","from":"customer"})", ""},
        {R"({"conversation":18446744073709551616,"id":"m","from":"customer"})", "number"},
        {R"({"conversation":["c"],"id":"m","from":"customer"})", "got an array"},
        {R"({"conversation":{"id":"c"},"id":"m","from":"customer"})", "got an object"},
        {R"({"conversation":true,"id":"m","from":"customer"})", "got a boolean"},
        {R"({"conversation":"c\u0000","id":"m","from":"customer"})", "control characters"},
        {R"({"conversation":"c\n","id":"m","from":"customer"})", "control characters"},
        {R"({"conversation":"c","id":"m\u007f","from":"customer"})", "/id: "},
        {R"({"conversation":"c","id":"m","from":"Customer"})", "/from: "},
        {R"({"conversation":"c","id":"m","from":"visitor"})", "/from: "},
        {R"({"conversation":"c","id":"m","from":1})", "/from: "},
        {"{\"conversation\":\"" + std::string(129, 'c') + "\",\"id\":\"m\",\"from\":\"agent\"}",
         "/conversation: "},
        {"{\"conversation\":\"" + std::string(128, '/') + "\",\"id\":\"m\",\"from\":\"agent\"}",
         "/conversation: must be shorter"},
        {"{\"conversation\":\"c\",\"id\":\"" + std::string(4000, 'm') + "\",\"from\":\"agent\"}",
         "/id: "},
        // What two readers would read differently
        {R"({"conversation":"c","conversation":"d","id":"m","from":"customer"})", "twice"},
        {"{" + ok + R"(,"from":"agent"})", "holds \"from\" twice"},
        {"{" + ok + R"(,"text":"a","text":"b"})", "holds \"text\" twice"},
        {"{" + ok + R"(,"page":{"url":"a","url":"b"}})", "/page: holds \"url\" twice"},
        {"{" + ok + R"(,"attribution":{"gclid":"a","gclid":"b"}})", "stands twice"},
        // Members shared with the events API
        {"{" + ok + ",\"text\":" + "\"" + std::string(65537, 'x') + "\"}", "/text: "},
        {"{" + ok + R"(,"text":{"html":"x"}})", "/text: "},
        {"{" + ok + R"(,"customer":"Jane"})", "/customer: must be an object"},
        {"{" + ok + R"(,"customer":{"phone":"0171 5550"}})", "/customer/phone: must be E.164"},
        {"{" + ok + R"(,"customer":{"email":"a@b@c"}})", "/customer/email: "},
        {"{" + ok + R"(,"customer":{"name":"a","name":"b"}})", "twice"},
        {"{" + ok + R"(,"customer":{"id":"\u001b[31m"}})", "/customer/id: "},
        {"{" + ok + R"(,"page":"https://a.example"})", "/page: must be an object"},
        {"{" + ok + R"(,"page":[]})", "/page: must be an object"},
        {"{" + ok + R"(,"account":7})", "/account: must be text"},
        {"{" + ok + R"(,"account":"a\nb"})", "/account: "},
        {"{" + ok + R"(,"occurred_at":"yesterday"})", "/occurred_at: "},
        {"{" + ok + R"(,"occurred_at":-1})", "/occurred_at: "},
        {"{" + ok + R"(,"attachments":{}})", "/attachments: "},
        {"{" + ok + R"x(,"attachments":[{"url":"javascript:alert(1)"}]})x", "/attachments/0/url: "},
        {"{" + ok + R"(,"attachments":[{"url":"file:///etc/passwd"}]})", "/attachments/0/url: "},
        {"{" + ok + R"(,"attribution":[]})", "/attribution: "},
        {"{" + ok + R"(,"attribution":{"":"x"}})", "/attribution/"},
        {"{" + ok + R"(,"attribution":{"a":{"b":1}}})", "/attribution/a: "},
        {"{" + ok + R"(,"visibility":"secret"})", "/visibility: "},
        {"{" + ok + R"(,"button":"a\u0000b"})", "/button: "},
    };
    CHECK(rows.size() >= 70);
    for (const Row& row : rows) {
        CAPTURE(row.body.substr(0, 200));
        const std::string fault = fault_of(row.body);
        CHECK_FALSE(fault.empty());
        CAPTURE(fault);
        CHECK(fault.find(row.fault) != std::string::npos);
        CHECK(is_valid_utf8(fault));
        CHECK(fault.size() < 2000);
    }
}

TEST_CASE("chat: only JSON is read") {
    const std::string body = R"({"conversation":"c","id":"m","from":"customer"})";
    for (const char* type : {"application/json", "Application/JSON; charset=utf-8", ""}) {
        CAPTURE(type);
        CHECK(parse(body, type).has_value());
    }
    for (const char* type : {"text/plain", "application/x-www-form-urlencoded",
                             "application/json-seq", "multipart/form-data; boundary=x"}) {
        CAPTURE(type);
        CHECK_FALSE(parse(body, type).has_value());
    }
}

TEST_CASE("chat: a signature of another secret or time, and another method, are refused") {
    Request request;
    Sample sample;
    sample.text = "hello";
    test::sign(chat(), secrets(), sample, request);
    CHECK(chat().verify(request.view(), secrets(), kNow).has_value());
    SourceSecrets other = secrets();
    other.secrets = {"whsec_" + base64_encode("another secret of 24 b..")};
    CHECK_FALSE(chat().verify(request.view(), other, kNow).has_value());
    CHECK_FALSE(
        chat().verify(request.view(), secrets(), kNow + std::chrono::minutes(6)).has_value());
    request.method = "PUT";
    CHECK_FALSE(chat().verify(request.view(), secrets(), kNow).has_value());
}

TEST_CASE("chat: every truncation of a message ends in an answer") {
    for (std::size_t keep = 0; keep < kWhole.size(); ++keep) {
        CAPTURE(keep);
        CHECK_FALSE(fault_of(kWhole.substr(0, keep)).empty());
    }
    CHECK(fault_of(kWhole).empty());
}

}  // namespace
}  // namespace tapline
