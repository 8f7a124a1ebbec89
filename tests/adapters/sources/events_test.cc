#include <doctest/doctest.h>

#include "adapters/crypto.h"
#include "adapters/sources/events_format.h"
#include "adapters/sources/registry.h"
#include "adapters/standard_webhooks.h"
#include "adapters/time_text.h"
#include "tests/adapters/sources/request.h"

namespace tapline {
namespace {

using test::field;
using test::kNow;
using test::Request;

const std::string kSecret = "whsec_" + base64_encode("0123456789abcdef01234567");
const std::string kKey = "tlk_0123456789abcdef";
const std::string kTrace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

const Source& events() {
    return *find_source("events");
}

SourceSecrets secrets() {
    SourceSecrets s;
    s.connection = "acme";
    s.secrets = {kSecret};
    s.api_keys = {"tlk_another_one_of_them", kKey};
    return s;
}

Request with_key(const std::string& authorization) {
    Request request;
    request.body = "{}";
    request.headers = {{"authorization", authorization}};
    return request;
}

Result<Verified> verified(const Request& request, const SourceSecrets& with = secrets()) {
    return events().verify(request.view(), with, kNow);
}

Result<std::vector<ParsedItem>> parsed(const std::string& body,
                                       const std::string& type = "application/json") {
    static Request request;
    request = with_key("Bearer " + kKey);
    request.body = body;
    request.headers.emplace_back("content-type", type);
    return events().parse(request.view(), secrets(), kNow);
}

Event only_event(const std::string& body, const std::string& type = "application/json") {
    auto items = parsed(body, type);
    REQUIRE(items);
    REQUIRE(items->size() == 1);
    if (!items->front().event) FAIL(items->front().event.error());
    return *items->front().event;
}

std::string mistake(const std::string& body) {
    auto items = parsed(body);
    if (!items) return items.error().message;
    REQUIRE(items->size() == 1);
    return items->front().event ? "none" : items->front().event.error();
}

// A minimal event with one more member.
std::string with(const std::string& member) {
    return R"({"id":"e1","channel":"text",)" + member + "}";
}

TEST_CASE("events: an API key is a whole key, once, as Bearer") {
    CHECK(verified(with_key("Bearer " + kKey))->auth == "api_key");
    CHECK(verified(with_key("Bearer " + kKey))->secret == "2");
    CHECK(verified(with_key("bearer   " + kKey + " ")));
    for (const std::string& bad :
         {std::string(), std::string("Bearer"), std::string("Bearer "), "Basic " + kKey, kKey,
          "Bearer " + kKey + "x", "Bearer " + kKey.substr(1), std::string("Bearer \xFF")}) {
        CAPTURE(bad);
        const auto refused = verified(with_key(bad));
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code == ErrorCode::unauthorized);
    }
    Request twice = with_key("Bearer " + kKey);
    twice.headers.push_back(twice.headers.front());
    CHECK_FALSE(verified(twice));
    SourceSecrets weak = secrets();
    weak.api_keys = {"", "short"};
    CHECK_FALSE(verified(with_key("Bearer short"), weak));
    CHECK_FALSE(verified(with_key("Bearer "), weak));
}

TEST_CASE("events: a signature that is there must hold, whatever key is beside it") {
    Request request;
    test::sign(events(), secrets(), {}, request);
    CHECK(verified(request)->auth == "signature");
    request.headers.emplace_back("authorization", "Bearer " + kKey);
    CHECK(verified(request)->auth == "signature");
    request.body += " ";
    CHECK_FALSE(verified(request));
}

TEST_CASE("events: every member of the schema arrives") {
    const Event event = only_event(R"({
        "id": "order-4711", "channel": "call", "button": "web-call", "profile": "site",
        "line": "+18005550100", "address": "a@acme.example", "text": "Gr\u00fc\u00dfe", "subject": "s",
        "customer": {"id": "u1", "name": "J", "phone": "+14045550199", "email": "j@x.example", "handle": "jj"},
        "occurred_at": "2025-08-21T14:28:00+02:00", "ref": "7K3M9Q2X4", "campaign": "spring",
        "attribution": {"gclid": "g1", "steps": 3, "returning": true},
        "attachments": [{"type": "image", "url": "https://x/1", "name": "n", "bytes": 12}],
        "language": "pt-BR", "visibility": "public", "post_url": "https://x/p", "traceparent": ")" +
                                   kTrace + R"(", "unknown": {"a": 1}})");
    CHECK(event.kind == EventKind::contact);
    CHECK(event.type == "contact.call");
    CHECK(event.event_id == "order-4711");
    CHECK(event.provider == "events");
    CHECK(event.connection == "acme");
    CHECK(event.button == "web-call");
    CHECK(event.profile == "site");
    CHECK(event.line == "+18005550100");
    CHECK(event.address == "a@acme.example");
    CHECK(event.text ==
          "Gr\xC3\xBC\xC3\x9F"
          "e");
    CHECK(event.customer.platform_id == "u1");
    CHECK(event.customer.phone == "+14045550199");
    CHECK(event.customer.email == "j@x.example");
    CHECK(to_rfc3339(event.occurred_at) == "2025-08-21T12:28:00.000Z");
    CHECK(event.ref == "7K3M9Q2X4");
    CHECK(field(event, "utm_campaign") == "spring");
    CHECK(field(event, "gclid") == "g1");
    CHECK(field(event, "steps") == "3");
    CHECK(field(event, "returning") == "true");
    REQUIRE(event.attachments.size() == 1);
    CHECK(event.attachments[0].bytes == 12);
    CHECK(event.is_public);
    CHECK(event.post_url == "https://x/p");
    CHECK(event.traceparent == kTrace);
    CHECK(event.language == "pt-br");
    CHECK(event.reply.how == "call");
    CHECK(event.reply.to == "+14045550199");
    CHECK(event.auth == "api_key");
    CHECK(event.body_hash.size() == 64);
}

