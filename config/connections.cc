#include <algorithm>
#include <array>
#include <chrono>

#include "config/gateway_file.h"
#include "config/mail_keys.h"
#include "config/secrets.h"
#include "config/web_connection.h"

namespace tapline {

namespace {

// What a provider's connection cannot work without, besides its secrets.
struct ProviderNeeds {
    std::string_view provider;
    bool public_url;    // it signs the URL that it was given
    bool verify_token;  // it asks for the token when the webhook is saved
};

constexpr std::array<ProviderNeeds, 4> kNeeds = {{
    // https://developers.facebook.com/docs/graph-api/webhooks/getting-started
    {"instagram", false, true},
    {"messenger", false, true},
    {"whatsapp", false, true},
    // https://www.twilio.com/docs/usage/webhooks/webhooks-security
    {"twilio", true, false},
}};

// Where Meta's tag HUMAN_AGENT makes the reply window longer: nowhere else.
// https://developers.facebook.com/docs/messenger-platform/send-messages/message-tags
constexpr std::array<std::string_view, 2> kHumanAgents = {"instagram", "messenger"};
constexpr std::array<std::chrono::hours, 2> kReplyWindows = {std::chrono::hours(24),
                                                             std::chrono::hours(7 * 24)};
// The provider whose requests browsers make: nothing of them is signed.
constexpr std::string_view kWeb = "web";

// The provider whose signed requests come to /v1/{brand}/events, with the brand's own keys.
constexpr std::string_view kWithoutConnection = "events";

void check_needs(const Connection& connection, KeyReader& fields, const GatewayDraft& draft,
                 Report& report) {
    const auto needs = std::find_if(kNeeds.begin(), kNeeds.end(), [&](const ProviderNeeds& one) {
        return one.provider == connection.provider;
    });
    if (needs == kNeeds.end()) return;
    const std::string what = "connection " + shown(connection.name);
    if (needs->public_url && !draft.has_public_url) {
        report.error(fields.where("provider"),
                     what + " needs the public URL, because " + connection.provider +
                         " signs it; add public_url: https://HOST at the top of tapline.yaml");
    }
    const bool has_token = fields.find("verify_token") != nullptr;
    if (needs->verify_token && !has_token) {
        report.error(fields.where("provider"),
                     what + " has no \"verify_token\", which " + connection.provider +
                         " asks for when the webhook is saved; add verify_token: file:PATH");
    }
}

void read_reply_window(const YamlNode* node, const GatewayReading& reading,
                       Connection& connection) {
    const auto window = read_value(node, kDuration, reading.report);
    if (!window) return;
    const bool human = std::find(kHumanAgents.begin(), kHumanAgents.end(), connection.provider) !=
                       kHumanAgents.end();
    if (!human && !connection.provider.empty()) {
        reading.report.error(node->where,
                             "connection " + shown(connection.name) + " is of provider " +
                                 connection.provider +
                                 ", whose reply window is not ours to choose; remove "
                                 "\"reply_window\", which is for instagram and messenger");
        return;
    }
    if (std::find(kReplyWindows.begin(), kReplyWindows.end(), *window) == kReplyWindows.end()) {
        reading.report.error(node->where,
                             "reply_window is 24h, or 7d where Meta allows the app the tag "
                             "HUMAN_AGENT; write one of the two");
        return;
    }
    connection.reply_window = *window;
}

void read_provider(const YamlNode* node, const GatewayReading& reading, Connection& connection) {
    const auto provider = read_text(node, reading.report);
    if (!provider) return;
    if (*provider == kWithoutConnection) {
        reading.report.error(node->where,
                             "provider \"events\" needs no connection; put keys: signing_secrets "
                             "into the brand's file");
        return;
    }
    Names names;
    for (const std::string& name : reading.providers) {
        if (name != kWithoutConnection) names.all.insert(name);
    }
    if (check_name("provider", *provider, node->where, names, reading.report)) {
        connection.provider = *provider;
    }
}

void read_secrets(const YamlNode* node, const GatewayReading& reading, Connection& connection) {
    const auto items = read_items(node, "one or two references to secrets", reading.report);
    if (items.size() > 2) {
        reading.report.error(node->where,
                             "more than two secrets; keep the new one first and the old one while "
                             "the provider changes over");
    }
    for (const YamlNode* item : items) {
        auto secret = read_secret(item, SecretHome::gateway_file, reading.files, reading.report);
        if (secret) connection.secrets.push_back(*std::move(secret));
    }
    const bool twice = connection.secrets.size() == 2 && !connection.secrets.front().empty() &&
                       connection.secrets.front() == connection.secrets.back();
    if (twice) reading.report.error(node->where, "both secrets are the same; keep one");
}

// `unsigned: accept` and its `because`. True where the connection needs no secrets.
bool read_unsigned(KeyReader& fields, const std::string& what, Report& report,
                   Connection& connection) {
    const YamlNode* node = fields.find("unsigned");
    const YamlNode* because = fields.find("because");
    connection.unsigned_because = read_text(because, report).value_or("");
    if (node == nullptr) {
        if (because != nullptr) {
            report.error(fields.where("because"),
                         "\"because\" tells why requests without a signature are accepted; add "
                         "unsigned: accept, or remove it");
        }
        return false;
    }
    if (node->kind == YamlNode::Kind::refused) return true;
    if (node->kind != YamlNode::Kind::scalar || node->text != "accept") {
        report_shape(*node, "accept", "remove it where every request must be signed", report);
        return true;
    }
    if (because == nullptr) {
        report.error(node->where, what +
                                      " accepts requests without a signature and does not say why; "
                                      "add because: \"what protects it instead\"");
    }
    connection.accepts_unsigned = true;
    return true;
}

// Browsers cannot sign, so a form's connection says so every time; every other one is told.
void warn_of_unsigned(const Connection& connection, KeyReader& fields, Report& report) {
    if (!connection.accepts_unsigned || connection.provider == kWeb) return;
    report.warning(fields.where("unsigned"),
                   "connection " + shown(connection.name) +
                       " accepts requests without a signature: whoever learns its URL can send "
                       "contacts; its entries say auth: none");
}

void read_connection(const Entry& entry, const GatewayReading& reading, GatewayDraft& draft) {
    Connection connection;
    connection.name = entry.key;
    KeyReader fields(&entry.value, "connection " + shown(entry.key), reading.report);
    read_provider(fields.need("provider", "add provider: with one of " + listed(reading.providers)),
                  reading, connection);
    const std::string what = "connection " + shown(entry.key);
    const bool may_lack_secrets = read_unsigned(fields, what, reading.report, connection) ||
                                  needs_no_secret(connection.provider, fields);
    const bool is_web = connection.provider == kWeb;
    const YamlNode* secrets =
        may_lack_secrets || is_web
            ? fields.find("secrets")
            : fields.need("secrets", "add secrets: [\"${env:NAME}\"] or [file:PATH]");
    read_secrets(secrets, reading, connection);
    if (is_web) read_web_form(fields, reading, connection);
    const YamlNode* verify_token = fields.find("verify_token");
    connection.verify_token =
        read_secret(verify_token, SecretHome::gateway_file, reading.files, reading.report)
            .value_or("");
    connection.account = read_text(fields.find("account"), reading.report).value_or("");
    read_reply_window(fields.find("reply_window"), reading, connection);
    read_mail_keys(fields, reading, connection);
    const YamlNode* brand = fields.find("brand");
    connection.brand = read_value(brand, kBrandName, reading.report).value_or("");
    if (!connection.brand.empty()) draft.connection_brand_at[entry.key] = brand->where;
    fields.done();
    if (connection.accepts_unsigned && !connection.account.empty()) {
        reading.report.error(fields.where("account"),
                             what +
                                 " pins an account, which nothing proves without a signature; "
                                 "remove account or unsigned");
    }
    if (fields.is_map()) check_needs(connection, fields, draft, reading.report);
    warn_of_unsigned(connection, fields, reading.report);
    draft.connection_at[entry.key] = entry.where;
    draft.config.connections[entry.key] = std::move(connection);
}

}  // namespace

void read_connections(const YamlNode* section, const GatewayReading& reading, GatewayDraft& draft) {
    if (section != nullptr) {
        if (section->kind != YamlNode::Kind::map) draft.connections.complete = false;
        for (const Entry& entry : section->entries) draft.connections.all.insert(entry.key);
    }
    for (const Entry* entry : read_named(section, "connection", reading.report)) {
        read_connection(*entry, reading, draft);
    }
}

}  // namespace tapline
