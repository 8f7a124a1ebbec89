#include "adapters/form.h"

#include <doctest/doctest.h>

namespace tapline {
namespace {

TEST_CASE("form: decodes names and values once, in order") {
    const auto fields = parse_form("b=1&a=caf%C3%A9+%26+50%25+%3D+%22ok%22%2B&c=&d&b=2&%61=%2525");
    REQUIRE(fields);
    const Fields expected = {{"b", "1"}, {"a", "caf\xC3\xA9 & 50% = \"ok\"+"},
                             {"c", ""},  {"d", ""},
                             {"b", "2"}, {"a", "%25"}};
    CHECK(*fields == expected);
    CHECK(parse_form("")->empty());
    CHECK(parse_form("a=b=c")->front().second == "b=c");
}

TEST_CASE("form: refuses what has two readings") {
    for (const char* bad : {"a=%", "a=%4", "a=%zz", "%g0=1", "a=1&&b=2", "&a=1", "a=1&", "&"}) {
        CAPTURE(bad);
        const auto fields = parse_form(bad);
        REQUIRE_FALSE(fields);
        CHECK(fields.error().code == ErrorCode::bad_request);
    }
}

TEST_CASE("form: takes 1000 pairs and not one more") {
    std::string body = "a=1";
    for (int i = 1; i < 1000; ++i) body += "&a=1";
    CHECK(parse_form(body)->size() == 1000);
    const auto refused = parse_form(body + "&a=1");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message == "form: more than 1000 pairs");
}

TEST_CASE("form: a link's query is read as far as it can be") {
    const Fields expected = {{"utm_source", "ig"}, {"ref", "7K3"}};
    CHECK(parse_query("utm_source=ig&bad=%zz&&=x&ref=7K3&") == expected);
    CHECK(parse_query("").empty());
}

TEST_CASE("form: encoding and decoding are inverse for all bytes") {
    std::string all;
    for (int i = 0; i < 256; ++i) all.push_back(static_cast<char>(i));
    CHECK(percent_decode(percent_encode(all), PlusSign::literal) == all);
    const Fields fields = {{all, "x"}, {"y", all}};
    CHECK(*parse_form(encode_form(fields)) == fields);
    CHECK(percent_encode("a b+c&\xC3\xA9~") == "a%20b%2Bc%26%C3%A9~");
    CHECK(percent_decode("a+b", PlusSign::literal) == "a+b");
    CHECK(percent_decode("a+b", PlusSign::space) == "a b");
}

}  // namespace
}  // namespace tapline
