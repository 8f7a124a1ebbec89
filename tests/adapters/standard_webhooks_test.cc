#include "adapters/standard_webhooks.h"

#include <doctest/doctest.h>

#include "adapters/crypto.h"
#include "tests/adapters/sources/request.h"

namespace tapline {
namespace {

using test::kNow;
using test::Request;

const std::string kSecret = "whsec_" + base64_encode("0123456789abcdef01234567");

std::string at(std::int64_t offset) {
    return std::to_string(kNow.time_since_epoch().count() / 1000 + offset);
}

Request signed_at(const std::string& timestamp, const std::string& id = "msg_1",
                  const std::string& prefix = "webhook-") {
    Request request;
    request.body = "{}";
    request.headers = {{prefix + "id", id},
                       {prefix + "timestamp", timestamp},
                       {prefix + "signature", webhook_signature(kSecret, id, timestamp, "{}")}};
    return request;
}

bool holds(const Request& request, const std::vector<std::string>& secrets = {kSecret}) {
    return verify_webhook(request.view(), secrets, kNow).has_value();
}

TEST_CASE("standard webhooks: five minutes both ways, in plain digits") {
    struct Row {
        std::string timestamp;
        bool expected;
    };
    const Row rows[] = {
        {at(0), true},         {at(299), true},       {at(-299), true},
        {at(302), false},      {at(-302), false},     {"+" + at(0), false},
        {"-1", false},         {at(0) + ".0", false}, {"1e9", false},
        {"", false},           {" " + at(0), false},  {"99999999999999999999", false},
        {at(0) + "000", false}};
    for (const Row& row : rows) {
        CAPTURE(row.timestamp);
        CHECK(holds(signed_at(row.timestamp)) == row.expected);
    }
}

TEST_CASE("standard webhooks: ids without a dot, so that nothing can move between the parts") {
    for (const std::string& id : {std::string(), std::string("a.b"), std::string("a b"),
                                  std::string(257, 'x'), std::string("\xC3\xA9")}) {
        CAPTURE(id);
        CHECK_FALSE(holds(signed_at(at(0), id)));
    }
    CHECK(holds(signed_at(at(0), std::string(256, 'x'))));
}

TEST_CASE("standard webhooks: any of the listed signatures, any of the secrets, both spellings") {
    Request request = signed_at(at(0));
    std::string& list = *request.header("webhook-signature");
    const std::string right = list;
    list = "v1a,AAAA v2,xx v1," + base64_encode(std::string(32, 'x')) + " " + right;
    CHECK(holds(request));
    list = "v2" + right.substr(2);
    CHECK_FALSE(holds(request));
    list = right + "," + right;
    CHECK_FALSE(holds(request));
    CHECK(holds(signed_at(at(0), "msg_1", "svix-")));

    const std::string other = "whsec_" + base64_encode("another secret of 24 b..");
    CHECK(verify_webhook(signed_at(at(0)).view(), std::vector<std::string>{other, kSecret}, kNow) ==
          2);
    CHECK_FALSE(holds(signed_at(at(0)), {other}));
}

TEST_CASE("standard webhooks: a header that is missing or stands twice is refused") {
    for (std::size_t i = 0; i < 3; ++i) {
        CAPTURE(i);
        Request missing = signed_at(at(0));
        missing.headers.erase(missing.headers.begin() + static_cast<std::ptrdiff_t>(i));
        CHECK_FALSE(holds(missing));
        Request twice = signed_at(at(0));
        twice.headers.push_back(twice.headers[i]);
        CHECK_FALSE(holds(twice));
    }
    // The second spelling does not make up for what the first lacks.
    Request mixed = signed_at(at(0), "msg_1", "svix-");
    mixed.headers.emplace_back("webhook-id", "msg_1");
    CHECK_FALSE(holds(mixed));
}

TEST_CASE("standard webhooks: empty and short secrets never match") {
    for (const char* bad : {"", "whsec_", "whsec_AAAA", "whsec_%%%%", "short"}) {
        CAPTURE(bad);
        CHECK_FALSE(webhook_key(bad).has_value());
        Request request = signed_at(at(0));
        *request.header("webhook-signature") = webhook_signature(bad, "msg_1", at(0), "{}");
        CHECK_FALSE(holds(request, {bad}));
    }
}

}  // namespace
}  // namespace tapline
