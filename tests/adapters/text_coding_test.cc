#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "adapters/phone.h"
#include "adapters/traceparent.h"
#include "adapters/utf8.h"
#include "adapters/xml.h"

namespace tapline {
namespace {

TEST_CASE("utf8: replaces each byte that is no part of a character by one U+FFFD") {
    struct Row {
        std::string bytes;
        std::string valid;
    };
    const std::string fffd = "\xEF\xBF\xBD";
    const Row rows[] = {
        {"plain", "plain"},
        {"\xF0\x9F\x98\x80", "\xF0\x9F\x98\x80"},
        {"a\xFFz", "a" + fffd + "z"},
        {"\xC0\x80", fffd + fffd},                        // overlong NUL
        {"\xE0\x80\xAF", fffd + fffd + fffd},             // overlong "/"
        {"\xED\xA0\x80", fffd + fffd + fffd},             // a surrogate
        {"\xF4\x90\x80\x80", fffd + fffd + fffd + fffd},  // above U+10FFFF
        {"\xE2\x98", fffd + fffd},                        // torn at the end
        {"\xE2\x98z", fffd + fffd + "z"},
        {"\xF1\x80\x80\xE1\x80\xC2 b", fffd + fffd + fffd + fffd + fffd + fffd + " b"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.bytes);
        CHECK(to_valid_utf8(row.bytes) == row.valid);
        CHECK(is_valid_utf8(row.bytes) == (row.bytes == row.valid));
        CHECK(is_valid_utf8(to_valid_utf8(row.bytes)));
    }
}

TEST_CASE("utf8: a prefix never cuts a character") {
    CHECK(utf8_prefix("caf\xC3\xA9s", 4) == "caf");
    CHECK(utf8_prefix("caf\xC3\xA9s", 5) == "caf\xC3\xA9");
    CHECK(utf8_prefix("abc", 9) == "abc");
}

TEST_CASE("xml: no text can leave its place") {
    CHECK(xml_escape("<a b='c' d=\"e\">&</a>") ==
          "&lt;a b=&#39;c&#39; d=&quot;e&quot;&gt;&amp;&lt;/a&gt;");
    CHECK(xml_escape("]]></Say><Redirect>x") == "]]&gt;&lt;/Say&gt;&lt;Redirect&gt;x");
    CHECK(xml_escape(std::string("a\0b\x01\x1F\x7F\tc\n", 9)) == "ab\tc\n");
    CHECK(xml_escape("a\xFF") == "a\xEF\xBF\xBD");
    CHECK(xml_escape("\xEF\xBF\xBE"
                     "x\xEF\xBF\xBF") == "x");
}

TEST_CASE("phone: E.164 and nothing else") {
    for (const char* good : {"+14045550100", "+4930123456", "+1234567", "+123456789012345"}) {
        CAPTURE(good);
        CHECK(is_e164(good));
    }
    for (const char* bad : {"", "+", "14045550100", "+04045550100", "+123456", "+1234567890123456",
                            "+1404555010a", "+1 4045550100", "+14045550100 ", "++4045550100"}) {
        CAPTURE(bad);
        CHECK_FALSE(is_e164(bad));
    }
}

TEST_CASE("traceparent: as W3C Trace Context has it") {
    const std::string good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    CHECK(is_traceparent(good));
    CHECK(is_traceparent("01" + good.substr(2) + "-more"));
    const std::vector<std::string> refused = {
        std::string(),
        good + "-more",
        good + "x",
        "ff" + good.substr(2),
        "0G" + good.substr(2),
        "01" + good.substr(2) + "x",
        good.substr(0, 54),
        "00-" + std::string(32, '0') + good.substr(35),
        good.substr(0, 36) + std::string(16, '0') + "-01",
        "00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00_0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"};
    for (const std::string& bad : refused) {
        CAPTURE(bad);
        CHECK_FALSE(is_traceparent(bad));
    }
}

}  // namespace
}  // namespace tapline
