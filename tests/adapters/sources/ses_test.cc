#include <doctest/doctest.h>

#include "adapters/crypto.h"
#include "adapters/json.h"
#include "adapters/public_key.h"
#include "adapters/sources/registry.h"
#include "adapters/sources/sns.h"
#include "tests/adapters/sources/key_pairs.h"
#include "tests/adapters/sources/request.h"

namespace tapline {
namespace {

using test::kNow;
using test::Request;

constexpr const char* kCertificateUrl =
    "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem";

const Source& source() {
    return *find_source("ses");
}

SourceSecrets secrets() {
    SourceSecrets secrets;
    secrets.connection = "mail";
    secrets.secrets = {"one"};
    test::give_certificates(secrets);
    return secrets;
}

sns::Envelope notification(const std::string& message) {
    sns::Envelope envelope;
    envelope.type = "Notification";
    envelope.message_id = "8f6dee70";
    envelope.topic = test::kTopic;
    envelope.message = message;
    envelope.timestamp = "2025-08-21T12:28:03.000Z";
    envelope.signature_version = "1";
    envelope.certificate_url = kCertificateUrl;
    return envelope;
}

Request request_of(const sns::Envelope& envelope) {
    const auto digest = envelope.signature_version == "1" ? RsaDigest::sha1 : RsaDigest::sha256;
    const auto signature =
        sign_rsa(secrets().signing_key, digest, sns::signed_text(envelope)).value_or("");
    Request request;
    request.headers = {{"content-type", "text/plain; charset=UTF-8"},
                       {"x-amz-sns-message-type", envelope.type}};
    request.body = "{\"Type\":" + json::quoted(envelope.type) +
                   ",\"MessageId\":" + json::quoted(envelope.message_id) +
                   ",\"TopicArn\":" + json::quoted(envelope.topic) +
                   (envelope.has_subject ? ",\"Subject\":" + json::quoted(envelope.subject) : "") +
                   ",\"Message\":" + json::quoted(envelope.message) +
                   ",\"Timestamp\":" + json::quoted(envelope.timestamp) +
                   (envelope.token.empty() ? "" : ",\"Token\":" + json::quoted(envelope.token)) +
                   (envelope.subscribe_url.empty()
                        ? ""
                        : ",\"SubscribeURL\":" + json::quoted(envelope.subscribe_url)) +
                   ",\"SignatureVersion\":" + json::quoted(envelope.signature_version) +
                   ",\"Signature\":" + json::quoted(base64_encode(signature)) +
                   ",\"SigningCertURL\":" + json::quoted(envelope.certificate_url) + "}";
    return request;
}

bool accepted(const sns::Envelope& envelope, Time now = kNow) {
    return source().verify(request_of(envelope).view(), secrets(), now).has_value();
}

std::string received(const std::string& content, const std::string& action) {
    return R"({"notificationType":"Received","mail":{"source":"jane@example.org",)"
           R"("messageId":"jili","destination":["a@b.c","hello@acme.example"],)"
           R"("headers":[{"name":"From","value":"Jane <jane@example.org>"},)"
           R"({"name":"Subject","value":"From the headers"}]},)"
           R"("receipt":{"recipients":["hello@acme.example"],"spamVerdict":{"status":"FAIL"},)"
           R"("dmarcVerdict":{"status":"GRAY"},"action":)" +
           action + "}" + (content.empty() ? "" : ",\"content\":" + json::quoted(content)) + "}";
}

std::vector<Event> events_of(const std::string& message) {
    const auto items = source().parse(request_of(notification(message)).view(), secrets(), kNow);
    REQUIRE(items);
    std::vector<Event> events;
    for (const auto& item : *items) events.push_back(*item.event);
    return events;
}

TEST_CASE("ses: as many recipients as a mail may have are written to, and a cut is told") {
    std::string list = "\"n1@acme.example\"";
    for (int i = 2; i <= 100; ++i) list += ",\"n" + std::to_string(i) + "@acme.example\"";
    for (const bool more : {false, true}) {
        CAPTURE(more);
        if (more) list += ",\"last@acme.example\"";
        const auto events = events_of(
            R"({"notificationType":"Received","mail":{"messageId":"j"},"receipt":{"recipients":[)" +
            list + "]}}");
        REQUIRE(events.size() == 100);
        CHECK(events.back().address == "n100@acme.example");
        CHECK(test::field(events.back(), "mail.cut") == (more ? "true" : ""));
    }
}

TEST_CASE("ses: both versions of the signature hold, with and without a subject") {
    for (const char* version : {"1", "2"}) {
        CAPTURE(version);
        sns::Envelope envelope = notification("{}");
        envelope.signature_version = version;
        CHECK(accepted(envelope));
        envelope.has_subject = true;
        envelope.subject = "Amazon SES Email Receipt Notification";
        CHECK(accepted(envelope));
        Request altered = request_of(envelope);
        altered.body.replace(altered.body.find("Receipt"), 7, "Recipes");
        CHECK_FALSE(source().verify(altered.view(), secrets(), kNow));
    }
    sns::Envelope third = notification("{}");
    third.signature_version = "3";
    CHECK_FALSE(accepted(third));
}

TEST_CASE("ses: another topic, type, age or certificate is refused though Amazon signed it") {
    sns::Envelope topic = notification("{}");
    topic.topic = "arn:aws:sns:us-east-1:999999999999:theirs";
    CHECK_FALSE(accepted(topic));
    CHECK_FALSE(accepted(notification("{}"), kNow + std::chrono::hours(8 * 24)));
    CHECK_FALSE(accepted(notification("{}"), kNow - std::chrono::hours(1)));
    Request header = request_of(notification("{}"));
    *header.header("x-amz-sns-message-type") = "SubscriptionConfirmation";
    CHECK_FALSE(source().verify(header.view(), secrets(), kNow));
    SourceSecrets other = secrets();
    other.public_keys = {test::new_rsa_pair().certificate};
    CHECK_FALSE(source().verify(request_of(notification("{}")).view(), other, kNow));
    SourceSecrets nowhere = secrets();
    nowhere.account.clear();
    CHECK_FALSE(source().verify(request_of(notification("{}")).view(), nowhere, kNow));
}

TEST_CASE("ses: certificates come from Amazon's own hosts and nowhere else") {
    struct Row {
        const char* url;
        bool good;
    };
    const Row rows[] = {
        {kCertificateUrl, true},
        {"https://sns.cn-north-1.amazonaws.com.cn/SimpleNotificationService-ab.pem", true},
        {"http://sns.us-east-1.amazonaws.com/SimpleNotificationService-ab.pem", false},
        {"https://sns.us-east-1.amazonaws.com.evil.example/SimpleNotificationService-ab.pem",
         false},
        {"https://sns.us-east-1.amazonaws.com:8443/SimpleNotificationService-ab.pem", false},
        {"https://sns.us-east-1.amazonaws.com@evil.example/SimpleNotificationService-ab.pem",
         false},
        {"https://evil.example/https://sns.us-east-1.amazonaws.com/x.pem", false},
        {"https://sns.x.y.amazonaws.com/SimpleNotificationService-ab.pem", false},
        {"https://sns..amazonaws.com/SimpleNotificationService-ab.pem", false},
        {"https://sns.us-east-1.amazonaws.com/../SimpleNotificationService-ab.pem", false},
        {"https://sns.us-east-1.amazonaws.com/bucket/x.pem", false},
        {"https://sns.us-east-1.amazonaws.com/SimpleNotificationService-ab.pem?x=.pem", false},
        {"https://s3.us-east-1.amazonaws.com/SimpleNotificationService-ab.pem", false},
        {"", false},
    };
    for (const Row& row : rows) {
        CAPTURE(row.url);
        CHECK(sns::is_certificate_url(row.url) == row.good);
        sns::Envelope envelope = notification("{}");
        envelope.certificate_url = row.url;
        CHECK(accepted(envelope) == row.good);
        const auto url = source().certificate_url(request_of(envelope).view(), secrets());
        CHECK(url.has_value() == row.good);
    }
    sns::Envelope theirs = notification("{}");
    theirs.topic = "arn:aws:sns:us-east-1:999999999999:theirs";
    CHECK_FALSE(source().certificate_url(request_of(theirs).view(), secrets()));
}

TEST_CASE("ses: a subscription of our topic is to be confirmed at Amazon only") {
    sns::Envelope envelope = notification("You have chosen to subscribe");
    envelope.type = "SubscriptionConfirmation";
    envelope.token = "t0k3n";
    envelope.subscribe_url =
        "https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription&Token=t0k3n";
    const auto verified = source().verify(request_of(envelope).view(), secrets(), kNow);
    REQUIRE(verified);
    CHECK(verified->confirm_url == envelope.subscribe_url);
    const auto items = source().parse(request_of(envelope).view(), secrets(), kNow);
    REQUIRE(items);
    CHECK(items->empty());
    for (const char* url : {"http://sns.us-east-1.amazonaws.com/?a", "https://evil.example/?a",
                            "https://sns.us-east-1.amazonaws.com/path?a",
                            "https://sns.us-east-1.amazonaws.com/? a", ""}) {
        CAPTURE(url);
        envelope.subscribe_url = url;
        CHECK_FALSE(accepted(envelope));
    }
    CHECK(source().verify(request_of(notification("{}")).view(), secrets(), kNow)->confirm_url ==
          "");
}

TEST_CASE("ses: the mail is read from its content, plain or base64") {
    const std::string mail =
        "From: Jane <jane@example.org>\r\nSubject: Hello\r\n\r\nIs it in stock?\r\n";
    for (const bool coded : {false, true}) {
        const auto events =
            events_of(coded ? received(base64_encode(mail), R"({"type":"SNS","encoding":"BASE64"})")
                            : received(mail, R"({"type":"SNS","encoding":"UTF8"})"));
        REQUIRE(events.size() == 1);
        CHECK(events[0].kind == EventKind::contact);
        CHECK(events[0].address == "hello@acme.example");
        CHECK(events[0].subject == "Hello");
        CHECK(events[0].text == "Is it in stock?");
        // What a filter says is kept and decides nothing.
        CHECK(test::field(events[0], "mail.spam") == "FAIL");
        CHECK(test::field(events[0], "mail.dmarc") == "GRAY");
    }
}

TEST_CASE("ses: a mail that lies in S3 is a contact that says where") {
    const auto events =
        events_of(received("", R"({"type":"S3","bucketName":"mails","objectKey":"jili"})"));
    REQUIRE(events.size() == 1);
    CHECK(events[0].kind == EventKind::contact);
    CHECK(events[0].subject == "From the headers");
    CHECK(events[0].text.empty());
    CHECK(test::field(events[0], "mail.s3_bucket") == "mails");
    CHECK(test::field(events[0], "mail.s3_key") == "jili");
}

TEST_CASE("ses: greetings and reports of sent mail are ignored, broken ones kept aside") {
    CHECK(events_of("Successfully validated SNS topic for Amazon SES event publishing.").empty());
    CHECK(events_of(R"({"notificationType":"Bounce","bounce":{}})").empty());
    for (const std::string& message : {received("!!!", R"({"encoding":"BASE64"})"),
                                       std::string(R"({"notificationType":"Received"})")}) {
        CHECK_FALSE(source().parse(request_of(notification(message)).view(), secrets(), kNow));
    }
}

TEST_CASE("ses: the shared sample is read") {
    const auto body = test::shared_sample("email/ses_sns_notification.json");
    if (!body) {
        MESSAGE("skipped: the shared samples are not beside the project");
        return;
    }
    Request request;
    request.body = *body;
    const auto items = source().parse(request.view(), secrets(), kNow);
    REQUIRE(items);
    REQUIRE(items->size() == 1);
    CHECK(items->front().event->text == "It's a body\u2026");
    CHECK(items->front().event->customer.name == "Sender, Inc.");
}

}  // namespace
}  // namespace tapline
