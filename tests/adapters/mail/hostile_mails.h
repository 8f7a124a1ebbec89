// Mails that no mail program writes: each must end in an answer, in time, within the limits.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tapline::test {

using namespace std::string_literals;

using NamedMail = std::pair<std::string, std::string>;

inline std::string repeated(std::string_view piece, int times) {
    std::string text;
    text.reserve(piece.size() * static_cast<std::size_t>(times));
    for (int i = 0; i < times; ++i) text += piece;
    return text;
}

inline std::string with_headers(std::string_view headers, std::string_view body = "Hello\r\n") {
    return "From: Jane <jane@example.org>\r\nTo: hello@acme.example\r\n" + std::string(headers) +
           "\r\n" + std::string(body);
}

inline std::string with_type(std::string_view type, std::string_view body) {
    return with_headers("MIME-Version: 1.0\r\nContent-Type: " + std::string(type) + "\r\n", body);
}

inline void add_headers(std::vector<NamedMail>& mails) {
    const auto add = [&](std::string name, std::string raw) {
        mails.emplace_back("headers: " + std::move(name), std::move(raw));
    };
    add("nothing at all", "");
    add("one line end", "\r\n");
    add("one bare return", "\r");
    add("one NUL", std::string(1, '\0'));
    add("only NULs", std::string(5000, '\0'));
    add("only a body", "\r\nJust words\r\n");
    add("only words without headers", "Just words, and no header at all\nsecond line");
    add("headers that never end", "From: jane@example.org\r\nSubject: x");
    add("a colon and nothing else", ":\r\n\r\nx");
    add("colons only", repeated(":", 10000) + "\r\n\r\nx");
    add("a name with spaces", "From me: x\r\nSubject: y\r\n\r\nz");
    add("a continuation before any header", " continued\r\nSubject: x\r\n\r\ny");
    add("ten thousand continuations", "Subject: a\r\n" + repeated(" b\r\n", 10000) + "\r\nx");
    add("a hundred thousand headers", repeated("X-A: b\r\n", 100000) + "\r\nx");
    add("a header of one megabyte", "Subject: " + std::string(1 << 20, 'a') + "\r\n\r\nx");
    add("a name of one megabyte", std::string(1 << 20, 'N') + ": x\r\n\r\nx");
    add("a header block of two megabytes of blanks",
        "Subject: a\r\n" + repeated(" \r\n", 700000) + "\r\nx");
    add("NULs in a name", "Sub\0ject: x\r\n\r\ny"s);
    add("NULs in a value", with_headers("Subject: a\0b\0c\r\n"s));
    add("bare returns in a value", with_headers("Subject: a\rBcc: x@y\rz\r\n"));
    add("bare line feeds", "From: jane@example.org\nSubject: x\n\ny\n");
    add("returns only", "From: jane@example.org\rSubject: x\r\ry\r");
    add("mixed line ends", "From: jane@example.org\r\nSubject: x\n\r\ny\rz\n");
    add("vertical tabs and form feeds", with_headers("Subject:\v a\f b\x7f c\x1b[31m\r\n"));
    add("8-bit bytes everywhere",
        with_headers("Subject: \xff\xfe\xe4\xf6\xfc\x80\r\n", "\xff\xfe"));
    add("torn UTF-8", with_headers("Subject: caf\xc3\r\n", "caf\xc3"));
    add("overlong UTF-8", with_headers("Subject: \xc0\xaf\xe0\x80\xaf\r\n", "\xc0\xaf"));
    add("surrogates", with_headers("Subject: \xed\xa0\x80\r\n", "\xed\xa0\x80"));
    add("two Subjects", with_headers("Subject: a\r\nSubject: b\r\n"));
    add("two Froms", "From: a@example.org\r\nFrom: b@example.org\r\n\r\nx");
    add("two Message-IDs", with_headers("Message-ID: <a@b>\r\nMessage-ID: <c@d>\r\n"));
    add("an empty Message-ID", with_headers("Message-ID:\r\n"));
    add("a Message-ID without brackets", with_headers("Message-ID: a b c\r\n"));
    add("a Message-ID that opens only", with_headers("Message-ID: <a@b\r\n"));
    add("a Message-ID of a megabyte",
        with_headers("Message-ID: <" + std::string(1 << 20, 'i') + "@x>\r\n"));
    add("a date of nonsense", with_headers("Date: Foo, 99 Bar 99999 99:99:99 +9999\r\n"));
    add("a date far away", with_headers("Date: Fri, 31 Dec 9999 23:59:60 -1200\r\n"));
    add("a date before time", with_headers("Date: Thu, 01 Jan 0000 00:00:00 +0000\r\n"));
    add("a negative date", with_headers("Date: -1 -1 -1 -1:-1:-1\r\n"));
    add("a hundred hops", repeated("Received: from a by b; x\r\n", 100) + "From: a@b.c\r\n\r\nx");
    add("references without end",
        with_headers("References: " + repeated("<a@b> ", 50000) + "\r\n"));
}

