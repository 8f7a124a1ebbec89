#include <doctest/doctest.h>

#include "adapters/crypto.h"
#include "adapters/form.h"
#include "adapters/multipart.h"
#include "adapters/sources/registry.h"
#include "tests/adapters/sources/request.h"

namespace tapline {
namespace {

using test::kNow;
using test::Request;

const std::string kKey = "key-of-the-account";

const Source& source() {
    return *find_source("mailgun");
}

SourceSecrets secrets() {
    SourceSecrets secrets;
    secrets.connection = "mail";
    secrets.secrets = {kKey};
    return secrets;
}

Fields signed_fields(Fields fields, const std::string& token = "t0k3n") {
    const std::string timestamp = std::to_string(kNow.time_since_epoch().count() / 1000);
    fields.emplace_back("timestamp", timestamp);
    fields.emplace_back("token", token);
    fields.emplace_back("signature", to_hex(hmac_sha256(kKey, timestamp + token)));
    return fields;
}

Request form_of(const Fields& fields) {
    Request request;
    request.headers = {{"content-type", "application/x-www-form-urlencoded"}};
    request.body = encode_form(fields);
    return request;
}

Event event_of(const Request& request) {
    const auto items = source().parse(request.view(), secrets(), kNow);
    REQUIRE(items);
    REQUIRE(items->size() == 1);
    REQUIRE(items->front().event);
    return *items->front().event;
}

TEST_CASE("mailgun: a parsed mail is a contact, its token the replay key") {
    const Request request = form_of(signed_fields(
        {{"recipient", "hello@acme.example"},
         {"sender", "envelope@example.org"},
         {"body-plain", "Hello there"},
         {"body-html", "<p>other</p>"},
         {"message-headers",
          R"([["From","\"Displayed\" <jane@example.org>"],["Message-Id","<a@b>"],)"
          R"(["Subject","=?utf-8?q?Caf=C3=A9?="],["X-Mailgun-Spf","Pass"],["X-Mailgun-Sscore","1.7"]])"}}));
    const auto verified = source().verify(request.view(), secrets(), kNow);
    REQUIRE(verified);
    CHECK(verified->replay_key == "t0k3n");
    const Event event = event_of(request);
    CHECK(event.kind == EventKind::contact);
    CHECK(event.address == "hello@acme.example");
    CHECK(event.customer.name == "Displayed");
    CHECK(event.customer.email == "jane@example.org");
    CHECK(event.subject == "Caf\u00E9");
    CHECK(event.text == "Hello there");
    CHECK(test::field(event, "mail.message_id") == "a@b");
    CHECK(test::field(event, "mail.spf") == "Pass");
    CHECK(test::field(event, "mail.spam_score") == "1.7");
    CHECK(test::field(event, "mail.sender") == "envelope@example.org");
}

TEST_CASE("mailgun: the whole mail in body-mime is read instead") {
    const Event event = event_of(form_of(
        signed_fields({{"recipient", "hello@acme.example"},
                       {"sender", ""},
                       {"body-mime", "From: jane@example.org\r\nSubject: Raw\r\n\r\nRaw words"}})));
    CHECK(event.subject == "Raw");
    CHECK(event.text == "Raw words");
    CHECK(event.type == "email.bounce");  // the null sender
}

TEST_CASE("mailgun: a form with files keeps facts of them") {
    Request request;
    request.headers = {{"content-type", "multipart/form-data; boundary=b"}};
    std::vector<std::pair<std::string, std::string>> fields;
    for (auto& field : signed_fields({{"recipient", "hello@acme.example"},
                                      {"sender", "jane@example.org"},
                                      {"from", "Jane <jane@example.org>"},
                                      {"body-plain", "See the picture"}})) {
        fields.push_back(field);
    }
    request.body = multipart_body("b", fields);
    request.body.resize(request.body.size() - 5);
    request.body +=
        "b\r\nContent-Disposition: form-data; name=\"attachment-1\"; filename=\"a.png\"\r\n"
        "Content-Type: image/png\r\n\r\n12345\r\n--b--\r\n";
    CHECK(source().verify(request.view(), secrets(), kNow));
    const Event event = event_of(request);
    CHECK(event.text == "See the picture");
    REQUIRE(event.attachments.size() == 1);
    CHECK(event.attachments[0].name == "a.png");
    CHECK(event.attachments[0].type == "image/png");
    CHECK(event.attachments[0].bytes == 5);
}

