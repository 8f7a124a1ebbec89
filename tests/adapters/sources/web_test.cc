#include "adapters/sources/web.h"

#include <doctest/doctest.h>

#include "adapters/form.h"
#include "adapters/sources/registry.h"
#include "adapters/sources/web_page.h"
#include "adapters/utf8.h"
#include "tests/adapters/sources/request.h"

namespace tapline {
namespace {

using test::field;
using test::kNow;
using test::Request;

const std::string kForm = "application/x-www-form-urlencoded";
const std::string kJson = "application/json";
const std::string kOrigin = "https://www.acme.example";

WebForm sample_form() {
    WebForm form;
    form.origins = {kOrigin, "http://127.0.0.1:8000"};
    form.honeypot = "website";
    return form;
}

SourceSecrets secrets_of(const WebForm& form) {
    SourceSecrets secrets;
    secrets.connection = "site";
    secrets.form = &form;
    return secrets;
}

Request request_of(const std::string& body, const std::string& type = kForm) {
    Request request;
    request.headers = {{"content-type", type}, {"origin", kOrigin}};
    request.body = body;
    return request;
}

tl::expected<Event, std::string> read(const Request& request, const WebForm& form = sample_form(),
                                      Time now = kNow, std::string_view client = "c1") {
    SourceRequest view = request.view();
    view.client = client;
    const auto fields = web_fields(view);
    if (!fields) return tl::unexpected(fields.error().message);
    return web_event(view, secrets_of(form), *fields, now);
}

Event event_of(const Request& request, const WebForm& form = sample_form(), Time now = kNow,
               std::string_view client = "c1") {
    CAPTURE(request.body);
    auto event = read(request, form, now, client);
    if (!event) FAIL(event.error());
    return *event;
}

TEST_CASE("web: a form becomes a contact with its fields, its page and what else it holds") {
    Request request = request_of(
        "name=J.+Doe&email=jane%40acme.example&phone=%2B1+%28404%29+555-0199&subject=Plans&"
        "language=de&"
        "message=Is+it%0D%0Ain+stock%3F&size=M&size=L&newsletter=&utm_medium=bio&"
        "tapline_page=https%3A%2F%2Fwww.acme.example%2Fplans%3Futm_source%3Dig%26gclid%3DCj0%26"
        "ref%3D7K3M9Q2X4&tapline_referrer=https%3A%2F%2Fwww.instagram.com%2F");
    request.rest = "/contact";
    const Event event = event_of(request);
    CHECK(event.kind == EventKind::contact);
    CHECK(event.type == "contact.email");
    CHECK(event.channel == Channel::email);
    CHECK(event.provider == "web");
    CHECK(event.connection == "site");
    CHECK(event.auth == "none");
    CHECK(event.button == "contact");
    CHECK(event.customer.name == "J. Doe");
    CHECK(event.customer.email == "jane@acme.example");
    CHECK(event.customer.phone == "+14045550199");
    CHECK(event.subject == "Plans");
    CHECK(event.language == "de");
    CHECK(event.text == "Is it\nin stock?");
    CHECK(event.reply.how == "email");
    CHECK(event.reply.to == "jane@acme.example");
    CHECK(event.ref == "7K3M9Q2X4");
    CHECK(field(event, "form.size") == "M, L");
    CHECK(field(event, "utm_medium") == "bio");
    CHECK(field(event, "utm_source") == "ig");
    CHECK(field(event, "gclid") == "Cj0");
    CHECK(field(event, "page.url").starts_with("https://www.acme.example/plans?"));
    CHECK(field(event, "page.referrer") == "https://www.instagram.com/");
    for (const auto& [name, value] : event.attribution) {
        CAPTURE(name);
        CHECK_FALSE(value.empty());
        CHECK(name.find("tapline_") == std::string::npos);
    }
}

TEST_CASE("web: JSON says the same as a form, whatever kind its values have") {
    const Event event = event_of(request_of(
        R"({"message":"hi","email":"a@acme.example","count":3,"big":9007199254740993,"yes":true,
            "none":null,"tags":["a","b"],"nested":{"a":1}})",
        kJson));
    CHECK(event.text == "hi");
    CHECK(field(event, "form.count") == "3");
    CHECK(field(event, "form.big") == "9007199254740993");
    CHECK(field(event, "form.yes") == "true");
    CHECK(field(event, "form.tags") == "a, b");
    CHECK(field(event, "form.nested") == R"({"a":1})");
    CHECK(field(event, "form.none").empty());
}