inline void add_addresses(std::vector<NamedMail>& mails) {
    const auto add = [&](std::string name, std::string from) {
        mails.emplace_back("address: " + std::move(name),
                           "From: " + std::move(from) + "\r\nSubject: x\r\n\r\nHello\r\n");
    };
    add("empty", "");
    add("no domain", "jane");
    add("no local part", "<@example.org>");
    add("an at sign", "@");
    add("many at signs", "a@b@c@d@e");
    add("open bracket", "Jane <jane@example.org");
    add("nested brackets", "Jane <<<<jane@example.org>>>>");
    add("open quote", "\"Jane jane@example.org");
    add("quotes within", R"("Ja\"ne\\" <"ja\"ne"@example.org>)");
    add("open comment", "jane@example.org (Jane");
    add("ten thousand comments", repeated("(", 10000) + "x" + repeated(")", 10000) + " a@b.c");
    add("ten thousand addresses", repeated("a@b.c, ", 10000));
    add("ten thousand commas", std::string(10000, ','));
    add("ten thousand semicolons", std::string(10000, ';'));
    add("a group", "Friends: a@b.c, d@e.f;");
    add("an empty group", "undisclosed-recipients:;");
    add("groups in groups", repeated("g:", 5000) + "a@b.c" + repeated(";", 5000));
    add("a source route", "<@a,@b:jane@example.org>");
    add("line ends in the name", "\"Jane\r\n\tDoe\" <jane@example.org>");
    add("an injected header", "=?utf-8?q?Jane=0D=0ABcc:_x@y.z?= <jane@example.org>");
    add("an address in the name", "\"admin@acme.example\" <jane@example.org>");
    add("a local part of ten kilobytes", std::string(10000, 'a') + "@example.org");
    add("a domain literal", "jane@[127.0.0.1]");
    add("an international domain",
        "jane@b\xc3\xbc"
        "cher.example");
    add("bytes of no charset", "\xe4\xf6 <j\xe4ne@example.org>");
    add("direction marks",
        "\xe2\x80\xae"
        "enaJ <jane@example.org>");
    add("NUL", "ja\0ne@example.org"s);
    add("backslashes", repeated("\\", 5000) + " <jane@example.org>");
}