TEST_CASE("events: mistakes name the member by its path and say what it must be") {
    struct Row {
        std::string body;
        std::string message;
    };
    const Row rows[] = {
        {R"({"channel":"text"})",
         "/id: must be 1 to 256 bytes, the same whenever this event is sent"},
        {R"({"id":"","channel":"text"})",
         "/id: must be 1 to 256 bytes, the same whenever this event is sent; got a string of 0 "
         "bytes"},
        {R"({"id":7,"channel":"text"})", "/id: must be text of at most 256 bytes; got a number"},
        {R"({"id":"a\nb","channel":"text"})",
         "/id: must not hold control characters; got a string of 3 bytes"},
        {R"({"id":"e1"})",
         "/channel: must be one of call, text, email, dm, chat, post; it is missing"},
        {R"({"id":"e1","channel":"sms"})",
         "/channel: must be one of call, text, email, dm, chat, post; got \"sms\""},
        {with(R"("customer":{"phone":"404"})"),
         "/customer/phone: must be E.164 such as +14045550100; got a string of 3 bytes"},
        {with(R"("customer":{"email":"a@b@c"})"),
         "/customer/email: must be one e-mail address such as jane@acme.example; got a string of 5 "
         "bytes"},
        {with(R"("customer":7)"), "/customer: must be an object"},
        {with(R"("occurred_at":"yesterday")"),
         "/occurred_at: must be RFC 3339 such as 2026-03-09T12:30:00Z or milliseconds since 1970; "
         "got a string of 9 bytes"},
        {with(R"("occurred_at":1.5)"),
         "/occurred_at: must be RFC 3339 such as 2026-03-09T12:30:00Z or milliseconds since 1970; "
         "got a number"},
        {with(R"("attachments":[{"url":"javascript:x"}])"),
         "/attachments/0/url: must be an http or https URL; got a string of 12 bytes"},
        {with(R"("attachments":[{"bytes":-1}])"),
         "/attachments/0/bytes: must be a whole number from 0 to 2^53 - 1; got a number"},
        {with(R"("attribution":{"a":[1]})"),
         "/attribution/a: must be text, a number or a boolean of at most 1024 bytes; got an array"},
        {with(R"("attribution":{"a":"1","a":"2"})"),
         "/attribution/a: stands twice (campaign is utm_campaign)"},
        {with(R"("visibility":"secret")"),
         "/visibility: must be \"public\" or \"private\"; got a string of 6 bytes"},
        {with(R"("line":"0800","ref":5)"),
         "/line: must be E.164 such as +14045550100; got a string of 4 bytes; "
         "/ref: must be text of at most 2048 bytes; got a number"},
        {R"({"id":"a","id":"b","channel":"text"})", "the event holds \"id\" twice"},
        {"[]",
         "the body must be one JSON object; several events go as application/x-ndjson, one per "
         "line"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.body);
        CHECK(mistake(row.body) == row.message);
    }
}

