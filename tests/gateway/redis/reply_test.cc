#include "gateway/redis/reply.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "gateway/redis/batch.h"
#include "gateway/redis/reply_reader.h"

namespace tapline::redis {
namespace {

struct Parsed {
    std::vector<Reply> replies;
    Result<void> result;
};

Parsed parse(std::string_view bytes, std::size_t piece, ReplyLimits limits = {}) {
    ReplyReader reader(limits);
    Parsed parsed;
    while (!bytes.empty() && parsed.result) {
        parsed.result = reader.consume(bytes.substr(0, piece), [&](Reply reply) {
            parsed.replies.push_back(std::move(reply));
        });
        bytes.remove_prefix(std::min(piece, bytes.size()));
    }
    return parsed;
}

// One line that names every value of a reply.
std::string show(const Reply& reply) {
    switch (reply.kind) {
        case Reply::Kind::nil:
            return "nil";
        case Reply::Kind::integer:
            return std::to_string(reply.integer);
        case Reply::Kind::text:
            return '"' + reply.text + '"';
        case Reply::Kind::status:
            return "+" + reply.text;
        case Reply::Kind::error:
            return "-" + reply.text;
        case Reply::Kind::array:
            break;
    }
    std::string out = "[";
    for (const Reply& item : reply.items) out += (out.size() > 1 ? " " : "") + show(item);
    return out + "]";
}

}  // namespace

TEST_CASE("redis reply: encodes binary-safe commands") {
    CHECK(encode({"GET", "k"}) == "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n");
    CHECK(encode({"GET", std::string_view()}) == "*2\r\n$3\r\nGET\r\n$0\r\n\r\n");
    CHECK(encode({"", std::string_view("a\r\n\0", 4)}) ==
          std::string("*2\r\n$0\r\n\r\n$4\r\na\r\n\0\r\n", 20));
}

TEST_CASE("redis reply: reads every kind, however the bytes are cut") {
    const std::string bytes =
        "+OK\r\n-ERR no\r\n:-42\r\n$6\r\na\r\n\r\nb\r\n$-1\r\n*-1\r\n*0\r\n"
        "*3\r\n$1\r\nx\r\n*2\r\n:1\r\n$-1\r\n*1\r\n*1\r\n+deep\r\n$0\r\n\r\n";
    for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
        CAPTURE(piece);
        const Parsed parsed = parse(bytes, piece);
        REQUIRE(parsed.result);
        REQUIRE(parsed.replies.size() == 9);
        CHECK(show(parsed.replies[0]) == "+OK");
        CHECK(show(parsed.replies[1]) == "-ERR no");
        CHECK(show(parsed.replies[2]) == "-42");
        CHECK(show(parsed.replies[3]) == "\"a\r\n\r\nb\"");
        CHECK(show(parsed.replies[4]) == "nil");
        CHECK(show(parsed.replies[5]) == "nil");
        CHECK(show(parsed.replies[6]) == "[]");
        CHECK(show(parsed.replies[7]) == "[\"x\" [1 nil] [[+deep]]]");
        CHECK(show(parsed.replies[8]) == "\"\"");
    }
}

TEST_CASE("redis reply: what is not RESP2 is corrupt") {
    std::string deep;
    for (int i = 0; i < 10'000; ++i) deep += "*1\r\n";
    const std::string rows[] = {
        "HTTP/1.1 200 OK\r\n",
        std::string("\0\0\0\0", 4),
        "%1\r\n+a\r\n+b\r\n",
        "_\r\n",
        "#t\r\n",
        ",1.5\r\n",
        ">1\r\n+a\r\n",
        "~1\r\n+a\r\n",
        "=5\r\ntxt:a\r\n",
        "(123\r\n",
        "$-2\r\n",
        "$x\r\n",
        "*-2\r\n",
        "*x\r\n",
        ":1x\r\n",
        deep,
        "*2147483647\r\n",
        "*4294967296\r\n",
        "$99999999999999999999\r\n",
    };
    for (const std::string& row : rows) {
        CAPTURE(row.substr(0, 40));
        const Parsed parsed = parse(row, row.size());
        REQUIRE(!parsed.result);
        CHECK(parsed.result.error().code == ErrorCode::corrupt);
        CHECK(parsed.replies.empty());
    }
}

TEST_CASE("redis reply: replies before a fault are still delivered") {
    const Parsed parsed = parse("+OK\r\n:7\r\n!\r\n+late\r\n", 4096);
    CHECK(!parsed.result);
    REQUIRE(parsed.replies.size() == 2);
    CHECK(show(parsed.replies[1]) == "7");
}

TEST_CASE("redis reply: limits hold per reply, not per stream") {
    const ReplyLimits limits{.reply_bytes = 1000, .items = 10};
    std::string many;
    for (int i = 0; i < 1000; ++i) many += "*2\r\n$3\r\nabc\r\n:1\r\n";
    const Parsed all = parse(many, 100, limits);
    CHECK(all.result);
    CHECK(all.replies.size() == 1000);

    CHECK(parse("*10\r\n", 64, limits).result);
    CHECK(!parse("*11\r\n", 64, limits).result);
    CHECK(!parse("*2\r\n*5\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n*5\r\n", 64, limits).result);

    const Parsed large = parse("$1073741824\r\n" + std::string(2000, 'x'), 100, limits);
    REQUIRE(!large.result);
    CHECK(large.result.error().message == "redis: a reply is larger than 1000 bytes");
    CHECK(!parse(":" + std::string(2000, '1'), 100, limits).result);
}

TEST_CASE("redis script: the SHA-1 and the EVAL of an EVALSHA are those that Redis computes") {
    const Script script = make_script("one", "return 1");
    CHECK(script.sha1 == "e0e1f9fabfc9d4800c877a703b823ac0578ff8db");

    const std::vector<std::string_view> keys{"k1", "$40"};
    const std::vector<std::string_view> args{"", "a\r\nb"};
    std::string evalsha;
    append_evalsha(evalsha, script, keys, args);
    CHECK(evalsha == encode({"EVALSHA", script.sha1, "2", "k1", "$40", "", "a\r\nb"}));
    std::string eval;
    append_eval(eval, evalsha, "return\r\n2");
    CHECK(eval == encode({"EVAL", "return\r\n2", "2", "k1", "$40", "", "a\r\nb"}));
}

}  // namespace tapline::redis