inline void add_words(std::vector<NamedMail>& mails) {
    const auto add = [&](std::string name, std::string subject) {
        mails.emplace_back("encoded word: " + std::move(name),
                           with_headers("Subject: " + std::move(subject) + "\r\n"));
    };
    add("never closed", "=?utf-8?q?abc");
    add("closed at once", "=?utf-8?q?\?=");
    add("no charset", "=?\?q?abc?=");
    add("no encoding", "=?utf-8?\?abc?=");
    add("unknown encoding", "=?utf-8?z?abc?=");
    add("unknown charset", "=?x-none-such?q?a=E4b?=");
    add("charset with orders", "=?utf-8//TRANSLIT?q?abc?=");
    add("charset of a kilobyte", "=?" + std::string(1000, 'x') + "?q?abc?=");
    add("charset that is a path", "=?../../etc/passwd?q?abc?=");
    add("language", "=?utf-8*en?q?abc?=");
    add("half of a byte", "=?utf-8?q?abc=4?=");
    add("no hex", "=?utf-8?q?abc=ZZ?=");
    add("truncated base64", "=?utf-8?b?SGVsbG8?=");
    add("base64 of nothing", "=?utf-8?b?====?=");
    add("base64 with junk", "=?utf-8?b?SG!Vs*bG8=?=");
    add("a header inside", "=?utf-8?q?a=0D=0ASubject:_forged=0D=0A=0D=0Abody?=");
    add("a NUL inside", "=?utf-8?q?a=00b?=");
    add("an encoded word inside", "=?utf-8?q?=3D=3Futf-8=3Fq=3Fx=3F=3D?=");
    add("a character split over two words", "=?utf-8?q?=C3?= =?utf-8?q?=A4?=");
    add("UTF-7", "=?utf-7?q?+AGEAYgBj-?=");
    add("UTF-16 without its other half", "=?utf-16?b?2AA=?=");
    add("ISO-2022 that never returns", "=?iso-2022-jp?b?GyRC?=");
    add("ten thousand words", repeated("=?utf-8?q?a?= ", 10000));
    add("ten thousand openings", repeated("=?", 10000));
    add("question marks", repeated("?=", 10000));
    add("one of a megabyte", "=?utf-8?q?" + std::string(1 << 20, 'a') + "?=");
}

inline void add_bodies(std::vector<NamedMail>& mails) {
    const auto add = [&](std::string name, std::string encoding, std::string body) {
        mails.emplace_back("body: " + std::move(name),
                           with_headers("Content-Type: text/plain; charset=utf-8\r\n"
                                        "Content-Transfer-Encoding: " +
                                            std::move(encoding) + "\r\n",
                                        body));
    };
    add("truncated base64", "base64", "SGVsbG8gd29y");
    add("base64 with one character over", "base64", "SGVsbG8gd");
    add("base64 that is text", "base64", "This is not base64 at all, sorry!");
    add("base64 of padding", "base64", repeated("=", 10000));
    add("base64 in one line", "base64", repeated("QUFB", 100000));
    add("quoted-printable that ends in =", "quoted-printable", "Hello =");
    add("quoted-printable without hex", "quoted-printable", "a=ZZb=4");
    add("quoted-printable of NULs", "quoted-printable", repeated("=00", 5000));
    add("quoted-printable soft breaks", "quoted-printable", repeated("=\r\n", 20000));
    add("an encoding nobody knows", "x-rot13", "Uryyb");
    add("two encodings", "base64, quoted-printable", "SGVsbG8=");
    add("uuencode without end", "x-uuencode", "begin 644 a\r\n#86)C\r\n");
    add("uuencode of nonsense", "uuencode", "begin\r\n`\r\n`````\r\nend");
    add("yenc", "x-yenc", "=ybegin line=128 size=3 name=a\r\n\x8b\x8c\x8d\r\n=yend size=3\r\n");
    add("binary", "binary", "\x00\x01\x02\xff\xfe"s);
    add("8-bit bytes that are no UTF-8", "8bit", "caf\xe9 \x80 \xff");
    add("bare returns", "7bit", "a\rb\rc");
    add("a line of a megabyte", "8bit", std::string(1 << 20, 'x'));
    add("a million line ends", "8bit", repeated("\r\n", 1000000));
    add("NULs between words", "8bit", "a\0b\0c"s);
    add("escape sequences", "8bit", "\x1b[2J\x1b]0;title\x07 words");
}

inline void add_charsets(std::vector<NamedMail>& mails) {
    for (const char* charset : {"",
                                "\"\"",
                                "us-ascii",
                                "utf-8",
                                "utf-7",
                                "utf-16",
                                "utf-16le",
                                "utf-32",
                                "iso-8859-1",
                                "iso-8859-99",
                                "windows-1252",
                                "x-unknown",
                                "unknown-8bit",
                                "default",
                                "none",
                                "gb2312",
                                "gb18030",
                                "big5",
                                "shift_jis",
                                "euc-jp",
                                "iso-2022-jp",
                                "iso-2022-kr",
                                "iso-2022-cn-ext",
                                "ks_c_5601-1987",
                                "koi8-r",
                                "tis-620",
                                "ibm1364",
                                "macintosh",
                                "utf-8//IGNORE",
                                "../../x",
                                "%s%s%n"}) {
        mails.emplace_back(
            std::string("charset: ") + charset,
            with_type(std::string("text/plain; charset=") + charset,
                      "caf\xe9 caf\xc3\xa9 \x1b$B \xff\xfe \x81\x40 \xd8\x00 end\r\n"));
    }
}

