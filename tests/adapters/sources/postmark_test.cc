#include <doctest/doctest.h>

#include "adapters/json.h"
#include "adapters/json_trim.h"
#include "adapters/sources/registry.h"
#include "tests/adapters/sources/request.h"

namespace tapline {
namespace {

using test::kNow;
using test::Request;

const Source& source() {
    return *find_source("postmark");
}

SourceSecrets secrets() {
    SourceSecrets secrets;
    secrets.connection = "mail";
    secrets.secrets = {"postmark:open sesame"};
    return secrets;
}

Request request_of(const std::string& body) {
    Request request;
    Sample sample;
    sample.body = body;
    test::sign(source(), secrets(), sample, request);
    return request;
}

std::vector<Event> events_of(const std::string& body) {
    const auto items = source().parse(request_of(body).view(), secrets(), kNow);
    REQUIRE(items);
    std::vector<Event> events;
    for (const auto& item : *items) events.push_back(*item.event);
    return events;
}

constexpr const char* kMail =
    R"({"FromFull":{"Email":"jane@example.org","Name":"Jane"},"ReplyTo":"doe@example.org",)"
    R"("OriginalRecipient":"hello+7k3m9q2x4@in.acme.example","Subject":"Caf\u00e9",)"
    R"("MessageID":"73e6d360-66eb-11e1-8e72-a8904824019b","TextBody":"Hello there",)"
    R"("HtmlBody":"<p>other</p>","Headers":[{"Name":"Message-ID","Value":"<a@b>"},)"
    R"({"Name":"X-Spam-Status","Value":"No"},{"Name":"Received-SPF","Value":"Pass"}],)"
    R"("Attachments":[{"Name":"../a.png","ContentType":"image/png","Content":"eA==",)"
    R"("ContentLength":4096}]})";

TEST_CASE("postmark: a mail is a contact with attachment facts") {
    const auto events = events_of(kMail);
    REQUIRE(events.size() == 1);
    const Event& event = events[0];
    CHECK(event.kind == EventKind::contact);
    CHECK(event.address == "hello+7k3m9q2x4@in.acme.example");
    CHECK(event.customer.email == "jane@example.org");
    CHECK(event.reply.to == "doe@example.org");
    CHECK(event.subject == "Caf\u00E9");
    CHECK(event.text == "Hello there");
    CHECK(test::field(event, "mail.message_id") == "a@b");
    CHECK(test::field(event, "mail.spam") == "No");
    REQUIRE(event.attachments.size() == 1);
    CHECK(event.attachments[0].name == "a.png");
    CHECK(event.attachments[0].bytes == 4096);
}

TEST_CASE("postmark: the raw mail is read where it is sent along") {
    const auto events = events_of(
        R"({"OriginalRecipient":"hello@acme.example","TextBody":"cooked",)"
        R"("RawEmail":"From: jane@example.org\r\nAuto-Submitted: auto-replied\r\n\r\nraw"})");
    REQUIRE(events.size() == 1);
    CHECK(events[0].text == "raw");
    CHECK(events[0].type == "email.auto_reply");
}

TEST_CASE("postmark: the Check button's mail is answered and ignored") {
    CHECK(events_of(R"({"FromName":"Postmarkapp Support","OriginalRecipient":"a@b.c",)"
                    R"("MessageID":"00000000-0000-0000-0000-000000000000","TextBody":"x"})")
              .empty());
    if (const auto body = test::shared_sample("email/postmark_inbound_test.json")) {
        CHECK(events_of(*body).empty());
    } else {
        MESSAGE("skipped: the shared samples are not beside the project");
    }
}

TEST_CASE("postmark: only its user and password are let in, by the header they come in") {
    const Request good = request_of(kMail);
    const auto accepted = [&](const Request& request) {
        return source().verify(request.view(), secrets(), kNow).has_value();
    };
    CHECK(accepted(good));
    CHECK(source().www_authenticate.starts_with("Basic "));
    for (const char* value :
         {"", "Basic", "Basic ", "Basic !!!", "Bearer cG9zdG1hcms=",
          "basic cG9zdG1hcms6b3BlbiBzZXNhbWU=", "Basic cG9zdG1hcms6b3BlbiBzZXNhbWX=",
          "Basic  cG9zdG1hcms6b3BlbiBzZXNhbWU=", "Basic cG9zdG1hcms6b3BlbiBzZXNhbWU= "}) {
        CAPTURE(value);
        Request request = good;
        *request.header("authorization") = value;
        CHECK_FALSE(accepted(request));
    }
    CHECK(*good.headers.back().second.c_str() == 'B');
}

TEST_CASE("postmark: what cannot be used is refused as a whole") {
    for (const char* body : {"", "[]", "{}", R"({"OriginalRecipient":""})",
                             R"({"OriginalRecipient":"a@b.c","OriginalRecipient":"d@e.f"})"}) {
        CAPTURE(body);
        Request request = request_of(kMail);
        request.body = body;
        CHECK_FALSE(source().parse(request.view(), secrets(), kNow));
    }
}

TEST_CASE("postmark: an attachment of many megabytes is not parsed") {
    std::string body = kMail;
    const std::string content = "\"Content\":\"";
    body.insert(body.find(content) + content.size(), std::string(20u << 20, 'A'));
    const auto events = events_of(body);
    REQUIRE(events.size() == 1);
    CHECK(events[0].text == "Hello there");
    CHECK(events[0].attachments[0].bytes == 4096);
}

TEST_CASE("json: long strings are left out, everything else stays as it is") {
    struct Row {
        const char* text;
        const char* trimmed;
    };
    const Row rows[] = {
        {R"({"a":"12345","b":"123456"})", R"({"a":"12345","b":""})"},
        {R"({"a":"\"\"\"\""})", R"({"a":""})"},
        {R"({"a":"\\"})", R"({"a":"\\"})"},
        {R"({"a":"123456)", R"({"a":"123456)"},
        {R"("\)", R"("\)"},
        {"", ""},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        CHECK(json::without_long_strings(row.text, 5) == row.trimmed);
    }
}

}  // namespace
}  // namespace tapline
