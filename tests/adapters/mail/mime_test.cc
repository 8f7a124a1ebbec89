#include "adapters/mail/mime.h"

#include <doctest/doctest.h>

#include "adapters/mail/charset.h"
#include "adapters/mail/html_text.h"
#include "tests/adapters/mail/hostile_mails.h"
#include "tests/adapters/sources/request.h"

namespace tapline {
namespace {

using test::with_headers;
using test::with_type;

TEST_CASE("mail: headers are decoded, text and its charset are read") {
    const MailMessage mail = parse_mime(
        "Message-ID: <20250819120000.1@mail.example.org>\r\n"
        "Date: Tue, 19 Aug 2025 14:00:00 +0200\r\n"
        "From: =?utf-8?q?J=C3=A4ne_Doe?= <jane@example.org>\r\n"
        "Reply-To: \"Doe, Jane\" <doe@example.org>\r\n"
        "To: Leads <leads+x@acme.example>\r\n"
        "Subject: =?utf-8?b?UHJpY2Ug?=\r\n =?iso-8859-1?q?f=FCr_=ABA=BB?=\r\n"
        "In-Reply-To: <a@b>\r\nReferences: <a@b>\r\n <c@d>\r\n"
        "Content-Type: text/plain; charset=iso-8859-1\r\n"
        "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
        "Qual =E9 o pre=E7o?\r\nObrigado\r\n\r\n");
    CHECK(mail.message_id == "20250819120000.1@mail.example.org");
    CHECK(mail.from.name == "J\u00E4ne Doe");
    CHECK(mail.from.address == "jane@example.org");
    CHECK(mail.reply_to.name == "Doe, Jane");
    CHECK(mail.reply_to.address == "doe@example.org");
    CHECK(mail.subject == "Price f\u00FCr \u00ABA\u00BB");
    CHECK(mail.in_reply_to == "a@b");
    CHECK(mail.references == "<a@b> <c@d>");
    CHECK(mail.text == "Qual \u00E9 o pre\u00E7o?\nObrigado");
    REQUIRE(mail.date);
    CHECK(mail.date->time_since_epoch().count() == 1755604800000);
    CHECK_FALSE(mail.cut);
}

TEST_CASE("mail: text/plain is preferred, HTML becomes text where there is none") {
    const std::string plain = "--b\r\nContent-Type: text/plain\r\n\r\nplain words\r\n";
    const std::string html = "--b\r\nContent-Type: text/html\r\n\r\n<p>html</p><p>words</p>\r\n";
    const std::string blank = "--b\r\nContent-Type: text/plain\r\n\r\n \r\n";
    struct Row {
        std::string body;
        std::string text;
    };
    const Row rows[] = {
        {plain + html + "--b--", "plain words"},
        {html + plain + "--b--", "plain words"},
        {html + "--b--", "html\n\nwords"},
        {blank + html + "--b--", "html\n\nwords"},
        {plain + plain + "--b--", "plain words\n\nplain words"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.body);
        CHECK(parse_mime(with_type("multipart/alternative; boundary=b", row.body)).text ==
              row.text);
    }
}

TEST_CASE("mail: attachments are facts: type, name and decoded size") {
    const MailMessage mail = parse_mime(with_type(
        "multipart/mixed; boundary=b",
        "--b\r\n\r\nwords\r\n"
        "--b\r\nContent-Type: application/pdf; name=\"=?utf-8?q?Angebot_f=C3=BCr.pdf?=\"\r\n"
        "Content-Transfer-Encoding: base64\r\n\r\nSGVsbG8gd29ybGQ=\r\n"
        "--b\r\nContent-Type: text/plain\r\nContent-Disposition: attachment; "
        "filename=\"../notes.txt\"\r\n\r\nsecret words\r\n"
        "--b\r\nContent-Type: message/rfc822\r\n\r\nFrom: x@y.z\r\n\r\ninner words\r\n"
        "--b--\r\n"));
    CHECK(mail.text == "words");
    REQUIRE(mail.attachments.size() == 3);
    CHECK(mail.attachments[0].type == "application/pdf");
    CHECK(mail.attachments[0].name == "Angebot f\u00FCr.pdf");
    CHECK(mail.attachments[0].bytes == 11);
    CHECK(mail.attachments[1].name == "notes.txt");
    CHECK(mail.attachments[1].bytes == 12);
    CHECK(mail.attachments[2].type == "message/rfc822");
}

TEST_CASE("mail: a long text is cut between characters and says so") {
    std::string body;
    while (body.size() < kMailTextBytesMax + 10) body += "\u20AC";
    const MailMessage mail = parse_mime(with_type("text/plain; charset=utf-8", body));
    CHECK(mail.cut);
    CHECK(mail.text.size() <= kMailTextBytesMax);
    CHECK(mail.text.size() > kMailTextBytesMax - 4);
    CHECK(mail.text.ends_with("\u20AC"));
}

TEST_CASE("mail: too many boundaries leave the headers and the words as they stand") {
    const MailMessage mail = parse_mime(test::nested(120, "mixed"));
    CHECK(mail.cut);
    CHECK(mail.from.address == "jane@example.org");
    CHECK(mail.text.ends_with("Deep words"));
}

TEST_CASE("charset: declared, wrong and missing ones become UTF-8") {
    struct Row {
        const char* bytes;
        const char* charset;
        const char* text;
    };
    const Row rows[] = {
        {"caf\xe9", "iso-8859-1", "caf\u00E9"},
        {"caf\xc3\xa9", "iso-8859-1", "caf\u00E9"},  // says Latin-1, is UTF-8
        {"caf\xc3\xa9", "us-ascii", "caf\u00E9"},
        {"caf\xc3\xa9", "", "caf\u00E9"},
        {"caf\xe9", "", "caf\u00E9"},
        {"caf\xe9", "utf-8", "caf\u00E9"},  // says UTF-8, is windows-1252
        {"\x80 5", "us-ascii", "\u20AC 5"},
        {"caf\xc3\xa9 \xff", "utf-8", "caf\u00E9 \uFFFD"},
        {"\xc1\xc2", "koi8-r", "\u0430\u0431"},
        {"\xcc\xe5", "gb2312", "\u4F53"},
        {"\x1b$B$\"\x1b(B", "iso-2022-jp", "\u3042"},
        {"caf\xe9", "x-none-such", "caf\u00E9"},
        {"caf\xc3\xa9", "x-none-such", "caf\u00E9"},
        {"abc", "utf-8//IGNORE", "abc"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.charset);
        CAPTURE(row.text);
        CHECK(text_to_utf8(row.bytes, row.charset, 1000) == row.text);
    }
    CHECK(text_to_utf8("caf\xc3\xa9", "utf-8", 4) == "caf");
}

TEST_CASE("html: words stay, tags and what nobody sees go") {
    struct Row {
        const char* html;
        const char* text;
    };
    const Row rows[] = {
        {"<p>Hello <b>world</b></p>", "Hello world"},
        {"a<br>b<br/>c", "a\nb\nc"},
        {"<div>a</div><div>b</div>", "a\n\nb"},
        {"a &amp; b &lt;c&gt; &euro;5 &#8364;6 &#x20AC;7", "a & b <c> \u20AC5 \u20AC6 \u20AC7"},
        {"a&nbsp;b &unknown; &", "a b &unknown; &"},
        {"<style>p{}</style><script>x</script>words<!-- no -->!", "words!"},
        {"<HEAD><TITLE>no</TITLE></HEAD><BODY>yes</BODY>", "yes"},
        {"<a title=\"a > b\" href='x'>link</a>", "link"},
        {"1 < 2 and 3 > 2", "1 < 2 and 3 > 2"},
        {"  many \n\n spaces  ", "many spaces"},
        {"", ""},
    };
    for (const Row& row : rows) {
        CAPTURE(row.html);
        CHECK(html_to_text(row.html) == row.text);
    }
}

TEST_CASE("mail: addresses of a list, its groups and what is no address") {
    const auto people = parse_addresses(
        "\"Doe, Jane\" <jane@example.org>, team: a@b.example, B <b@b.example>;, nobody");
    REQUIRE(people.size() >= 3);
    CHECK(people[0].name == "Doe, Jane");
    CHECK(people[0].address == "jane@example.org");
    CHECK(people[1].address == "a@b.example");
    CHECK(people[2].name == "B");
    CHECK(parse_addresses("").empty());
}

TEST_CASE("mail: a broken UTF-8 mail of the shared samples reads") {
    const auto raw = test::shared_sample("email/rails_invalid_utf.eml");
    if (!raw) {
        MESSAGE("skipped: the shared samples are not beside the project");
        return;
    }
    const MailMessage mail = parse_mime(*raw);
    CHECK(mail.from.address == "info@sender.com");
    CHECK(mail.text.starts_with("V\u00E1\u017Een\u00FD z\u00E1kazn\u00EDku,"));
    const auto welcome = test::shared_sample("email/rails_welcome.eml");
    REQUIRE(welcome);
    const MailMessage second = parse_mime(*welcome);
    CHECK(second.text.starts_with("Let's talk about these images:"));
    REQUIRE(second.attachments.size() >= 1);
    CHECK(second.attachments[0].name == "avatar1.jpeg");
    CHECK(second.attachments[0].type == "image/jpeg");
    CHECK(second.attachments[0].bytes > 1000);
}

}  // namespace
}  // namespace tapline