inline void add_multiparts(std::vector<NamedMail>& mails) {
    const auto add = [&](std::string name, std::string type, std::string body) {
        mails.emplace_back("multipart: " + std::move(name), with_type(type, body));
    };
    const std::string text = "--b\r\nContent-Type: text/plain\r\n\r\nHello\r\n";
    add("no boundary", "multipart/mixed", text + "--b--");
    add("empty boundary", "multipart/mixed; boundary=\"\"", text + "--b--");
    add("never opened", "multipart/mixed; boundary=b", "words only");
    add("never closed", "multipart/mixed; boundary=b", text);
    add("closed at once", "multipart/mixed; boundary=b", "--b--");
    add("closed twice", "multipart/mixed; boundary=b", text + "--b--\r\n" + text + "--b--");
    add("boundary with a space at its end", "multipart/mixed; boundary=\"b \"", text + "--b --");
    add("boundary of a kilobyte", "multipart/mixed; boundary=" + std::string(1000, 'b'),
        "--" + std::string(1000, 'b') + "\r\n\r\nHello");
    add("boundary of dashes", "multipart/mixed; boundary=--", "----\r\n\r\nHello\r\n------");
    add("boundary that is not quoted", "multipart/mixed; boundary=a b;c=d", "--a b\r\n\r\nx");
    add("open quote around the boundary", "multipart/mixed; boundary=\"b", text + "--b--");
    add("two boundaries", "multipart/mixed; boundary=b; boundary=c", text + "--b--");
    add("a boundary in pieces", "multipart/mixed; boundary*0=b; boundary*1=c",
        "--bc\r\n\r\nHello\r\n--bc--");
    add("a boundary with a charset", "multipart/mixed; boundary*=utf-8''b", text + "--b--");
    add("a boundary that the text repeats", "multipart/mixed; boundary=b",
        "--b\r\n\r\nx --b y\r\n--bb\r\n--b--");
    add("line feeds only", "multipart/mixed; boundary=b", "--b\n\nHello\n--b--\n");
    add("parts without headers", "multipart/mixed; boundary=b", repeated("--b\r\n\r\nx\r\n", 100));
    add("twenty thousand parts", "multipart/mixed; boundary=b",
        repeated("--b\r\n\r\nx\r\n", 20000) + "--b--");
    add("twenty thousand attachments", "multipart/mixed; boundary=b",
        repeated("--b\r\nContent-Disposition: attachment; filename=a\r\n\r\nx\r\n", 20000));
    add("a million opening dashes", "multipart/mixed; boundary=b", repeated("--\r\n", 1000000));
    add("text that is an attachment only", "multipart/mixed; boundary=b",
        "--b\r\nContent-Disposition: attachment\r\n\r\nHello\r\n--b--");
    add("alternative of nothing", "multipart/alternative; boundary=b", "--b\r\n\r\n\r\n--b--");
    add("a type of nonsense", "///;;;===", "Hello");
    add("a type of one word", "text", "Hello");
    add("a subtype of a megabyte", "text/" + std::string(1 << 20, 'x'), "Hello");
    add("fifty thousand parameters", "text/plain" + repeated("; a=b", 50000), "Hello");
    add("fifty thousand pieces", "text/plain" + repeated("; a*0=b", 50000), "Hello");
    std::string pieces = "text/plain";
    for (int i = 0; i < 20000; ++i) pieces += "; n*" + std::to_string(i) + "*=x";
    add("a parameter of twenty thousand pieces", pieces, "Hello");
    add("message/partial", "message/partial; id=x; number=1; total=99999999", "Hello");
    add("message/external-body", "message/external-body; access-type=local-file; name=/etc/passwd",
        "Hello");
    add("a delivery report without parts", "multipart/report; report-type=delivery-status", "x");
}