TEST_CASE("mailgun: one token brings one event, whatever the form adds") {
    const Event event = event_of(form_of(
        signed_fields({{"recipient", "one@acme.example, two@acme.example"}, {"body-plain", "x"}})));
    CHECK(event.address == "one@acme.example");
    CHECK(test::field(event, "mail.recipients") == "one@acme.example, two@acme.example");
}

TEST_CASE("mailgun: all that were written to are told, as many as a mail may have") {
    std::string written = "one@acme.example";
    for (int i = 2; i <= 100; ++i) written += ", n" + std::to_string(i) + "@acme.example";
    for (const bool more : {false, true}) {
        CAPTURE(more);
        if (more) written += ",last@acme.example";
        const Request request = form_of(signed_fields({{"recipient", written}}));
        const auto items = source().parse(request.view(), secrets(), kNow);
        REQUIRE(items);
        REQUIRE(items->size() == 1);
        REQUIRE(items->front().addresses.size() == 100);
        CHECK(items->front().addresses.back() == "n100@acme.example");
        CHECK(test::field(*items->front().event, "mail.cut") == (more ? "true" : ""));
    }
}

TEST_CASE("mailgun: a header of the mail beside a field of its name loses no mail") {
    Fields fields = signed_fields({{"recipient", "a@b.c"}, {"subject", "Shoes"}});
    fields.emplace_back("subject", "Shoes");
    CHECK(source().parse(form_of(fields).view(), secrets(), kNow).has_value());
    fields.emplace_back("subject", "Socks");
    // Authentic all the same: it is kept in quarantine.
    CHECK(source().verify(form_of(fields).view(), secrets(), kNow).has_value());
    const auto refused = source().parse(form_of(fields).view(), secrets(), kNow);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message == "the field subject stands twice, with two values");
}

TEST_CASE("mailgun: refuses what is not signed, signed long ago or signed twice") {
    const Fields good = signed_fields({{"recipient", "a@b.c"}});
    const auto accepted = [&](const Fields& fields, Time now = kNow) {
        return source().verify(form_of(fields).view(), secrets(), now).has_value();
    };
    CHECK(accepted(good));
    CHECK(accepted(good, kNow + std::chrono::hours(9)));
    CHECK_FALSE(accepted(good, kNow + std::chrono::hours(13)));
    CHECK_FALSE(accepted(good, kNow - std::chrono::hours(1)));
    for (const char* name : {"timestamp", "token", "signature"}) {
        CAPTURE(name);
        for (const bool twice : {false, true}) {
            Fields fields = good;
            const auto found = std::find_if(fields.begin(), fields.end(),
                                            [&](const auto& field) { return field.first == name; });
            if (twice) {
                fields.emplace_back(*found);
            } else {
                found->second.front() = found->second.front() == '1' ? '2' : '1';
            }
            CHECK_FALSE(accepted(fields));
        }
        Fields fields = good;
        std::erase_if(fields, [&](const auto& field) { return field.first == name; });
        CHECK_FALSE(accepted(fields));
    }
    Request other = form_of(good);
    other.headers[0].second = "application/json";
    CHECK_FALSE(source().verify(other.view(), secrets(), kNow));
    Request get = form_of(good);
    get.method = "GET";
    CHECK_FALSE(source().verify(get.view(), secrets(), kNow));
}

TEST_CASE("mailgun: a signed form without a recipient is kept aside") {
    const auto items =
        source().parse(form_of(signed_fields({{"body-plain", "x"}})).view(), secrets(), kNow);
    REQUIRE(items);
    REQUIRE(items->size() == 1);
    CHECK_FALSE(items->front().event);
}

TEST_CASE("mailgun: the shared sample is read") {
    const auto body = test::shared_sample("email/mailgun_route_forward.form");
    if (!body) {
        MESSAGE("skipped: the shared samples are not beside the project");
        return;
    }
    Request request;
    request.headers = {{"content-type", "application/x-www-form-urlencoded"}};
    request.body = *body;
    const Event event = event_of(request);
    CHECK(event.address == "test@inbound.example.com");
    CHECK(event.customer.email == "from+test@example.org");
    CHECK(event.text == "Test body plain");
}

}  // namespace
}  // namespace tapline
