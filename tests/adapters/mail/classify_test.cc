#include "adapters/mail/classify.h"

#include <doctest/doctest.h>

#include "adapters/mail/mail_event.h"
#include "adapters/mail/mime.h"
#include "adapters/source.h"
#include "tests/adapters/mail/hostile_mails.h"
#include "tests/adapters/sources/request.h"

namespace tapline {
namespace {

using test::with_headers;

const MailEnvelope kEnvelope{"jane@example.org", "hello@acme.example"};

TEST_CASE("mail: machines are told from people by what they write") {
    struct Row {
        const char* headers;
        MailKind kind;
        const char* reason;
    };
    const Row rows[] = {
        {"", MailKind::contact, ""},
        {"Auto-Submitted: no\r\n", MailKind::contact, ""},
        {"Auto-Submitted: No; by=x\r\n", MailKind::contact, ""},
        {"Precedence: first-class\r\n", MailKind::contact, ""},
        {"X-Spam-Flag: YES\r\n", MailKind::contact, ""},
        {"X-Auto-Response-Suppress: none\r\n", MailKind::contact, ""},
        {"Auto-Submitted: auto-replied\r\n", MailKind::auto_reply, "auto-submitted"},
        {"Auto-Submitted: AUTO-GENERATED (x)\r\n", MailKind::auto_reply, "auto-submitted"},
        {"X-Autoreply: yes\r\n", MailKind::auto_reply, "x-autoreply"},
        {"X-Autorespond: yes\r\n", MailKind::auto_reply, "x-autorespond"},
        {"Precedence: auto_reply\r\n", MailKind::auto_reply, "precedence"},
        {"X-Auto-Response-Suppress: OOF, DR\r\n", MailKind::auto_reply, "x-auto-response-suppress"},
        {"Content-Type: multipart/report; report-type=disposition-notification; boundary=b\r\n",
         MailKind::auto_reply, "content-type"},
        {"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n",
         MailKind::bounce, "content-type"},
        {"X-Failed-Recipients: x@y.z\r\n", MailKind::bounce, "x-failed-recipients"},
        {"List-Id: <a.b>\r\n", MailKind::list, "list-id"},
        {"List-Unsubscribe: <mailto:x>\r\n", MailKind::list, "list-unsubscribe"},
        {"Precedence: bulk\r\n", MailKind::list, "precedence"},
        {"Precedence: Junk\r\n", MailKind::list, "precedence"},
        {"Feedback-ID: a:b\r\n", MailKind::list, "feedback-id"},
        {"X-Tapline-Loop: 1\r\n", MailKind::loop, "x-tapline-loop"},
        {"Delivered-To: hello@acme.example\r\n", MailKind::contact, ""},
        {"Delivered-To: hello@acme.example\r\nDelivered-To: <Hello@ACME.example>\r\n",
         MailKind::loop, "delivered-to"},
        {"Delivered-To: a@b.c\r\nDelivered-To: hello@acme.example\r\n", MailKind::contact, ""},
        // The loop is the worst of several.
        {"List-Id: <a>\r\nX-Tapline-Loop: 1\r\n", MailKind::loop, "x-tapline-loop"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.headers);
        const MailVerdict verdict = classify(parse_mime(with_headers(row.headers)), kEnvelope);
        CHECK(to_string(verdict.kind) == to_string(row.kind));
        CHECK(verdict.reason == row.reason);
    }
}

TEST_CASE("mail: a null sender is a bounce, however it is told") {
    const MailMessage mail = parse_mime(with_headers(""));
    CHECK(classify(mail, {"", "a@b.c"}).kind == MailKind::bounce);
    CHECK(classify(mail, {envelope_address("<>"), "a@b.c"}).kind == MailKind::bounce);
    CHECK(classify(mail, {envelope_address("MAILER-DAEMON"), "a@b.c"}).kind == MailKind::bounce);
    CHECK(classify(mail, {std::nullopt, "a@b.c"}).kind == MailKind::contact);
    const MailMessage told = parse_mime(with_headers("Return-Path: <>\r\n"));
    CHECK(classify(told, {std::nullopt, "a@b.c"}).kind == MailKind::bounce);
    // The envelope is nearer than what the mail says of it.
    CHECK(classify(told, {"jane@example.org", "a@b.c"}).kind == MailKind::contact);
}

TEST_CASE("mail: daemons and no-reply senders are nobody, a contact form speaks for its customer") {
    struct Row {
        const char* from;
        const char* reply_to;
        MailKind kind;
    };
    const Row rows[] = {
        {"MAILER-DAEMON@mx.example", "", MailKind::bounce},
        {"Postmaster@mx.example", "", MailKind::bounce},
        {"no-reply@shop.example", "", MailKind::auto_reply},
        {"noreply+7@shop.example", "noreply@shop.example", MailKind::auto_reply},
        {"noreply@shop.example", "jane@example.org", MailKind::contact},
        {"norbert@shop.example", "", MailKind::contact},
    };
    for (const Row& row : rows) {
        CAPTURE(row.from);
        std::string raw = "From: " + std::string(row.from) + "\r\n";
        if (*row.reply_to != '\0') raw += "Reply-To: " + std::string(row.reply_to) + "\r\n";
        CHECK(classify(parse_mime(raw + "\r\nHello"), kEnvelope).kind == row.kind);
    }
}

TEST_CASE("mail: more hops than mail servers allow are a loop") {
    const std::string hops =
        test::repeated("Received: by a; x\r\n", static_cast<int>(kMailHopsMax));
    CHECK(classify(parse_mime(with_headers(hops)), kEnvelope).kind == MailKind::contact);
    CHECK(classify(parse_mime(with_headers(hops + "Received: by a; x\r\n")), kEnvelope).kind ==
          MailKind::loop);
}

TEST_CASE("mail event: what a machine wrote is recorded with the reason, never a contact") {
    const MailOrigin origin{"mail", "mail", "none", test::kNow, {}};
    const Event bounce =
        mail_event(parse_mime(with_headers("X-Failed-Recipients: x@y.z\r\n")), kEnvelope, origin);
    CHECK(bounce.kind == EventKind::recorded);
    CHECK(bounce.type == "email.bounce");
    CHECK(test::field(bounce, "mail.reason") == "x-failed-recipients");
}

TEST_CASE("mail event: the id tells mails apart and redeliveries not") {
    const MailOrigin origin{"mail", "mail", "none", test::kNow, {}};
    const auto id = [&](std::string_view headers, std::string_view body,
                        const std::string& recipient) {
        return mail_event(parse_mime(with_headers(headers, body)), {"jane@example.org", recipient},
                          origin)
            .event_id;
    };
    const std::string one = id("Message-ID: <a@b>\r\n", "Hello", "hello@acme.example");
    CHECK(one == id("Message-ID:  <a@b> \r\nReceived: x\r\n", "Hello\r\n", "Hello@Acme.Example"));
    CHECK(one != id("Message-ID: <A@b>\r\n", "Hello", "hello@acme.example"));
    CHECK(one != id("Message-ID: <a@b>\r\n", "Hello", "other@acme.example"));
    // Who guesses the Message-ID of a mail to come cannot keep that mail out.
    CHECK(one != id("Message-ID: <a@b>\r\n", "something else", "hello@acme.example"));
    const std::string without = id("", "Hello", "hello@acme.example");
    CHECK(without == id("", "Hello", "hello@acme.example"));
    CHECK(without != id("X-A: b\r\n", "Hello", "hello@acme.example"));
}

TEST_CASE("mail event: button, number, customer and reply come from the right places") {
    const MailOrigin origin{"postmark", "pm", "basic_auth", test::kNow, {{"mail.spf", "pass"}}};
    const Event event = mail_event(
        parse_mime(with_headers("Reply-To: doe@example.org\r\nSubject: Hi\r\n"
                                "In-Reply-To: <7K3M9Q2X4.1@acme.example>\r\n"
                                "Date: Thu, 21 Aug 2025 12:00:00 +0000\r\nCc: x@y.z\r\n")),
        {"bounces@example.org", "Hello+ig@acme.example"}, origin);
    CHECK(event.kind == EventKind::contact);
    CHECK(event.type == "contact.email");
    CHECK(event.channel == Channel::email);
    CHECK(event.address == "Hello+ig@acme.example");
    CHECK(event.ref == "7K3M9Q2X4");
    CHECK(event.customer.email == "jane@example.org");
    CHECK(event.customer.name == "Jane");
    CHECK(event.reply.how == "email");
    CHECK(event.reply.account == "Hello+ig@acme.example");
    CHECK(event.reply.to == "doe@example.org");
    CHECK(event.occurred_at.time_since_epoch().count() == 1755777600000);
    CHECK(test::field(event, "mail.sender") == "bounces@example.org");
    CHECK(test::field(event, "mail.cc") == "x@y.z");
    CHECK(test::field(event, "mail.spf") == "pass");
    // A date of another year is not when it happened.
    const Event old = mail_event(
        parse_mime(with_headers("Date: Thu, 21 Aug 2003 12:00:00 +0000\r\n")), kEnvelope, origin);
    CHECK(old.occurred_at == test::kNow);
}

TEST_CASE("mail: the shared samples are told apart") {
    struct Row {
        const char* file;
        MailKind kind;
    };
    for (const Row& row : {Row{"constructed/email_autoreply_ooo.eml", MailKind::auto_reply},
                           Row{"constructed/email_bounce_dsn.eml", MailKind::bounce},
                           Row{"constructed/email_list.eml", MailKind::list},
                           Row{"constructed/email_plus_tag.eml", MailKind::contact}}) {
        CAPTURE(row.file);
        const auto raw = test::shared_sample(row.file);
        if (!raw) {
            MESSAGE("skipped: the shared samples are not beside the project");
            return;
        }
        CHECK(classify(parse_mime(*raw), {std::nullopt, "leads@gw.example.com"}).kind == row.kind);
    }
}

}  // namespace
}  // namespace tapline