inline std::string nested(int depth, std::string_view subtype) {
    std::string raw = "From: jane@example.org\r\n";
    for (int i = 0; i < depth; ++i) {
        const std::string boundary = "b" + std::to_string(i);
        raw += "Content-Type: multipart/" + std::string(subtype) + "; boundary=" + boundary +
               "\r\n\r\n--" + boundary + "\r\n";
    }
    return raw + "Content-Type: text/plain\r\n\r\nDeep words\r\n";
}

inline void add_nesting(std::vector<NamedMail>& mails) {
    for (const int depth : {10, 31, 33, 90, 120, 2000, 100000}) {
        mails.emplace_back("nested multiparts: " + std::to_string(depth), nested(depth, "mixed"));
    }
    for (const int depth : {10, 90, 2000, 100000}) {
        mails.emplace_back(
            "nested messages: " + std::to_string(depth),
            "From: a@b.c\r\n" + repeated("Content-Type: message/rfc822\r\n\r\n", depth) + "x");
    }
    mails.emplace_back(
        "nested under one boundary",
        "From: a@b.c\r\n" +
            repeated("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n", 5000) + "\r\nx");
    mails.emplace_back("many open boundaries and many lines",
                       nested(90, "mixed") + repeated("--\n", 500000));
}

inline void add_files(std::vector<NamedMail>& mails) {
    const auto add = [&](std::string name, std::string disposition) {
        mails.emplace_back("file name: " + std::move(name),
                           with_type("multipart/mixed; boundary=b",
                                     "--b\r\nContent-Type: application/pdf\r\n"
                                     "Content-Disposition: attachment; " +
                                         std::move(disposition) + "\r\n\r\nx\r\n--b--\r\n"));
    };
    add("folders", "filename=\"../../../etc/passwd\"");
    add("backslashes", "filename=\"C:\\\\Windows\\\\system32\\\\a.pdf\"");
    add("a folder only", "filename=\"a/\"");
    add("NUL", "filename=\"a.exe\0.pdf\""s);
    add("line ends", "filename=\"a\r\n b.pdf\"");
    add("ten kilobytes", "filename=" + std::string(10000, 'n'));
    add("encoded folders", "filename*=utf-8''..%2F..%2Fetc%2Fpasswd");
    add("encoded line ends", "filename*=utf-8''a%0D%0Ab");
    add("a charset nobody knows", "filename*=x-none''a%FFb");
    add("both spellings", "filename=a.txt; filename*=utf-8''b.txt");
    add("an encoded word", "filename=\"=?utf-8?q?a=2F..=2Fb.pdf?=\"");
    add("a shell's words", "filename=\"$(reboot);`id`|x\"");
    add("direction marks",
        "filename=\"\xe2\x80\xae"
        "fdp.exe\"");
}

inline void add_html(std::vector<NamedMail>& mails) {
    const auto add = [&](std::string name, std::string html) {
        mails.emplace_back("html: " + std::move(name), with_type("text/html; charset=utf-8", html));
    };
    add("an open tag", "words <a href=\"");
    add("open tags", repeated("<", 200000));
    add("open quotes", repeated("<a b=\"", 50000));
    add("open comments", repeated("<!--", 50000));
    add("open scripts", repeated("<script>", 50000) + "alert(1)");
    add("a script that ends oddly", "<script>x</scr</script >words");
    add("nested tables", repeated("<table><tr><td>", 10000) + "words");
    add("references of nothing", repeated("&;", 50000));
    add("references without end", repeated("&amp", 50000));
    add("numbers too large", "&#99999999999999999999;&#x110000;&#xD800;&#0;&#-1; words");
    add("control characters by number", "&#10;&#13;&#27;[31mred&#8; words");
    add("bytes of no charset", "<p>caf\xe9</p>");
    add("nothing but tags", repeated("<p></p>", 20000));
}

inline std::vector<NamedMail> hostile_mails() {
    std::vector<NamedMail> mails;
    add_headers(mails);
    add_addresses(mails);
    add_words(mails);
    add_bodies(mails);
    add_charsets(mails);
    add_multiparts(mails);
    add_nesting(mails);
    add_files(mails);
    add_html(mails);
    return mails;
}

}  // namespace tapline::test