TEST_CASE("events: limits are met exactly") {
    const auto sized = [](std::size_t id, std::size_t text) {
        return R"({"id":")" + std::string(id, 'i') + R"(","channel":"text","text":")" +
               std::string(text, 't') + "\"}";
    };
    CHECK(mistake(sized(256, 65536)) == "none");
    CHECK(mistake(sized(257, 1)).starts_with("/id: "));
    CHECK(mistake(sized(1, 65537)).starts_with("/text: "));
}

TEST_CASE("events: milliseconds, seconds, and now when no time is given") {
    CHECK(only_event(with(R"("occurred_at":1755779282001)")).occurred_at ==
          Time(std::chrono::milliseconds(1755779282001)));
    CHECK(only_event(with(R"("text":"x")")).occurred_at == kNow);
}

TEST_CASE("events: the body's hash tells another body, not another layout") {
    const std::string hash = only_event(with(R"("text":"x")")).body_hash;
    CHECK(only_event(R"( {"id": "e1", "channel":"text", "text":"\u0078"} )").body_hash == hash);
    CHECK(only_event(with(R"("text":"y")")).body_hash != hash);
}

TEST_CASE("events: a CloudEvent is another one when anything of it but its trace is another") {
    const std::string head = R"({"specversion":"1.0","id":"c1","source":"/shop",)";
    const std::string tail = R"("data":{"channel":"chat","text":"hi"}})";
    const std::string first =
        R"("type":"a","time":"2025-08-21T12:28:00Z","subject":"s","count":7,)";
    const std::string type = "application/cloudevents+json";
    const std::string hash = only_event(head + first + tail, type).body_hash;
    struct Row {
        std::string attributes;
        bool same;
    };
    const Row rows[] = {
        {R"("subject":"s","count":7,"time":"2025-08-21T12:28:00Z","type":"a",)", true},
        {first + R"("traceparent":"x","tracestate":"y","datacontenttype":"application/json",)",
         true},
        {R"("type":"b","time":"2025-08-21T12:28:00Z","subject":"s","count":7,)", false},
        {R"("type":"a","time":"2025-08-21T12:28:01Z","subject":"s","count":7,)", false},
        {R"("type":"a","time":"2025-08-21T12:28:00Z","subject":"t","count":7,)", false},
        {R"("type":"a","time":"2025-08-21T12:28:00Z","subject":"s","count":8,)", false},
        {R"("type":"a","time":"2025-08-21T12:28:00Z","subject":"s",)", false},
        {first + R"("more":{"a":1},)", false},
        // What moves between a name and a value is no longer the same.
        {R"("type":"a","time":"2025-08-21T12:28:00Z","subjects":"","count":7,)", false},
    };
    for (const Row& row : rows) {
        CAPTURE(row.attributes);
        CHECK((only_event(head + row.attributes + tail, type).body_hash == hash) == row.same);
    }
    Request binary = with_key("Bearer " + kKey);
    binary.body = R"({"channel":"chat","text":"hi"})";
    binary.headers.insert(binary.headers.end(), {{"content-type", "application/json"},
                                                 {"ce-specversion", "1.0"},
                                                 {"ce-id", "c1"},
                                                 {"ce-source", "/shop"},
                                                 {"ce-type", "a"},
                                                 {"ce-time", "2025-08-21T12:28:00Z"},
                                                 {"ce-subject", "s"},
                                                 {"ce-count", "7"}});
    const auto hash_of = [&] {
        const auto items = events().parse(binary.view(), secrets(), kNow);
        REQUIRE(items);
        REQUIRE(items->front().event);
        return items->front().event->body_hash;
    };
    CHECK(hash_of() == hash);
    binary.headers.back().second = "8";
    CHECK(hash_of() != hash);
}

