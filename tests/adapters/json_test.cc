#include "adapters/json.h"

#include <doctest/doctest.h>

namespace tapline {
namespace {

std::string nested(int depth) {
    return std::string(static_cast<std::size_t>(depth), '[') +
           std::string(static_cast<std::size_t>(depth), ']');
}

TEST_CASE("json: refuses what is not JSON, not UTF-8, or too deep") {
    for (const std::string& bad :
         {std::string(), std::string("{"), std::string("{\"a\":1,}"), std::string("{'a':1}"),
          std::string("{\"a\":\"\xFF\"}"), std::string("\xEF\xBB\xBF{}"), std::string("{}{}"),
          std::string("NaN"), std::string("{\"a\":\"\\ud800\"}"), nested(65), nested(100000)}) {
        CAPTURE(bad.substr(0, 40));
        const auto root = json::parse(bad);
        REQUIRE_FALSE(root);
        CHECK(root.error().code == ErrorCode::bad_request);
        CHECK(root.error().message.starts_with("JSON: "));
    }
    CHECK(json::parse(nested(60)));
    CHECK(json::parse(nested(60)));
}

TEST_CASE("json: the depth limit holds after the parser has grown") {
    CHECK(json::parse("[\"" + std::string(200'000, 'x') + "\"]"));
    CHECK_FALSE(json::parse(nested(65)));
    CHECK(json::parse("[\"" + std::string(3'000'000, 'x') + "\"]"));
    CHECK_FALSE(json::parse(nested(65)));
    CHECK_FALSE(json::parse(std::string(json::kBytesMax + 1, ' ')));
}

TEST_CASE("json: a whole number is one however it is written") {
    struct Row {
        const char* written;
        std::optional<std::int64_t> number;
    };
    const Row rows[] = {{"12", 12},
                        {"12.0", 12},
                        {"1.2e1", 12},
                        {"-7.0", -7},
                        {"9223372036854775807", 9223372036854775807},
                        {"9007199254740992.0", 9007199254740992},
                        {"1e17", std::nullopt},
                        {"18446744073709551615", std::nullopt},
                        {"0.5", std::nullopt},
                        {"\"12\"", std::nullopt},
                        {"true", std::nullopt},
                        {"null", std::nullopt}};
    for (const Row& row : rows) {
        CAPTURE(row.written);
        const auto root = json::parse(row.written);
        REQUIRE(root);
        CHECK(json::integer_of(*root) == row.number);
    }
}

TEST_CASE("json: ids keep all their digits, and a fraction is no id") {
    struct Row {
        const char* written;
        const char* id;
    };
    const Row rows[] = {{"\"17841400000000001\"", "17841400000000001"},
                        {"1924465506158879001", "1924465506158879001"},
                        {"18446744073709551615", "18446744073709551615"},
                        {"-7", "-7"},
                        {"1.0", ""},
                        {"1e0", ""},
                        {"9.300778475358126e17", ""},
                        {"true", ""},
                        {"[]", ""}};
    for (const Row& row : rows) {
        CAPTURE(row.written);
        const auto root = json::parse("[" + std::string(row.written) + "]");
        REQUIRE(root);
        const auto list = json::array_of(*root);
        REQUIRE(list);
        for (const json::Value& value : *list) CHECK(json::id_of(value) == row.id);
    }
    CHECK(json::id_of(std::nullopt).empty());
}

TEST_CASE("json: a member that is read must not stand twice, however it is spelled") {
    const auto read = [](const char* text) {
        return json::members(*json::parse(text), std::array<std::string_view, 2>{"mid", "text"});
    };
    CHECK(json::text_of((*read(R"({"text":"b","mid":"a","x":1,"x":2})"))[0]) == "a");
    CHECK_FALSE((*read(R"({"mid":null})"))[0].has_value());
    CHECK(read(R"({"mid":"a","mid":"b"})").error() == "holds \"mid\" twice");
    CHECK(read(R"({"mid":"a","m\u0069d":"b"})").error() == "holds \"mid\" twice");
    CHECK(read(R"({"mid":null,"mid":"b"})").error() == "holds \"mid\" twice");
    CHECK(read("[]").error() == "must be an object");
}

TEST_CASE("json: the same value has the same bytes, and is described without being quoted") {
    CHECK(json::minified(*json::parse("{ \"a\" : [ 1 , \"\\u00e4\" ] }")) ==
          "{\"a\":[1,\"\xC3\xA4\"]}");
    CHECK(json::describe(*json::parse("\"abc\"")) == "a string of 3 bytes");
    CHECK(json::describe(*json::parse("12")) == "a number");
    CHECK(json::describe(*json::parse("null")) == "null");
    CHECK(json::quoted("a\"b\\\n\x01") == "\"a\\\"b\\\\\\n\\u0001\"");
}

}  // namespace
}  // namespace tapline
