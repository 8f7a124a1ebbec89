#include "adapters/sources/meta_person.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "adapters/crypto.h"
#include "adapters/form.h"
#include "adapters/sources/meta.h"
#include "tests/adapters/sources/meta_support.h"

namespace tapline {
namespace {

using test::kNow;
using test::meta_secrets;
using test::Request;

constexpr std::string_view kPayload =
    R"({"algorithm":"HMAC-SHA256","expires":1755780000,"issued_at":1755779283,"user_id":"218471"})";

Request request_of(const std::string& signed_request, std::string_view rest = kDeletionPath) {
    Request request;
    request.connection_path = "/hooks/meta-main";
    request.rest = rest;
    request.body = "signed_request=" + percent_encode(signed_request);
    return request;
}

Request deletion(std::string_view payload = kPayload, std::string_view secret = "app-secret") {
    return request_of(meta_signed_request(secret, payload));
}

const Source& source(std::string_view name) {
    return *find_source(name);
}

std::string verdict(const Request& request, const SourceSecrets& secrets = meta_secrets()) {
    const auto verified = source("instagram").verify(request.view(), secrets, kNow);
    if (verified) return "accepted by " + verified->secret;
    return verified.error().code == ErrorCode::unauthorized ? "unauthorized" : "bad request";
}

nlohmann::json answer_to(const Request& request, const SourceSecrets& secrets = meta_secrets()) {
    const auto answer = source("instagram").acknowledge(request.view(), secrets);
    REQUIRE(answer);
    CHECK(answer->status == 200);
    CHECK(answer->content_type == "application/json");
    return nlohmann::json::parse(answer->body);
}

Answer page(const std::string& query, const SourceSecrets& secrets = meta_secrets()) {
    Request request = request_of("");
    request.method = "GET";
    request.query = query;
    const auto answer = source("instagram").challenge(request.view(), secrets);
    REQUIRE(answer);
    return *answer;
}

TEST_CASE("signed_request: the MAC is over the payload as it is written") {
    // Worked out apart from this code: printf %s PAYLOAD | base64url, then openssl dgst -hmac.
    const std::string written = meta_signed_request("secret", R"({"a":1})");
    CHECK(written == "wN-ZPf1Y9bj6hmL8HUf_HkwxK3io1dWpn1XgxT9kf6I.eyJhIjoxfQ");
}

TEST_CASE("signed_request: one of the secrets, for each product of the family") {
    SourceSecrets two = meta_secrets();
    two.secrets = {"new", "app-secret"};
    SourceSecrets empty = meta_secrets();
    empty.secrets = {""};
    for (const char* name : {"instagram", "messenger", "whatsapp"}) {
        CAPTURE(name);
        for (const std::string_view rest : {kDeletionPath, kDeauthorizePath}) {
            const Request request = request_of(meta_signed_request("app-secret", kPayload), rest);
            CHECK(source(name).verify(request.view(), meta_secrets(), kNow).has_value());
        }
    }
    CHECK(verdict(deletion(), two) == "accepted by 2");
    two.secrets = {"new"};
    CHECK(verdict(deletion(), two) == "unauthorized");
    CHECK(verdict(deletion(kPayload, ""), empty) == "unauthorized");
    empty.secrets.clear();
    CHECK(verdict(deletion(kPayload, ""), empty) == "unauthorized");
}

TEST_CASE("signed_request: with the padding of other encoders it is the same") {
    const std::string plain = meta_signed_request("app-secret", kPayload);
    const std::size_t dot = plain.find('.');
    CHECK(verdict(request_of(plain.substr(0, dot) + "=" + plain.substr(dot))) == "accepted by 1");
    CHECK(verdict(request_of(plain.substr(0, dot) + "==" + plain.substr(dot))) == "unauthorized");
}

TEST_CASE("signed_request: each flipped bit and each truncation is refused") {
    const Request whole = deletion();
    const std::size_t begin = whole.body.find('=') + 1;
    for (std::size_t bit = begin * 8; bit < whole.body.size() * 8; ++bit) {
        CAPTURE(bit);
        Request flipped = whole;
        flipped.body[bit / 8] = static_cast<char>(flipped.body[bit / 8] ^ (1 << (bit % 8)));
        CHECK(verdict(flipped) == "unauthorized");
        CHECK_FALSE(source("instagram").acknowledge(flipped.view(), meta_secrets()));
    }
    for (std::size_t keep = 0; keep < whole.body.size(); ++keep) {
        CAPTURE(keep);
        Request cut = whole;
        cut.body.resize(keep);
        CHECK(verdict(cut) == "unauthorized");
    }
}

TEST_CASE("signed_request: other forms are refused") {
    const std::string good = meta_signed_request("app-secret", kPayload);
    struct Row {
        std::string body;
        std::string verdict;
    };
    const Row rows[] = {
        {"", "unauthorized"},
        {"signed_request=", "unauthorized"},
        {"signed_request=.", "unauthorized"},
        {"signed_request=a.b.c", "unauthorized"},
        {"other=" + good, "unauthorized"},
        {"signed_request=" + good + "&signed_request=" + good, "unauthorized"},
        {"signed_request=" + good + "%zz", "unauthorized"},
        {"signed_request=" + good + "." + good, "unauthorized"},
        {"signed_request=" + good.substr(good.find('.')), "unauthorized"},
        {"signed_request=" + good + std::string(8192, 'A'), "unauthorized"},
        {"state=x&signed_request=" + good, "accepted by 1"},
        {std::string(kPayload), "unauthorized"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.body);
        Request request = request_of("");
        request.body = row.body;
        CHECK(verdict(request) == row.verdict);
    }
    Request get = deletion();
    get.method = "PUT";
    CHECK(verdict(get) == "bad request");
    // X-Hub-Signature-256 is another routine: it opens nothing here, and nothing of this opens it.
    Request hub = request_of("");
    hub.headers = {{"x-hub-signature-256", meta_signature("app-secret", hub.body)}};
    CHECK(verdict(hub) == "unauthorized");
    Request main = deletion();
    main.rest.clear();
    CHECK(verdict(main) == "unauthorized");
}

TEST_CASE("signed_request: authentic payloads that cannot be read are told apart") {
    const std::string long_id(65, '1');
    for (const std::string& payload :
         {std::string("{}"), std::string("[]"), std::string("not json"), std::string(),
          std::string(R"({"algorithm":"HMAC-SHA1","user_id":"1"})"),
          std::string(R"({"algorithm":"none","user_id":"1"})"),
          std::string(R"({"algorithm":"HMAC-SHA256"})"),
          std::string(R"({"algorithm":"HMAC-SHA256","user_id":""})"),
          std::string(R"({"algorithm":"HMAC-SHA256","user_id":1.5})"),
          std::string(R"({"algorithm":"HMAC-SHA256","user_id":"1","user_id":"2"})"),
          R"({"algorithm":"HMAC-SHA256","user_id":")" + long_id + "\"}"}) {
        CAPTURE(payload);
        CHECK(verdict(deletion(payload)) == "bad request");
    }
    CHECK(verdict(deletion(R"({"algorithm":"HMAC-SHA256","user_id":218471})")) == "accepted by 1");
}

TEST_CASE("deletion: the answer is what Meta asks for, and the same every time") {
    const auto answer = answer_to(deletion());
    const std::string code = answer.at("confirmation_code");
    CHECK(answer.size() == 2);
    CHECK(code.size() == 40);
    CHECK(code.find_first_not_of("0123456789abcdef") == std::string::npos);
    CHECK(answer.at("url") == "https://hooks.acme.example/hooks/meta-main/deletion?code=" + code);
    CHECK(answer_to(deletion()) == answer);
    const auto other =
        answer_to(deletion(R"({"algorithm":"HMAC-SHA256","issued_at":1755779283,"user_id":"2"})"));
    CHECK(other.at("confirmation_code") != code);
    Request there = deletion();
    there.headers = {{"host", "gw.acme.example"}};
    SourceRequest without_base = there.view();
    without_base.public_base = {};
    const auto by_host = source("instagram").acknowledge(without_base, meta_secrets());
    REQUIRE(by_host);
    CHECK(nlohmann::json::parse(by_host->body).at("url") ==
          "https://gw.acme.example/hooks/meta-main/deletion?code=" + code);
}

TEST_CASE("deletion: the page of a code says that it was received, and when") {
    const std::string code = answer_to(deletion()).at("confirmation_code");
    const Answer received = page("code=" + code);
    CHECK(received.status == 200);
    CHECK(received.content_type == "text/plain; charset=utf-8");
    CHECK(received.body.find(code) != std::string::npos);
    CHECK(received.body.find("2025-08-21T12:28:03.000Z") != std::string::npos);
    CHECK(received.body.find("218471") == std::string::npos);
    // After the secret is changed, both codes are known for as long as both secrets are.
    SourceSecrets two = meta_secrets();
    two.secrets.insert(two.secrets.begin(), "new");
    CHECK(page("code=" + code, two).status == 200);
}

TEST_CASE("deletion: a code that nobody was given is not known") {
    const std::string code = answer_to(deletion()).at("confirmation_code");
    std::string upper = code;
    for (char& c : upper) c = c >= 'a' ? static_cast<char>(c - 32) : c;
    SourceSecrets other = meta_secrets();
    other.secrets = {"another"};
    CHECK(page("code=" + code, other).status == 404);
    for (const std::string& query :
         {std::string(), std::string("code="), "code=" + code.substr(1), "code=" + code + "0",
          "code=" + std::string(40, '0'), "code=" + upper, "code=" + code.substr(0, 39) + "%0a",
          std::string("code=<script>alert(1)</script>")}) {
        CAPTURE(query);
        const Answer answer = page(query);
        CHECK((answer.status == 404 || query == "code=" + code));
        CHECK(answer.body.find('<') == std::string::npos);
    }
    for (std::size_t i = 0; i < code.size(); ++i) {
        std::string changed = code;
        changed[i] = changed[i] == '0' ? '1' : '0';
        CAPTURE(changed);
        CHECK(page("code=" + changed).status == 404);
    }
}

TEST_CASE("person: what is recorded names nobody") {
    for (const char* name : {"instagram", "messenger", "whatsapp"}) {
        const std::pair<std::string_view, const char*> rows[] = {
            {kDeletionPath, "person.deletion"}, {kDeauthorizePath, "person.deauthorized"}};
        for (const auto& [rest, type] : rows) {
            CAPTURE(name);
            CAPTURE(rest);
            const Request request = request_of(meta_signed_request("app-secret", kPayload), rest);
            const auto items = source(name).parse(request.view(), meta_secrets(), kNow);
            REQUIRE(items);
            REQUIRE(items->size() == 1);
            REQUIRE(items->front().event);
            const Event& event = *items->front().event;
            CHECK(event.kind == EventKind::recorded);
            CHECK(event.type == type);
            CHECK(event.provider == name);
            CHECK(event.account.empty());
            CHECK(event.for_every_brand);
            CHECK(event.customer.platform_id.empty());
            CHECK(event.attribution.empty());
            CHECK(event.occurred_at == Time(std::chrono::seconds(1755779283)));
            CHECK(event.event_id.find("218471") == std::string::npos);
            CHECK(event.event_id.find(sha256_hex("218471").substr(0, 16)) == std::string::npos);
            const auto again = source(name).parse(request.view(), meta_secrets(), kNow);
            CHECK(again->front().event->event_id == event.event_id);
        }
    }
    const auto items = source("instagram").parse(deletion().view(), meta_secrets(), kNow);
    const std::string code = answer_to(deletion()).at("confirmation_code");
    CHECK(items->front().event->event_id == "deletion:" + code);
}

TEST_CASE("person: only a deletion is answered in words of its own") {
    const Request request =
        request_of(meta_signed_request("app-secret", kPayload), kDeauthorizePath);
    CHECK_FALSE(source("instagram").acknowledge(request.view(), meta_secrets()));
    Request message = request;
    message.rest.clear();
    CHECK_FALSE(source("instagram").acknowledge(message.view(), meta_secrets()));
}

TEST_CASE("person: what was not verified is not read") {
    SourceSecrets other = meta_secrets();
    other.secrets = {"another"};
    const auto items = source("instagram").parse(deletion().view(), other, kNow);
    REQUIRE_FALSE(items);
    CHECK(items.error().code == ErrorCode::bad_request);
}

}  // namespace
}  // namespace tapline
