// What a webhook of e-mail makes the gateway do besides accepting: fetch, confirm, ask who it is.
#include <atomic>
#include <future>

#include <doctest/doctest.h>

#include "adapters/json.h"
#include "adapters/public_key.h"
#include "adapters/sources/sns.h"
#include "gateway/intake/hooks.h"
#include "tests/adapters/sources/key_pairs.h"
#include "tests/adapters/sources/request.h"
#include "tests/gateway/redis/eventually.h"

namespace tapline {
namespace {

constexpr const char* kCertificateUrl =
    "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem";

// A gateway's state without Redis: nothing here writes.
struct Hooks {
    explicit Hooks(const Fetch& fetch) {
        Config config;
        config.public_url = test::kBase;
        Connection aws;
        aws.name = "aws";
        aws.provider = "ses";
        aws.account = test::kTopic;
        Connection pm;
        pm.name = "pm";
        pm.provider = "postmark";
        pm.secrets = {"postmark:sesame"};
        config.connections = {{"aws", aws}, {"pm", pm}};
        state.current.use(std::move(config));
        AcceptorParts parts;
        parts.clock = [] { return test::kNow; };
        state.acceptor = std::make_shared<const Acceptor>(std::move(parts));
        state.callouts = std::make_unique<Callouts>(fetch);
    }

    http::Response post(const std::string& connection, const std::string& body,
                        std::vector<http::Header> headers) {
        const std::string path = "/hooks/" + connection;
        http::Request request;
        request.method = "POST";
        request.target = path;
        request.path = path;
        request.body = body;
        request.id = "1";
        request.headers = std::move(headers);
        request.captures = {connection};
        std::promise<http::Response> answered;
        auto answer = answered.get_future();
        handle_hook(state, request, http::Responder([&](http::Response&& response) {
                        answered.set_value(std::move(response));
                    }));
        return answer.get();
    }

    http::Response sns(const sns::Envelope& envelope, const std::string& private_key) {
        const auto signature =
            sign_rsa(private_key, RsaDigest::sha256, sns::signed_text(envelope)).value_or("");
        std::string body = "{\"Type\":" + json::quoted(envelope.type) +
                           ",\"MessageId\":\"m\",\"TopicArn\":" + json::quoted(envelope.topic) +
                           ",\"Message\":" + json::quoted(envelope.message) +
                           ",\"Timestamp\":" + json::quoted(envelope.timestamp);
        if (!envelope.token.empty()) {
            body += ",\"Token\":" + json::quoted(envelope.token) +
                    ",\"SubscribeURL\":" + json::quoted(envelope.subscribe_url);
        }
        body +=
            ",\"SignatureVersion\":\"2\",\"Signature\":" + json::quoted(base64_encode(signature)) +
            ",\"SigningCertURL\":" + json::quoted(kCertificateUrl) + "}";
        return post("aws", body, {{"x-amz-sns-message-type", envelope.type}});
    }

    GatewayState state;
};

sns::Envelope greeting() {
    sns::Envelope envelope;
    envelope.type = "Notification";
    envelope.message_id = "m";
    envelope.topic = test::kTopic;
    envelope.message = "Successfully validated SNS topic for Amazon SES event publishing.";
    envelope.timestamp = "2025-08-21T12:28:03.000Z";
    return envelope;
}

sns::Envelope subscription() {
    sns::Envelope envelope = greeting();
    envelope.type = "SubscriptionConfirmation";
    envelope.token = "t";
    envelope.subscribe_url = "https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription";
    return envelope;
}

std::string header(const http::Response& response, std::string_view name) {
    for (const auto& [key, value] : response.headers) {
        if (key == name) return value;
    }
    return {};
}

TEST_CASE(
    "mail hooks: a certificate is fetched, and what it signed is accepted when it comes again") {
    const test::KeyPair pair = test::new_rsa_pair();
    std::atomic<int> fetched = 0;
    Hooks hooks([&](const std::string& url) -> Result<std::string> {
        CHECK(url == kCertificateUrl);
        ++fetched;
        return pair.certificate;
    });
    const http::Response first = hooks.sns(greeting(), pair.private_key);
    CHECK(first.status == 503);
    CHECK_FALSE(header(first, "Retry-After").empty());
    CHECK(redis::eventually([&] { return hooks.sns(greeting(), pair.private_key).status == 200; }));
    CHECK(fetched == 1);
    // What another key signed is refused with that certificate.
    CHECK(hooks.sns(greeting(), test::new_rsa_pair().private_key).status == 401);
}

TEST_CASE("mail hooks: nothing is fetched for another topic") {
    const test::KeyPair pair = test::new_rsa_pair();
    std::atomic<int> fetched = 0;
    Hooks hooks([&](const std::string&) -> Result<std::string> {
        ++fetched;
        return pair.certificate;
    });
    sns::Envelope theirs = greeting();
    theirs.topic += "x";
    CHECK(hooks.sns(theirs, pair.private_key).status == 401);
    hooks.state.callouts->stop();
    CHECK(fetched == 0);
}

TEST_CASE("mail hooks: a subscription is confirmed before it is answered, or asked for again") {
    const test::KeyPair pair = test::new_rsa_pair();
    std::atomic<bool> reachable = false;
    std::atomic<int> confirmed = 0;
    Hooks hooks([&](const std::string& url) -> Result<std::string> {
        if (url == kCertificateUrl) return pair.certificate;
        CHECK(url == subscription().subscribe_url);
        if (!reachable) return fail(ErrorCode::unavailable, "answered 500");
        ++confirmed;
        return std::string("<ConfirmSubscriptionResponse/>");
    });
    CHECK(redis::eventually([&] { return hooks.sns(greeting(), pair.private_key).status == 200; }));
    CHECK(hooks.sns(subscription(), pair.private_key).status == 503);
    CHECK(confirmed == 0);
    reachable = true;
    CHECK(hooks.sns(subscription(), pair.private_key).status == 200);
    CHECK(confirmed == 1);
    // What is not signed confirms nothing.
    CHECK(hooks.sns(subscription(), test::new_rsa_pair().private_key).status == 401);
    CHECK(confirmed == 1);
}

TEST_CASE("mail hooks: a provider without its password is asked for it") {
    Hooks hooks([](const std::string&) -> Result<std::string> {
        return fail(ErrorCode::unavailable, "nothing to fetch");
    });
    const http::Response response = hooks.post("pm", "{}", {{"content-type", "application/json"}});
    CHECK(response.status == 401);
    CHECK(header(response, "WWW-Authenticate").starts_with("Basic realm="));
    const http::Response other = hooks.sns(greeting(), test::new_rsa_pair().private_key);
    CHECK(header(other, "WWW-Authenticate").empty());
}

}  // namespace
}  // namespace tapline
