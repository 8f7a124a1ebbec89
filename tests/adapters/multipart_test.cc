#include "adapters/multipart.h"

#include <doctest/doctest.h>

#include "tests/adapters/mail/hostile_mails.h"
#include "tests/adapters/sources/request.h"

namespace tapline {
namespace {

constexpr const char* kType = "multipart/form-data; boundary=xYzZY";

std::string part(const std::string& headers, const std::string& content) {
    return "--xYzZY\r\n" + headers + "\r\n\r\n" + content + "\r\n";
}

const std::string kName = "Content-Disposition: form-data; name=\"a\"";
const std::string kEnd = "--xYzZY--\r\n";

TEST_CASE("multipart: fields and files keep their bytes") {
    const std::string body =
        part(kName, "one\r\n--xYzZ not a boundary\r\ntwo") +
        part(
            "content-disposition: form-data; name=\"f\"; filename=\"a \\\"b\\\".txt\""
            "\r\nContent-Type: text/plain",
            std::string("\0\xff", 2)) +
        part("Content-Disposition: form-data; name=b", "") + kEnd;
    const auto form = parse_multipart(kType, body);
    REQUIRE(form);
    REQUIRE(form->fields().size() == 3);
    CHECK(form->find("a")->content == "one\r\n--xYzZ not a boundary\r\ntwo");
    CHECK(form->find("f") == nullptr);
    const MultipartField& file = form->fields()[1];
    CHECK(file.is_file);
    CHECK(file.file_name == "a \"b\".txt");
    CHECK(file.content_type == "text/plain");
    CHECK(file.content == std::string_view("\0\xff", 2));
    CHECK(form->find("b")->content.empty());
    CHECK(form->count("a") == 1);
}

TEST_CASE("multipart: a boundary that begins a longer word is content") {
    const std::string body = part(kName, "x\r\n--xYzZYabc\r\ny") + kEnd;
    const auto form = parse_multipart(kType, body);
    REQUIRE(form);
    CHECK(form->find("a")->content == "x\r\n--xYzZYabc\r\ny");
}

TEST_CASE("multipart: what two readers might read differently is refused") {
    struct Row {
        const char* name;
        std::string type;
        std::string body;
    };
    const std::string good = part(kName, "x") + kEnd;
    const Row rows[] = {
        {"no type", "", good},
        {"other type", "multipart/mixed; boundary=xYzZY", good},
        {"no boundary", "multipart/form-data", good},
        {"empty boundary", "multipart/form-data; boundary=", good},
        {"two boundaries", "multipart/form-data; boundary=xYzZY; boundary=b", good},
        {"open quote", "multipart/form-data; boundary=\"xYzZY", good},
        {"long boundary", "multipart/form-data; boundary=" + std::string(71, 'b'), good},
        {"odd boundary", "multipart/form-data; boundary=a<b", good},
        {"empty body", kType, ""},
        {"preamble", kType, "words\r\n" + good},
        {"line feeds", kType, "--xYzZY\nContent-Disposition: form-data; name=a\n\nx\n--xYzZY--\n"},
        {"never closed", kType, part(kName, "x")},
        {"epilogue", kType, good + "words"},
        {"boundary not alone", kType, "--xYzZY words\r\n" + kName + "\r\n\r\nx\r\n" + kEnd},
        {"no disposition", kType, part("Content-Type: text/plain", "x") + kEnd},
        {"two dispositions", kType, part(kName + "\r\n" + kName, "x") + kEnd},
        {"no name", kType, part("Content-Disposition: form-data", "x") + kEnd},
        {"two names", kType, part(kName + "; name=b", "x") + kEnd},
        {"attachment", kType, part("Content-Disposition: attachment; name=a", "x") + kEnd},
        {"no colon", kType, part(kName + "\r\nwords", "x") + kEnd},
        {"endless headers", kType, part(kName + "\r\nX: " + std::string(9000, 'x'), "x") + kEnd},
        {"headers without end", kType, "--xYzZY\r\n" + kName + "\r\n" + kEnd},
        {"too many", kType, test::repeated(part(kName, "x"), 1001) + kEnd},
    };
    CHECK(parse_multipart(kType, good));
    for (const Row& row : rows) {
        CAPTURE(row.name);
        const auto form = parse_multipart(row.type, row.body);
        REQUIRE_FALSE(form);
        CHECK(form.error().code == ErrorCode::bad_request);
    }
}

TEST_CASE("multipart: what is written is read back, every truncation is refused") {
    const std::string body = multipart_body("b", {{"x", "1"}, {"y", ""}, {"z", "a\r\nb"}});
    const auto form = parse_multipart("multipart/form-data; boundary=\"b\"", body);
    REQUIRE(form);
    CHECK(form->fields().size() == 3);
    CHECK(form->find("z")->content == "a\r\nb");
    for (std::size_t keep = 0; keep + 2 < body.size(); ++keep) {
        CAPTURE(keep);
        CHECK_FALSE(parse_multipart("multipart/form-data; boundary=b", body.substr(0, keep)));
    }
}

}  // namespace
}  // namespace tapline
