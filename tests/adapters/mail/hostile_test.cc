// Every hostile mail ends in an event that keeps the limits and breaks nothing behind it.
#include <algorithm>
#include <set>

#include <doctest/doctest.h>

#include "adapters/mail/mail_event.h"
#include "adapters/mail/mime.h"
#include "adapters/sources/mail.h"
#include "adapters/utf8.h"
#include "tests/adapters/mail/hostile_mails.h"
#include "tests/adapters/sources/request.h"

namespace tapline {
namespace {

bool is_one_line(std::string_view text) {
    return is_valid_utf8(text) && std::none_of(text.begin(), text.end(), [](char c) {
               return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
           });
}

bool is_text(std::string_view text) {
    return is_valid_utf8(text) && std::none_of(text.begin(), text.end(), [](char c) {
               return (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') || c == 0x7F;
           });
}

void check_limits(const Event& event) {
    CHECK(is_text(event.text));
    CHECK(event.text.size() <= kMailTextBytesMax);
    CHECK(is_one_line(event.subject));
    CHECK(event.subject.size() <= kMailSubjectBytesMax);
    CHECK(is_one_line(event.customer.name));
    CHECK(is_one_line(event.customer.email));
    CHECK(event.customer.email.size() <= 320);
    CHECK(is_one_line(event.reply.to));
    CHECK(event.attachments.size() <= kMailAttachmentsMax);
    for (const Attachment& attachment : event.attachments) {
        CHECK(is_one_line(attachment.name));
        CHECK(attachment.name.find_first_of("/\\") == std::string::npos);
        CHECK(is_one_line(attachment.type));
        CHECK(attachment.url.empty());
    }
    for (const auto& [name, value] : event.attribution) CHECK(is_one_line(value));
}

TEST_CASE("hostile mail: at least 120 of them, each of its own name") {
    const auto mails = test::hostile_mails();
    CHECK(mails.size() >= 120);
    std::set<std::string> names;
    for (const auto& [name, raw] : mails) names.insert(name);
    CHECK(names.size() == mails.size());
}

TEST_CASE("hostile mail: each becomes an event within the limits, twice the same") {
    for (const auto& [name, raw] : test::hostile_mails()) {
        CAPTURE(name);
        const DeliveredMail mail{raw, "jane@example.org", "hello@acme.example"};
        const Event event = delivered_mail_event(mail, test::kNow);
        check_limits(event);
        CHECK(event.event_id.starts_with("mail-"));
        CHECK(event.address == "hello@acme.example");
        CHECK(event.auth == "none");
        const Event again = delivered_mail_event(mail, test::kNow);
        CHECK(again.event_id == event.event_id);
        CHECK(again.text == event.text);
        CHECK(again.kind == event.kind);
        CHECK(again.attribution == event.attribution);
    }
}

TEST_CASE("hostile mail: what a person wrote is read wherever it can be told") {
    struct Row {
        std::string name;
        std::string text;
    };
    const Row rows[] = {
        {"headers: only a body", "Just words"},
        {"headers: bare line feeds", "y"},
        {"headers: only words without headers", "Just words, and no header at all\nsecond line"},
        {"body: truncated base64", "Hello wor"},
        {"body: quoted-printable that ends in =", "Hello"},
        {"body: bare returns", "a\nb\nc"},
        {"body: an encoding nobody knows", "Uryyb"},
        {"multipart: never closed", "Hello"},
        {"multipart: line feeds only", "Hello"},
        {"multipart: a boundary in pieces", "Hello"},
        {"multipart: a type of nonsense", "Hello"},
        {"multipart: fifty thousand parameters", "Hello"},
        {"nested multiparts: 31", "Deep words"},
        {"html: a script that ends oddly", "words"},
        {"html: nested tables", "words"},
        {"html: bytes of no charset", "caf\u00E9"},
    };
    const auto mails = test::hostile_mails();
    for (const Row& row : rows) {
        CAPTURE(row.name);
        const auto found = std::find_if(mails.begin(), mails.end(),
                                        [&](const auto& mail) { return mail.first == row.name; });
        REQUIRE(found != mails.end());
        CHECK(parse_mime(found->second).text == row.text);
    }
}

TEST_CASE("hostile mail: an encoded line end adds no header and no line") {
    const auto mails = test::hostile_mails();
    for (const char* name : {"encoded word: a header inside", "address: an injected header",
                             "headers: bare returns in a value"}) {
        CAPTURE(name);
        const auto found = std::find_if(mails.begin(), mails.end(),
                                        [&](const auto& mail) { return mail.first == name; });
        REQUIRE(found != mails.end());
        const MailMessage mail = parse_mime(found->second);
        CHECK(mail.header("bcc") == nullptr);
        CHECK(mail.count("subject") == 1);
        CHECK(mail.from.address == "jane@example.org");
        CHECK(is_one_line(mail.subject));
    }
}

TEST_CASE("hostile mail: every truncation of a whole mail ends in an event") {
    const std::string raw = test::with_type(
        "multipart/mixed; boundary=b",
        "--b\r\nContent-Type: multipart/alternative; boundary=c\r\n\r\n--c\r\n"
        "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable"
        "\r\n\r\nCaf=C3=A9\r\n--c\r\nContent-Type: text/html\r\n\r\n<p>Caf&eacute;</p>\r\n--c--"
        "\r\n--b\r\nContent-Type: application/pdf; name=a.pdf\r\nContent-Transfer-Encoding: "
        "base64\r\n\r\nSGVsbG8=\r\n--b--\r\n");
    for (std::size_t keep = 0; keep <= raw.size(); ++keep) {
        CAPTURE(keep);
        check_limits(
            delivered_mail_event({std::string_view(raw).substr(0, keep), "", "a@b.c"}, test::kNow));
    }
}

}  // namespace
}  // namespace tapline