TEST_CASE("events: the shape is told by the media type alone") {
    const std::pair<const char*, BodyShape> rows[] = {
        {"application/x-ndjson", BodyShape::lines},
        {"APPLICATION/NDJSON ; charset=utf-8", BodyShape::lines},
        {"application/cloudevents-batch+json", BodyShape::list},
        {"Application/CloudEvents-Batch+JSON;charset=utf-8", BodyShape::list},
        {"application/cloudevents+json", BodyShape::single},
        {"application/json", BodyShape::single},
        {"application/x-ndjson-like", BodyShape::single},
        {"application/json; x=application/x-ndjson", BodyShape::single},
        {"", BodyShape::single}};
    for (const auto& [type, shape] : rows) {
        CAPTURE(type);
        CHECK(events_shape(type) == shape);
    }
}

TEST_CASE("events: a request has at most so many events, and more are refused unread") {
    const std::string lines = "application/x-ndjson";
    const std::string list = "application/cloudevents-batch+json";
    const auto repeated = [](std::size_t count, std::string_view what) {
        std::string body;
        for (std::size_t i = 0; i < count; ++i) body += what;
        return body;
    };
    const auto listed = [&](std::size_t count) { return "[" + repeated(count - 1, "1,") + "1]"; };
    CHECK(parsed(repeated(kEventsMax, "1\n"), lines)->size() == kEventsMax);
    CHECK(parsed(repeated(kEventsMax - 1, "1\n") + "1", lines)->size() == kEventsMax);
    CHECK(parsed(listed(kEventsMax), list)->size() == kEventsMax);
    const std::pair<std::string, std::string> refused[] = {
        {repeated(kEventsMax, "1\n") + "1", lines},
        {repeated(kEventsMax + 1, "\n"), lines},
        {repeated(8u << 20, "1\n"), lines},
        {listed(kEventsMax + 1), list}};
    for (const auto& [body, type] : refused) {
        CAPTURE(body.size());
        const auto items = parsed(body, type);
        REQUIRE_FALSE(items);
        CHECK(items.error().code == ErrorCode::bad_request);
        CHECK(items.error().message == "at most 20000 events a request; send several");
    }
}

TEST_CASE("events: NDJSON has a verdict per line and passes over blank ones") {
    const std::string good = R"({"id":"e1","channel":"text"})";
    const std::string event =
        R"({"id":"c1","source":"/s","specversion":"1.0","type":"t","data":{"channel":"dm"}})";
    const auto items = parsed(good + "\r\n\n  \n{broken\n" + R"({"id":"e2"})" + "\n" + event,
                              "application/x-ndjson; charset=utf-8");
    REQUIRE(items);
    REQUIRE(items->size() == 4);
    CHECK((*items)[0].event->event_id == "e1");
    CHECK((*items)[0].raw.empty());
    REQUIRE_FALSE((*items)[1].event);
    CHECK((*items)[1].event.error().starts_with("JSON: "));
    CHECK((*items)[1].raw == "{broken");
    CHECK((*items)[2].event.error().starts_with("/channel: "));
    CHECK((*items)[2].raw == R"({"id":"e2"})");
    CHECK((*items)[3].event->event_id == "c1");
    CHECK(parsed("", "application/x-ndjson")->empty());
}

TEST_CASE("events: CloudEvents alone, in a batch and in binary mode are the same event") {
    const std::string data = R"({"channel":"chat","text":"hi"})";
    const std::string cloud =
        R"({"specversion":"1.0","id":"c1","source":"/shop","type":"contact","time":"2025-08-21T12:28:00Z",)"
        R"("subject":null,"traceparent":")" +
        kTrace + R"(","data":)" + data + "}";
    const Event structured = only_event(cloud, "application/cloudevents+json; charset=utf-8");
    CHECK(structured.event_id == "c1");
    CHECK(structured.account == "/shop");
    CHECK(structured.text == "hi");
    CHECK(structured.traceparent == kTrace);
    CHECK(to_rfc3339(structured.occurred_at) == "2025-08-21T12:28:00.000Z");

    const auto batch =
        parsed("[" + cloud + R"(,{"specversion":"0.3"}])", "application/cloudevents-batch+json");
    REQUIRE(batch);
    REQUIRE(batch->size() == 2);
    CHECK((*batch)[0].event->event_id == "c1");
    CHECK((*batch)[1].event.error().starts_with("/specversion: must be \"1.0\""));
    CHECK((*batch)[0].raw.empty());
    CHECK((*batch)[1].raw == R"({"specversion":"0.3"})");
    CHECK(parsed("[]", "application/cloudevents-batch+json")->empty());

    Request binary = with_key("Bearer " + kKey);
    binary.body = data;
    binary.headers.insert(binary.headers.end(), {{"content-type", "application/json"},
                                                 {"ce-specversion", "1.0"},
                                                 {"ce-id", "c1"},
                                                 {"ce-source", "/shop"},
                                                 {"ce-type", "\"con\\tact\""},
                                                 {"ce-time", "2025-08-21T12:28:00Z"},
                                                 {"traceparent", kTrace}});
    auto items = events().parse(binary.view(), secrets(), kNow);
    REQUIRE(items);
    const Event& event = *items->front().event;
    CHECK(event.event_id == structured.event_id);
    CHECK(event.account == structured.account);
    CHECK(event.occurred_at == structured.occurred_at);
    CHECK(event.traceparent == kTrace);
    CHECK(event.body_hash == structured.body_hash);
}

