#include <doctest/doctest.h>

#include "adapters/crypto.h"
#include "adapters/multipart.h"
#include "adapters/public_key.h"
#include "adapters/sources/registry.h"
#include "tests/adapters/sources/key_pairs.h"
#include "tests/adapters/sources/request.h"

namespace tapline {
namespace {

using test::kNow;
using test::Request;

const Source& source() {
    return *find_source("sendgrid");
}

SourceSecrets by_password() {
    SourceSecrets secrets;
    secrets.connection = "mail";
    secrets.secrets = {"sendgrid:open sesame"};
    return secrets;
}

SourceSecrets by_key() {
    static const test::KeyPair pair = test::new_p256_pair();
    SourceSecrets secrets;
    secrets.connection = "mail";
    secrets.public_keys = {pair.public_key};
    secrets.signing_key = pair.private_key;
    return secrets;
}

Request request_of(const std::vector<std::pair<std::string, std::string>>& fields) {
    Request request;
    Sample sample;
    sample.body = multipart_body("xYzZY", fields);
    test::sign(source(), by_password(), sample, request);
    return request;
}

std::vector<Event> events_of(const Request& request) {
    const auto items = source().parse(request.view(), by_password(), kNow);
    std::vector<Event> events;
    if (!items) return events;
    for (const auto& item : *items) {
        if (item.event) events.push_back(*item.event);
    }
    return events;
}

constexpr const char* kEnvelope = R"({"to":["hello@acme.example"],"from":"jane@example.org"})";

TEST_CASE("sendgrid: the parsed mail is a contact with its charsets decoded") {
    const Request request =
        request_of({{"headers",
                     "Message-ID: <a@b>\r\nFrom: Jane <jane@example.org>\r\n"
                     "Subject: =?iso-8859-1?Q?Pre=E7o?=\r\n"},
                    {"from", "Jane <jane@example.org>"},
                    {"to", "somebody.else@acme.example"},
                    {"subject", "Pre\xe7o"},
                    {"text", "Qual \xe9 o pre\xe7o?"},
                    {"envelope", kEnvelope},
                    {"charsets", R"({"text":"iso-8859-1","subject":"iso-8859-1"})"},
                    {"SPF", "pass"},
                    {"spam_score", "6.1"}});
    CHECK(source().verify(request.view(), by_password(), kNow));
    const auto events = events_of(request);
    REQUIRE(events.size() == 1);
    CHECK(events[0].kind == EventKind::contact);
    CHECK(events[0].address == "hello@acme.example");
    CHECK(events[0].customer.email == "jane@example.org");
    CHECK(events[0].subject == "Pre\u00E7o");
    CHECK(events[0].text == "Qual \u00E9 o pre\u00E7o?");
    CHECK(test::field(events[0], "mail.spf") == "pass");
    CHECK(test::field(events[0], "mail.spam_score") == "6.1");
}

TEST_CASE("sendgrid: the raw mail is read instead of the fields") {
    const auto events =
        events_of(request_of({{"email",
                               "Message-ID: <a@b>\r\nFrom: Jane <jane@example.org>\r\n"
                               "Subject: Raw\r\n\r\nRaw words\r\n"},
                              {"envelope", kEnvelope}}));
    REQUIRE(events.size() == 1);
    CHECK(events[0].subject == "Raw");
    CHECK(events[0].text == "Raw words");
}

TEST_CASE("sendgrid: each envelope recipient is written to, bounces are recorded") {
    const auto two = events_of(request_of(
        {{"headers", "From: a@b.c\r\n"},
         {"text", "x"},
         {"envelope", R"({"to":["one@acme.example","two@acme.example"],"from":"a@b.c"})"}}));
    REQUIRE(two.size() == 2);
    CHECK(two[0].address == "one@acme.example");
    CHECK(two[1].address == "two@acme.example");
    CHECK(two[0].event_id != two[1].event_id);
    const auto bounce = events_of(request_of({{"headers", "From: a@b.c\r\n"},
                                              {"text", "x"},
                                              {"envelope", R"({"to":["a@b.c"],"from":""})"}}));
    REQUIRE(bounce.size() == 1);
    CHECK(bounce[0].type == "email.bounce");
}

TEST_CASE("sendgrid: as many recipients as a mail may have are written to, and a cut is told") {
    std::string to = "\"n1@acme.example\"";
    for (int i = 2; i <= 100; ++i) to += ",\"n" + std::to_string(i) + "@acme.example\"";
    for (const bool more : {false, true}) {
        CAPTURE(more);
        if (more) to += ",\"last@acme.example\"";
        const auto events = events_of(request_of({{"headers", "From: a@b.c\r\n"},
                                                  {"text", "x"},
                                                  {"envelope", "{\"to\":[" + to + "]}"}}));
        REQUIRE(events.size() == 100);
        CHECK(events.back().address == "n100@acme.example");
        CHECK(test::field(events.back(), "mail.cut") == (more ? "true" : ""));
    }
}

TEST_CASE("sendgrid: what cannot be used is refused as a whole") {
    for (const auto& fields : std::vector<std::vector<std::pair<std::string, std::string>>>{
             {{"text", "x"}},
             {{"envelope", "{"}},
             {{"envelope", "{}"}},
             {{"envelope", R"({"to":[]})"}},
             {{"envelope", kEnvelope}, {"envelope", kEnvelope}},
             {{"envelope", kEnvelope}, {"text", "a"}, {"text", "b"}}}) {
        CHECK_FALSE(source().parse(request_of(fields).view(), by_password(), kNow));
    }
}

TEST_CASE("sendgrid: with a public key the signature is required and covers every byte") {
    Request request;
    Sample sample;
    sample.text = "Is it in stock?";
    test::sign(source(), by_key(), sample, request);
    const auto accepted = [&](const Request& sent, Time now = kNow) {
        return source().verify(sent.view(), by_key(), now).has_value();
    };
    CHECK(accepted(request));
    for (std::size_t i = 0; i < request.body.size(); i += 7) {
        Request flipped = request;
        flipped.body[i] = static_cast<char>(flipped.body[i] ^ 1);
        CHECK_FALSE(accepted(flipped));
    }
    for (const char* name :
         {"x-twilio-email-event-webhook-signature", "x-twilio-email-event-webhook-timestamp"}) {
        CAPTURE(name);
        for (std::size_t i = 0; i < request.header(name)->size(); ++i) {
            Request flipped = request;
            char& byte = (*flipped.header(name))[i];
            byte = static_cast<char>(byte ^ 1);
            CHECK_FALSE(accepted(flipped));
        }
        Request empty = request;
        empty.header(name)->clear();
        CHECK_FALSE(accepted(empty));
        Request twice = request;
        twice.headers.emplace_back(name, *request.header(name));
        CHECK_FALSE(accepted(twice));
    }
    CHECK_FALSE(accepted(request, kNow + std::chrono::hours(5 * 24)));
    CHECK_FALSE(accepted(request, kNow - std::chrono::hours(1)));
    // The password of the other way is no way in.
    Request password;
    test::sign(source(), by_password(), sample, password);
    CHECK_FALSE(accepted(password));
    SourceSecrets other = by_key();
    other.public_keys = {test::new_p256_pair().public_key};
    CHECK_FALSE(source().verify(request.view(), other, kNow));
    other.public_keys.push_back(by_key().public_keys.front());
    const auto second = source().verify(request.view(), other, kNow);
    REQUIRE(second);
    CHECK(second->secret == "2");
}

TEST_CASE("sendgrid: the vendor's example of a signature holds") {
    const std::string key =
        "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62"
        "gw+2fNNRaINXvVpiglSI8eNEc6wEA3F+g==";
    CHECK(is_p256_key(key));
    CHECK_FALSE(is_p256_key(key.substr(4)));
    CHECK_FALSE(is_p256_key(""));
    CHECK_FALSE(verify_p256(key, "x", "y"));
}

TEST_CASE("sendgrid: the shared samples are read") {
    const auto body = test::shared_sample("constructed/sendgrid_parse_latin1_attachment.multipart");
    if (!body) {
        MESSAGE("skipped: the shared samples are not beside the project");
        return;
    }
    Request request;
    request.headers = {{"content-type", "multipart/form-data; boundary=xYzZY"}};
    request.body = *body;
    const auto events = events_of(request);
    REQUIRE(events.size() == 1);
    CHECK(events[0].address == "leads+trk-7Q2mX9@in.example.com");
    CHECK(events[0].subject == "Pre\u00E7o");
    CHECK(events[0].text == "Qual \u00E9 o pre\u00E7o?");
    REQUIRE(events[0].attachments.size() == 1);
    CHECK(events[0].attachments[0].name == "a b.txt");
    CHECK(events[0].attachments[0].type == "text/plain");
    CHECK(events[0].attachments[0].bytes == 28);
}

}  // namespace
}  // namespace tapline
