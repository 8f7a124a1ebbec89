// What tapline.yaml says of e-mail: connections of its providers, and the section `mail`.
#include <fstream>
#include <iterator>

#include <doctest/doctest.h>

#include "config/load.h"
#include "tests/config/support.h"

namespace tapline {
namespace {

using test::Files;

constexpr const char* kKey =
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+"
    "2fNNRaINXvVpiglSI8eNEc6wEA3F+g==";
constexpr const char* kTopic = "arn:aws:sns:eu-west-1:1:mail";

LoadResult load(const std::string& rest, const std::string& buttons = "", const Files& more = {}) {
    Files files = test::good_files();
    files["tapline.yaml"] += rest;
    files["brands/acme.yaml"] += buttons;
    files["secrets/login"] = "postmark:open sesame\n";
    files.insert(more.begin(), more.end());
    return load_config(test::memory_access(files, test::good_variables()),
                       {"events", "instagram", "mailgun", "postmark", "sendgrid", "ses", "twilio"});
}

const std::string kButton =
    "profiles: {shop: {source: web}}\n"
    "buttons: {mail: {profile: shop, channel: email, address: hello@acme.example}}\n";

TEST_CASE("mail config: each provider has what it needs, and no more") {
    const LoadResult result = load(
        "  pm: {provider: postmark, secrets: [file:secrets/login]}\n"
        "  sg: {provider: sendgrid, public_key: \"" +
            std::string(kKey) +
            "\"}\n"
            "  mg: {provider: mailgun, secrets: [file:secrets/outer2]}\n"
            "  aws: {provider: ses, account: \"" +
            kTopic +
            "\"}\n"
            "mail: {listen: unix:/run/tapline/mail.sock, brand: acme}\n"
            "limits: {mail_body_bytes: 50MiB}\n",
        kButton, {{"secrets/outer2", "another-secret-of-mailgun\n"}});
    CHECK(test::messages(result) == "");
    REQUIRE(result.config);
    const auto& connections = result.config->connections;
    CHECK(connections.at("pm").secrets.front() == "postmark:open sesame");
    CHECK(connections.at("sg").public_keys.front() == kKey);
    CHECK(connections.at("sg").secrets.empty());
    CHECK(connections.at("aws").account == kTopic);
    CHECK(connections.at("aws").public_keys.empty());
    CHECK(result.config->mail.listen == "unix:/run/tapline/mail.sock");
    CHECK(result.config->mail.brand == "acme");
    CHECK(result.config->limits.mail_body_bytes == 50u << 20);
}

TEST_CASE("mail config: without an email button a connection of no brand is not used") {
    const LoadResult result = load("  pm: {provider: postmark, secrets: [file:secrets/login]}\n");
    CHECK(
        test::messages(result) ==
        "tapline.yaml:10:3: warning: connection \"pm\" is not used; name it in a profile or line, "
        "or remove it\n");
}

TEST_CASE("mail config: what signs no mail serves one brand where two have addresses") {
    struct Row {
        std::string connection;
        std::string address;  // of the other brand
        std::string message;
    };
    const std::string refused =
        "tapline.yaml:10:3: connection \"mg\" of mailgun must belong to one brand, since Mailgun "
        "signs no mail and more than one brand has an address; add \"brand\", and a connection for "
        "each other brand\n";
    const Row rows[] = {
        {"  mg: {provider: mailgun, secrets: [file:secrets/outer2]}\n", "hi@beta.example", refused},
        {"  mg: {provider: mailgun, brand: acme, secrets: [file:secrets/outer2]}\n",
         "hi@beta.example", ""},
        {"  mg: {provider: mailgun, secrets: [file:secrets/outer2]}\n", "", ""},
        {"  pm: {provider: postmark, secrets: [file:secrets/login]}\n", "hi@beta.example", ""},
    };
    for (const Row& row : rows) {
        CAPTURE(row.connection);
        CAPTURE(row.address);
        std::string other =
            "config: 1\nbrand: beta\nowner: beta@acme.example\nqueues: {beta: {}}\n";
        other += "routes: [{name: default, to: beta}]\n";
        if (!row.address.empty()) {
            other +=
                "profiles: {shop: {source: web}}\nbuttons: {mail: {profile: shop, channel: "
                "email, address: " +
                row.address + "}}\n";
        }
        const LoadResult result =
            load(row.connection, kButton,
                 {{"secrets/outer2", "another-secret-of-mailgun\n"}, {"brands/beta.yaml", other}});
        CHECK(test::messages(result) == row.message);
    }
}

TEST_CASE("mail config: each mistake is told with its place and mend") {
    struct Row {
        std::string yaml;
        std::string message;
    };
    const Row rows[] = {
        {"  pm: {provider: postmark, secrets: [file:secrets/key]}\n",
         "10:37: the secret of a postmark connection is user:password, as in the URL that postmark "
         "is given"},
        {"  sg: {provider: sendgrid}\n",
         "10:7: connection \"sg\" has no \"secrets\"; add secrets: [\"${env:NAME}\"] or "
         "[file:PATH]"},
        {"  sg: {provider: sendgrid, public_key: MFkwEwYH}\n",
         "10:40: not the public key of a signature policy; copy it from SendGrid: one line of "
         "base64 that begins with MFkw"},
        {"  aws: {provider: ses}\n",
         "10:9: connection \"aws\" needs the ARN of its SNS topic, because Amazon signs for "
         "everybody's; add account: arn:aws:sns:REGION:NUMBER:TOPIC"},
        {"  aws: {provider: ses, account: \"arn:x\", certificate: sns.pem}\n",
         "10:55: a certificate must be a file:PATH"},
        {"  aws: {provider: ses, account: \"arn:x\", certificate: file:secrets/login}\n",
         "10:55: the file \"secrets/login\" is no certificate of an RSA key; remove the key, so "
         "that Amazon's own is fetched"},
        {"  mg: {provider: mailgun, secrets: [file:secrets/login], public_key: x}\n",
         "10:58: connection \"mg\" has no key \"public_key\""},
        {"mail: {listen: 127.0.0.1:2525}\n",
         "10:16: mail is handed over on this machine only; listen on a Unix socket: "
         "unix:/run/tapline/mail.sock"},
        {"mail: {brand: acme}\n",
         "10:7: mail has no \"listen\"; add listen: unix:/run/tapline/mail.sock"},
        {"mail: {listen: unix:/x, brand: acmee}\n",
         "10:32: brand \"acmee\" does not exist; did you mean \"acme\"?"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.yaml);
        const LoadResult result = load(row.yaml, kButton);
        CHECK_FALSE(result.config);
        const std::string found = test::messages(result);
        CHECK_MESSAGE(found.starts_with("tapline.yaml:" + row.message), found);
    }
}

TEST_CASE("mail config: an address belongs to one brand") {
    const LoadResult result = load("", kButton,
                                   {{"brands/other.yaml",
                                     "config: 1\nbrand: other\nowner: ops@other.example\n"
                                     "queues: {care: {}}\nroutes: [{name: default, to: care}]\n"
                                     "profiles: {shop: {source: web}}\n"
                                     "buttons: {mail: {profile: shop, channel: email, "
                                     "address: Hello@Acme.example}}\n"}});
    CHECK_FALSE(result.config);
    CHECK(
        test::messages(result) ==
        "brands/other.yaml:7:58: address \"Hello@Acme.example\" belongs to brand \"acme\" already "
        "(brands/acme.yaml:7); remove one of the two\n");
}

}  // namespace
}  // namespace tapline