TEST_CASE("events: ce-headers are decoded once and refused when they are not UTF-8") {
    struct Row {
        std::string written;
        std::string id;
    };
    const Row rows[] = {{"Euro%20%E2%82%AC%20%F0%9F%98%80", "Euro \xE2\x82\xAC \xF0\x9F\x98\x80"},
                        {"a%2520b", "a%20b"},
                        {"\"a b\"", "a b"},
                        {"%C0%A0", "refused"},
                        {"%zz", "refused"},
                        {"a%0Ab", "refused"},
                        {"", "refused"}};
    for (const Row& row : rows) {
        CAPTURE(row.written);
        Request request;
        request.body = R"({"channel":"chat"})";
        request.headers = {{"ce-specversion", "1.0"},
                           {"ce-id", row.written},
                           {"ce-source", "/s"},
                           {"ce-type", "t"}};
        auto items = events().parse(request.view(), secrets(), kNow);
        REQUIRE(items);
        const auto& event = items->front().event;
        CHECK((event ? event->event_id : "refused") == row.id);
    }
}

TEST_CASE("events: a CloudEvent lacks nothing that it must have") {
    const auto cloud = [](const std::string& members) {
        return mistake(R"({"specversion":"1.0",)" + members + "}");
    };
    CHECK(cloud(R"("source":"/s","type":"t","data":{})") == "/id: must be 1 to 256 bytes");
    CHECK(cloud(R"("id":"c","type":"t","data":{})") == "/source: must be 1 to 256 bytes");
    CHECK(cloud(R"("id":"c","source":"/s","data":{})") == "/type: must be 1 to 256 bytes");
    CHECK(cloud(R"("id":"c","source":"/s","type":"t")") ==
          "/data: the event must stand in \"data\" as JSON");
    CHECK(cloud(R"("id":"c","source":"/s","type":"t","data_base64":"e30=")") ==
          "/data_base64: the event must stand in \"data\" as JSON");
    CHECK(cloud(R"("id":"c","source":"/s","type":"t","data":[])") == "/data: must be an object");
    CHECK(cloud(R"("id":"c","source":"/s","type":"t","data":{"channel":"fax"})") ==
          "/data/channel: must be one of call, text, email, dm, chat, post; got \"fax\"");
}

TEST_CASE("events: a traceparent that is none is dropped, the request's counts for one event") {
    CHECK(only_event(with(R"("traceparent":"00-0-0-0")")).traceparent.empty());
    Request request = with_key("Bearer " + kKey);
    request.body = with(R"("text":"x")");
    request.headers.emplace_back("traceparent", kTrace);
    CHECK(events().parse(request.view(), secrets(), kNow)->front().event->traceparent == kTrace);
    request.headers.emplace_back("traceparent", kTrace);
    CHECK(events().parse(request.view(), secrets(), kNow)->front().event->traceparent.empty());
}

TEST_CASE("events: other content types are refused with the ones that work") {
    const auto refused = parsed("<a/>", "text/xml");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::bad_request);
    CHECK(refused.error().message ==
          "Content-Type must be application/json, application/x-ndjson, "
          "application/cloudevents+json or application/cloudevents-batch+json");
}