TEST_CASE("web: multipart says the same as a form, and of files only the name is kept") {
    const auto part = [](const std::string& head, const std::string& content) {
        return "--b\r\nContent-Disposition: form-data; " + head + "\r\n\r\n" + content + "\r\n";
    };
    const std::string body =
        part("name=\"message\"", "hi\r\nthere") + part("name=\"email\"", "a@acme.example") +
        part("name=\"size\"", "M") + part("name=\"size\"", "L") +
        part("name=\"photo\"; filename=\"me.png\"", std::string("\x89PNG\0", 5)) + "--b--\r\n";
    const Event event = event_of(request_of(body, "multipart/form-data; boundary=b"));
    CHECK(event.text == "hi\nthere");
    CHECK(event.customer.email == "a@acme.example");
    CHECK(field(event, "form.size") == "M, L");
    CHECK(field(event, "form.photo") == "me.png");
}

TEST_CASE("web: the config's names of the fields are read instead of ours") {
    WebForm form = sample_form();
    form.message = "question";
    form.email = "mail[address]";
    const Event event =
        event_of(request_of("question=hi&mail%5Baddress%5D=a%40acme.example&message=other"), form);
    CHECK(event.text == "hi");
    CHECK(event.customer.email == "a@acme.example");
    CHECK(field(event, "form.message") == "other");
}

TEST_CASE("web: what is no address or number is kept as it was typed") {
    const Event event = event_of(request_of("email=jane+at+acme&phone=0171+555&message=x"));
    CHECK(event.customer.email.empty());
    CHECK(event.customer.phone.empty());
    CHECK(field(event, "form.email") == "jane at acme");
    CHECK(field(event, "form.phone") == "0171 555");
    CHECK(event.reply.how.empty());
    CHECK(event_of(request_of("phone=%2B14045550199")).reply.how == "call");
}

TEST_CASE("web: other fields are kept within limits, and what is left out is counted") {
    std::string body =
        "message=x&long=" + std::string(5000, 'v') + "&" + std::string(65, 'n') + "=v";
    for (int i = 0; i < 100; ++i) body += "&f" + std::to_string(i) + "=v";
    const Event event = event_of(request_of(body));
    CHECK(field(event, "form.long").size() == kFormValueBytesMax);
    CHECK(field(event, "form.left_out") == "62");  // one name, and 61 of 101 fields
    CHECK(event.attribution.size() == kFormFieldsKept + 1);
}

TEST_CASE("web: the same content of one client within ten minutes is one contact") {
    const std::string body = "message=hi&email=a%40acme.example&tapline_page=https://a.example/";
    const auto ids = [&](std::chrono::seconds after, std::string_view client = "c1",
                         const std::string& text = "") {
        const Event event = event_of(request_of(body + text), sample_form(), kNow + after, client);
        return std::pair(event.event_id, event.replay_key);
    };
    const auto same = [](const auto& a, const auto& b) {
        return a.first == b.first || a.second == b.second;
    };
    // Wherever in a slot the first one falls.
    for (int start = 0; start < 40; ++start) {
        CAPTURE(start);
        const std::chrono::seconds at = std::chrono::minutes(start);
        CHECK(same(ids(at), ids(at)));
        CHECK(same(ids(at), ids(at + std::chrono::seconds(599))));
        CHECK_FALSE(same(ids(at), ids(at + std::chrono::minutes(21))));
        CHECK_FALSE(same(ids(at), ids(at, "c2")));
        CHECK_FALSE(same(ids(at), ids(at, "c1", "&size=M")));
    }
}

