#include "config/mail_keys.h"

#include <algorithm>

#include "adapters/public_key.h"
#include "adapters/sources/registry.h"
#include "config/endpoints.h"
#include "config/secrets.h"
#include "config/values.h"

namespace tapline {

namespace {

constexpr std::string_view kFile = "file:";

// SendGrid's key for Inbound Parse is shown once in its API; with the new one first, both hold.
void read_public_keys(const YamlNode* node, const GatewayReading& reading, Connection& connection) {
    for (const YamlNode* item : read_items(node, "one or two public keys", reading.report)) {
        const auto key = read_text(item, reading.report);
        if (!key) continue;
        if (is_p256_key(*key)) {
            connection.public_keys.push_back(*key);
        } else {
            reading.report.error(item->where,
                                 "not the public key of a signature policy; copy it from SendGrid: "
                                 "one line of base64 that begins with MFkw");
        }
    }
}

// A pinned certificate is not fetched: for tests, and for gateways that may not call out.
void read_certificate(const YamlNode* node, const GatewayReading& reading, Connection& connection) {
    const auto written = read_text(node, reading.report);
    if (!written) return;
    if (!written->starts_with(kFile) || written->size() == kFile.size()) {
        reading.report.error(node->where, "a certificate must be a file:PATH");
        return;
    }
    const std::string path = written->substr(kFile.size());
    const auto pem = reading.files.read(path);
    if (pem && is_rsa_certificate(*pem)) {
        connection.public_keys.push_back(*pem);
        return;
    }
    reading.report.error(node->where, "the file " + shown(path) +
                                          " is no certificate of an RSA key; remove the key, so "
                                          "that Amazon's own is fetched");
}

void check_passwords(const YamlNode* secrets, const Connection& connection, Report& report) {
    const bool good =
        std::all_of(connection.secrets.begin(), connection.secrets.end(),
                    [](const std::string& secret) { return secret.find(':') != secret.npos; });
    if (good || secrets == nullptr) return;
    report.error(secrets->where, "the secret of a " + connection.provider +
                                     " connection is user:password, as in the URL that " +
                                     connection.provider + " is given");
}

}  // namespace

bool is_mail_provider(const std::string& provider) {
    const Source* source = find_source(provider);
    return source != nullptr && source->is_mail;
}

bool needs_no_secret(const std::string& provider, KeyReader& fields) {
    if (provider == "sendgrid") return fields.find("public_key") != nullptr;
    return provider == "ses";
}

void read_mail_keys(KeyReader& fields, const GatewayReading& reading, Connection& connection) {
    const std::string& provider = connection.provider;
    if (!is_mail_provider(provider)) return;
    if (provider == "sendgrid") {
        read_public_keys(fields.find("public_key"), reading, connection);
    }
    if (provider == "ses") {
        read_certificate(fields.find("certificate"), reading, connection);
        if (connection.account.empty()) {
            reading.report.error(fields.where("provider"),
                                 "connection " + shown(connection.name) +
                                     " needs the ARN of its SNS topic, because Amazon signs for "
                                     "everybody's; add account: arn:aws:sns:REGION:NUMBER:TOPIC");
        }
    }
    if (provider == "sendgrid" || provider == "ses") {
        connection.signing_key = read_secret(fields.find("signing_key"), SecretHome::gateway_file,
                                             reading.files, reading.report)
                                     .value_or("");
    }
    const bool by_password =
        provider == "postmark" || (provider == "sendgrid" && connection.public_keys.empty());
    if (by_password) check_passwords(fields.find("secrets"), connection, reading.report);
}

void read_mail_section(const YamlNode* node, const GatewayReading& reading, GatewayDraft& draft) {
    if (node == nullptr) return;
    MailConfig& mail = draft.config.mail;
    KeyReader fields(node, "mail", reading.report);
    const YamlNode* listen = fields.need("listen", "add listen: unix:/run/tapline/mail.sock");
    const auto address = read_value(listen, kListenAddress, reading.report);
    if (address && !address->starts_with("unix:")) {
        reading.report.error(listen->where,
                             "mail is handed over on this machine only; listen on a Unix socket: "
                             "unix:/run/tapline/mail.sock");
    } else if (address) {
        mail.listen = *address;
    }
    const YamlNode* brand = fields.find("brand");
    mail.brand = read_value(brand, kBrandName, reading.report).value_or("");
    if (!mail.brand.empty()) draft.mail_brand_at = brand->where;
    fields.done();
}

}  // namespace tapline