TEST_CASE("events: what is refused keeps its id, as far as there is one") {
    const std::pair<const char*, std::string> rows[] = {
        {R"({"id":"m3","channel":"fax"})", "m3"},
        {R"({"specversion":"1.0","id":"c1","source":"/a","type":"t","data":{}})", "c1"},
        {R"({"id":7,"channel":"fax"})", ""},
        {R"({"id":"a\nb","channel":"fax"})", ""},
        {R"({"channel":"fax"})", ""},
        {R"({"id":"m4","id":"m5","channel":"text"})", ""},
        {R"({"id":"m6",)", ""},
        {R"([1])", ""}};
    for (const auto& [line, id] : rows) {
        CAPTURE(line);
        const auto items = parsed(line, "application/x-ndjson");
        REQUIRE(items);
        CHECK_FALSE(items->front().event);
        CHECK(items->front().id == id);
    }
    const auto list =
        parsed(R"([{"id":"b1","channel":"fax"}])", "application/cloudevents-batch+json");
    REQUIRE(list);
    CHECK(list->front().id == "b1");
}

TEST_CASE("events: the first member that the schema does not have is told") {
    const std::pair<std::string, std::string> rows[] = {
        {with(R"("text":"x","buton":"web-call","extra":1)"), "buton"},
        {with(R"("button":"web-call","traceparent":null)"), ""},
        {R"({"specversion":"1.0","id":"c1","source":"/a","type":"t","ext":"1",)"
         R"("data":{"channel":"text"}})",
         ""},
        {R"({"specversion":"1.0","id":"c1","source":"/a","type":"t",)"
         R"("data":{"channel":"text","Button":"x"}})",
         "Button"},
        {with("\"" + std::string(70, 'x') + "\":1"), std::string(64, 'x')}};
    for (const auto& [body, name] : rows) {
        CAPTURE(body);
        const auto items = parsed(body);
        REQUIRE(items);
        REQUIRE(items->front().event);
        CHECK(items->front().passed_over == name);
    }
}

TEST_CASE("events: several lines that came as one event are told how to come") {
    const std::string line = R"({"id":"e1","channel":"text"})";
    constexpr std::string_view kHint = "; several events go as application/x-ndjson, one per line";
    CHECK(parsed(line + "\n" + line).error().message.ends_with(kHint));
    CHECK(parsed(line + "\r\n\r\n" + line + "\n").error().message.ends_with(kHint));
    CHECK_FALSE(parsed("{\n\"id\": \"e1\",,\n}").error().message.ends_with(kHint));
    CHECK(parsed(line + "\n"));
}

TEST_CASE("events: signs a made-up event of the channel that is asked for") {
    for (const char* channel : {"call", "chat", "post"}) {
        CAPTURE(channel);
        Sample sample;
        sample.channel = channel;
        sample.text = "hello";
        Request request;
        test::sign(events(), secrets(), sample, request);
        const auto items = events().parse(request.view(), secrets(), kNow);
        REQUIRE(items->front().event);
        CHECK(to_string(items->front().event->channel) == channel);
    }
}

TEST_CASE("events: signs bytes of any format under their own Content-Type") {
    Sample sample;
    sample.body = R"({"id":"e1","channel":"text"})"
                  "\n"
                  R"({"id":"e2","channel":"text"})";
    sample.content_type = "application/x-ndjson";
    Request request;
    test::sign(events(), secrets(), sample, request);
    CHECK(verified(request));
    CHECK(*request.header("content-type") == "application/x-ndjson");
    CHECK(events().parse(request.view(), secrets(), kNow)->size() == 2);
}

TEST_CASE("events: signs with the API key where there is no signing secret") {
    SourceSecrets keyed = secrets();
    keyed.secrets.clear();
    Sample sample;
    sample.to = "web-chat";
    sample.from = "jane@acme.example";
    sample.text = "hello";
    Request request;
    test::sign(events(), keyed, sample, request);
    CHECK(verified(request, SourceSecrets{"acme", {}, {keyed.api_keys.front()}, "", ""}));
    const auto items = events().parse(request.view(), keyed, kNow);
    REQUIRE(items->front().event);
    CHECK(items->front().event->button == "web-chat");
    CHECK(items->front().event->customer.email == "jane@acme.example");
}

}  // namespace
}  // namespace tapline