TEST_CASE("web: an id that the page made names the contact, whatever else it says") {
    const Event one = event_of(request_of("message=hi&tapline_id=s-1"));
    const Event two = event_of(request_of("message=other&tapline_id=s-1"), sample_form(),
                               kNow + std::chrono::hours(5), "c2");
    CHECK(one.event_id == "id/s-1");
    CHECK(two.event_id == one.event_id);
    CHECK(one.replay_key.empty());
    CHECK(event_of(request_of("message=hi&tapline_id=" + std::string(500, 'x'))).event_id.size() ==
          131);
}

TEST_CASE("web: only pages of the config's origins may post") {
    struct Row {
        std::vector<std::pair<std::string, std::string>> headers;
        bool allowed;
    };
    const Row rows[] = {
        {{{"origin", kOrigin}}, true},
        {{{"origin", "http://127.0.0.1:8000"}}, true},
        {{{"referer", kOrigin + "/contact?x=1"}}, true},
        {{{"referer", kOrigin}}, true},
        {{}, false},
        {{{"origin", ""}}, false},
        {{{"origin", "null"}}, false},
        {{{"origin", "http://www.acme.example"}}, false},
        {{{"origin", "https://www.acme.example:444"}}, false},
        {{{"origin", "https://www.acme.example."}}, false},
        {{{"origin", "https://www.acme.example.evil.example"}}, false},
        {{{"origin", "https://evil.example/https://www.acme.example"}}, false},
        {{{"origin", "HTTPS://www.acme.example"}}, false},
        {{{"origin", kOrigin}, {"origin", kOrigin}}, false},
        {{{"origin", "https://evil.example"}, {"referer", kOrigin + "/"}}, false},
        {{{"referer", "https://www.acme.example@evil.example/"}}, false},
        {{{"referer", "https://evil.example/?https://www.acme.example/"}}, false},
        {{{"referer", "about:blank"}}, false},
    };
    const WebForm form = sample_form();
    for (const Row& row : rows) {
        Request request = request_of("message=hi");
        request.headers = row.headers;
        CAPTURE(request.headers.empty() ? "none" : request.headers[0].second);
        CHECK(web_origin_allowed(form, web_origin(request.view())) == row.allowed);
        const auto verified = find_source("web")->verify(request.view(), secrets_of(form), kNow);
        CHECK(verified.has_value() == row.allowed);
        if (verified) CHECK(verified->auth == "none");
    }
    Request get = request_of("");
    get.method = "GET";
    CHECK_FALSE(find_source("web")->verify(get.view(), secrets_of(form), kNow).has_value());
    CHECK_FALSE(find_source("web")->verify(request_of("").view(), {}, kNow).has_value());
}

TEST_CASE("web: a filled honeypot is no event") {
    const WebForm form = sample_form();
    for (const auto& [body, trapped] :
         {std::pair("message=hi&website=http://spam.example", true),
          std::pair("message=hi&website=", false), std::pair("message=hi&website=++", false),
          std::pair("message=hi", false)}) {
        CAPTURE(body);
        const Request request = request_of(body);
        CHECK(web_trapped(form, *web_fields(request.view())) == trapped);
        const auto items = find_source("web")->parse(request.view(), secrets_of(form), kNow);
        REQUIRE(items);
        CHECK(items->empty() == trapped);
    }
    WebForm open = form;
    open.honeypot.clear();
    CHECK_FALSE(web_trapped(open, {{"", "x"}, {"website", "x"}}));
}

