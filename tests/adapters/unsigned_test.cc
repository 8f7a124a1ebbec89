#include "adapters/unsigned.h"

#include <doctest/doctest.h>

#include "adapters/sources/registry.h"
#include "tests/adapters/sources/request.h"

namespace tapline {
namespace {

using test::Request;

bool claims(const std::string& provider, std::vector<std::pair<std::string, std::string>> headers,
            const std::string& body = "") {
    Request request;
    request.headers = std::move(headers);
    request.body = body;
    return claims_signature(provider, request.view());
}

TEST_CASE("unsigned: a header of any scheme is a claim, also an empty one") {
    for (const char* name :
         {"x-hub-signature-256", "x-hub-signature", "x-twilio-signature", "webhook-signature",
          "webhook-id", "svix-id", "svix-signature", "x-twitter-webhooks-signature",
          "x-twilio-email-event-webhook-signature", "authorization"}) {
        CAPTURE(name);
        CHECK(claims("twilio", {{name, "x"}}));
        CHECK(claims("mailgun", {{name, ""}}));
    }
    for (const char* name : {"content-type", "user-agent", "cookie", "x-request-id"}) {
        CAPTURE(name);
        CHECK_FALSE(claims("twilio", {{name, "signature"}}));
    }
}

TEST_CASE("unsigned: what a provider signs in the body is a claim for that provider alone") {
    struct Row {
        std::string provider;
        std::string body;
        bool claimed;
    };
    const Row rows[] = {
        {"mailgun", "timestamp=1&signature=ab&token=cd", true},
        {"mailgun", "recipient=a&subject=b", false},
        {"mailgun", "--x\r\nContent-Disposition: form-data; name=\"Signature\"\r\n\r\n", true},
        {"ses", R"({"Type":"Notification","Signature":"x"})", true},
        {"ses", R"({"Type":"Notification","Message":"x"})", false},
        {"instagram", "signed_request=abc.def", true},
        {"instagram", R"({"object":"instagram"})", false},
        {"twilio", "Body=signature=ab", false},
        {"chat", R"({"signature":"x"})", false},
    };
    for (const Row& row : rows) {
        CAPTURE(row.provider);
        CAPTURE(row.body);
        CHECK(claims(row.provider, {}, row.body) == row.claimed);
    }
}

TEST_CASE("unsigned: what every provider of the registry signs claims a signature") {
    SourceSecrets secrets;
    secrets.connection = "acme";
    secrets.secrets = {"whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3"};
    for (const Source& source : sources()) {
        if (source.proof.none) continue;
        CAPTURE(source.provider);
        Sample sample;
        sample.text = "hello";
        Request request;
        test::sign(source, secrets, sample, request);
        CHECK(claims_signature(source.provider, request.view()));
    }
}

}  // namespace
}  // namespace tapline