TEST_CASE("web: bodies that are no form, or say nothing, are told so") {
    const std::string deep = std::string(70, '[') + std::string(70, ']');
    std::string many = "message=x";
    for (int i = 0; i < 1001; ++i) many += "&a=1";
    struct Row {
        std::string type;
        std::string body;
        std::string_view fault;
    };
    const std::vector<Row> rows = {
        {kForm, "", "fill in"},
        {kForm, "message=", "fill in"},
        {kForm, "message=%20%0D%0A&name=x", "fill in"},
        {kForm, "name=only", "fill in"},
        {kForm, "size=M&utm_source=ig", "fill in"},
        {kForm, "message", "fill in"},
        {kForm, "=message", "fill in"},
        {kForm, "Message=hi", "fill in"},
        {kForm, "message=%", ""},
        {kForm, "message=%4", ""},
        {kForm, "message=%zz", ""},
        {kForm, "%=x&message=hi", ""},
        {kForm, "message=hi&&a=b", ""},
        {kForm, "&message=hi", ""},
        {kForm, "message=hi&", ""},
        {kForm, "{\"message\":\"hi\"}", "fill in"},
        {kForm, many, ""},
        {kForm, "message=" + std::string(kFormBytesMax, 'x'), "256 KiB"},
        {kJson, "", ""},
        {kJson, "message=hi", ""},
        {kJson, "{}", "fill in"},
        {kJson, "null", "one JSON object"},
        {kJson, "[]", "one JSON object"},
        {kJson, "\"hi\"", "one JSON object"},
        {kJson, R"([{"message":"hi"}])", "one JSON object"},
        {kJson, R"({"message":)", ""},
        {kJson, R"({"message":"hi"}})", ""},
        {kJson, R"({"message":null})", "fill in"},
        {kJson, R"({"message":""})", "fill in"},
        {kJson, R"({"message":[]})", "fill in"},
        {kJson, R"({"Message":"hi"})", "fill in"},
        {kJson, "{\"message\":\"\xFF\"}", ""},
        {kJson, "{\"message\":" + deep + "}", ""},
        {kJson, R"({"message":"\ud800"})", ""},
        {"", "message=hi", "Content-Type"},
        {"text/plain", "message=hi", "Content-Type"},
        {"multipart/form-data", "message=hi", ""},
        {"multipart/form-data; boundary=b", "message=hi", ""},
        {"multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"a\"",
         ""},
        {"application/x-www-form-urlencoded2", "message=hi", "Content-Type"},
        {"application/xml", "<message>hi</message>", "Content-Type"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.type);
        CAPTURE(row.body.substr(0, 100));
        const auto event = read(request_of(row.body, row.type));
        REQUIRE_FALSE(event.has_value());
        CAPTURE(event.error());
        CHECK_FALSE(event.error().empty());
        CHECK(event.error().find(row.fault) != std::string::npos);
    }
}

TEST_CASE("web: hostile fields come out as valid text within limits") {
    const std::vector<std::string> bodies = {
        "message=%00&email=x",
        "message=%FF%FE&email=%C0%80%40acme.example",
        "message=hi&email=a%40acme.example%0D%0ABcc%3A+b%40c.example",
        "message=hi&email=a%40b%40c",
        "message=hi&email=" + std::string(400, 'a') + "%40acme.example",
        "message=hi&name=%1B%5B31m%07Jane%0D%0A",
        "message=hi&name=" + std::string(5000, 'n'),
        "message=hi&phone=%2B" + std::string(5000, '1'),
        "message=hi&phone=%2B0000000000",
        "message=hi&subject=a%0D%0Ab" + std::string(5000, 's'),
        "message=%3Cscript%3Ealert(1)%3C%2Fscript%3E",
        "message=" + std::string(100000, 'm'),
        "message=%F0%9F%92%A9%F0%9F%92",
        "message=a&message=b&message=c",
        "message=hi&tapline_id=%00%01",
        "message=hi&tapline_id=" + std::string(10000, 'i'),
        "message=hi&tapline_ref=..%2F..%2F" + std::string(3000, 'r'),
        "message=hi&tapline_page=javascript%3Aalert(1)",
        "message=hi&tapline_page=" + std::string(10000, 'p'),
        "message=hi&tapline_page=%3F%3F%3F%26%26%3D%25",
        "message=hi&tapline_page=%3Fref%3D7K3M9Q2X4%23",
        "message=hi&tapline_unknown=x",
        "message=hi&__proto__=x&constructor=y&%00=z",
        "message=hi&a%5B%5D=1&a%5B%5D=2",
        "message=hi&utm_source=%FF&gclid=" + std::string(3000, 'g'),
        "message=hi&%E2%80%AE=x&" + std::string(65, 'n') + "=1",
        "message=7K3-M9Q-2X4",
    };
    for (const std::string& body : bodies) {
        CAPTURE(body.substr(0, 100));
        const Event event = event_of(request_of(body));
        const auto one_line = [](const std::string& text) {
            return text.find_first_of(std::string("\r\n\x1B\0", 4)) == std::string::npos;
        };
        for (const std::string* text : {&event.customer.name, &event.customer.email, &event.subject,
                                        &event.ref, &event.event_id}) {
            CHECK(is_valid_utf8(*text));
            CHECK(one_line(*text));
            CHECK(text->size() <= 1000);
        }
        CHECK(event.event_id.size() <= 256);
        CHECK(is_valid_utf8(event.text));
        CHECK(event.text.size() <= 65536);
        for (const auto& [name, value] : event.attribution) {
            CHECK(is_valid_utf8(name));
            CHECK(is_valid_utf8(value));
            CHECK(one_line(name));
            CHECK(value.size() <= kFormValueBytesMax);
        }
    }
}

TEST_CASE("web: what it makes up is accepted and becomes a contact") {
    const WebForm form = sample_form();
    const Source& source = *find_source("web");
    Sample sample;
    sample.text = "Is it in stock?";
    sample.from = "+14045550199";
    sample.ref = "7K3M9Q2X4";
    Request request;
    test::sign(source, secrets_of(form), sample, request);
    CHECK(source.verify(request.view(), secrets_of(form), kNow).has_value());
    const auto items = source.parse(request.view(), secrets_of(form), kNow);
    REQUIRE(items);
    REQUIRE(items->size() == 1);
    const Event& event = *items->front().event;
    CHECK(event.text == sample.text);
    CHECK(event.customer.phone == sample.from);
    CHECK(event.ref == sample.ref);
    sample.body = R"({"message":"hi"})";
    sample.to = "contact";
    sample.url = "https://hooks.acme.example/hooks/site";
    const SignedRequest json = source.sign(sample, secrets_of(form));
    CHECK(json.url == "https://hooks.acme.example/hooks/site/contact");
    CHECK(json.headers.front().second == kJson);
    for (std::size_t keep = 0; keep < request.body.size(); ++keep) {
        Request cut = request;
        cut.body.resize(keep);
        CAPTURE(keep);
        CHECK((source.parse(cut.view(), secrets_of(form), kNow).has_value() || keep > 0));
    }
}

TEST_CASE("web: the page escapes what it shows and has one heading") {
    const std::string page = web_page({true, "<b>No</b>", "\"x\" & y", "7K3-M9Q-2X4"});
    CHECK(page.find("<h1>&lt;b&gt;No&lt;/b&gt;</h1>") != std::string::npos);
    CHECK(page.find("role=\"alert\"") != std::string::npos);
    CHECK(page.find("7K3-M9Q-2X4") != std::string::npos);
    CHECK(page.find("<script") == std::string::npos);
    CHECK(web_page({false, "Thank you", "x", ""}).find("role=") == std::string::npos);
    CHECK(web_page_policy().find("default-src 'none'") == 0);
}

}  // namespace
}  // namespace tapline
