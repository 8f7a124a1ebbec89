#include "config/gateway_file.h"

#include <algorithm>
#include <array>

#include "config/endpoints.h"
#include "config/mail_keys.h"
#include "config/secrets.h"

namespace tapline {

namespace {

constexpr std::array<std::string_view, 4> kWaivableChecks = {"version", "eviction", "persistence",
                                                             "clock"};

std::string read_public_url(const YamlNode* node, Report& report) {
    const bool may_hold_password = node != nullptr && node->text.find('@') != std::string::npos;
    if (may_hold_password) {
        report.error(node->where, "the public URL has a user or password in it; remove it");
        return "";
    }
    return read_value(node, kPublicUrl, report).value_or("");
}

// A file that TLS is made from: it must be there before anything is served. `what` says what is in
// it.
void check_tls_file(const YamlNode* node, const std::optional<std::string>& path,
                    std::string_view what, const GatewayReading& reading) {
    const bool others_shell = reading.files.on_missing_secret != nullptr;
    if (!path || others_shell || reading.files.read(*path)) return;
    reading.report.error(
        node->where, "there is no such file, or it cannot be read: " + shown(*path) + "; put the " +
                         std::string(what) + " (PEM) there");
}

std::optional<ListenerConfig> read_listener(const YamlNode& node, const GatewayReading& reading) {
    if (node.kind != YamlNode::Kind::map) {
        const auto address = read_value(&node, kListenAddress, reading.report);
        if (!address) return std::nullopt;
        return ListenerConfig{*address, "", ""};
    }
    const std::string& directory = reading.files.directory;
    KeyReader fields(&node, "the listener", reading.report);
    const auto address = read_value(fields.need("address", "add address: 127.0.0.1:8080"),
                                    kListenAddress, reading.report);
    const YamlNode* certificate = fields.find("certificate");
    const YamlNode* key = fields.find("key");
    const auto certificate_path = read_text(certificate, reading.report);
    const auto key_path = read_text(key, reading.report);
    fields.done();
    if ((certificate == nullptr) != (key == nullptr)) {
        reading.report.error(node.where,
                             "TLS needs both certificate and key; add the one that is missing");
    }
    check_tls_file(certificate, certificate_path, "certificate chain", reading);
    check_tls_file(key, key_path, "certificate's key", reading);
    if (!address) return std::nullopt;
    ListenerConfig listener{*address, "", ""};
    if (certificate_path) listener.certificate = below(directory, *certificate_path);
    if (key_path) listener.key = below(directory, *key_path);
    return listener;
}

class ListenerReader {
  public:
    explicit ListenerReader(const GatewayReading& reading) : reading_(reading) {}

    // One listener; reports an address that an earlier one has. The system's own choice of a port
    // (":0") is another one each time.
    std::optional<ListenerConfig> read(const YamlNode& node) {
        auto listener = read_listener(node, reading_);
        if (!listener) return std::nullopt;
        const std::string& address = listener->address;
        const bool chosen = address.ends_with(":0");
        const auto [first, added] = at_.emplace(address, node.where);
        if (!added && !chosen) {
            reading_.report.error(node.where, "address " + shown(address) + " is taken by " +
                                                  pointer_to(first->second, node.where) +
                                                  "; choose another port");
        }
        return listener;
    }

  private:
    const GatewayReading& reading_;
    std::map<std::string, Where> at_;
};

// The machine itself: nobody else's network leads there.
bool is_local(std::string_view address) {
    return address.starts_with("unix:") || address.starts_with("127.") ||
           address.starts_with("[::1]:") || address.starts_with("localhost:");
}

void read_listeners(KeyReader& fields, const GatewayReading& reading, Config& config) {
    ListenerReader reader(reading);
    const YamlNode* listen = fields.find("listen");
    const YamlNode* admin = fields.find("admin");
    if (listen != nullptr && listen->kind == YamlNode::Kind::list) {
        for (const YamlNode* item : read_items(listen, "addresses to listen on", reading.report)) {
            if (auto listener = reader.read(*item)) config.listen.push_back(*std::move(listener));
        }
    } else if (listen != nullptr) {
        if (auto listener = reader.read(*listen)) config.listen.push_back(*std::move(listener));
    } else {
        config.listen.push_back({"127.0.0.1:8080", "", ""});
    }
    config.admin.address = "127.0.0.1:8081";
    if (admin == nullptr) return;
    if (auto listener = reader.read(*admin)) config.admin = *std::move(listener);
    if (!is_local(config.admin.address) && config.admin.certificate.empty()) {
        reading.report.warning(admin->where,
                               "admin listens on " + shown(config.admin.address) +
                                   " without TLS, and whoever reaches it needs no password; listen "
                                   "on 127.0.0.1 or unix:PATH, or give it a certificate and key");
    }
}

void read_limits(const YamlNode* node, Report& report, LimitsConfig& limits) {
    KeyReader fields(node, "limits", report);
    const auto read = [&](std::string_view key, const ValueKind<std::size_t>& kind,
                          std::size_t& limit) {
        limit = read_value(fields.find(key), kind, report).value_or(limit);
    };
    read("requests_in_flight", kCount, limits.requests_in_flight);
    read("buffered_body_bytes", kSize, limits.buffered_body_bytes);
    read("connections", kCount, limits.connections);
    read("hook_body_bytes", kSize, limits.hook_body_bytes);
    read("events_body_bytes", kSize, limits.events_body_bytes);
    read("mail_body_bytes", kSize, limits.mail_body_bytes);
    read("quarantine_entries", kCount, limits.quarantine_entries);
    read("quarantine_bytes", kSize, limits.quarantine_bytes);
    fields.done();
    const auto largest =
        std::max({limits.hook_body_bytes, limits.events_body_bytes, limits.mail_body_bytes});
    if (limits.buffered_body_bytes < largest) {
        report.error(fields.where("buffered_body_bytes"),
                     "buffered_body_bytes is less than one body may have (hook_body_bytes, "
                     "events_body_bytes and mail_body_bytes); raise it");
    }
    if (limits.quarantine_bytes < limits.hook_body_bytes) {
        report.error(fields.where("quarantine_bytes"),
                     "quarantine_bytes is less than one body may have (hook_body_bytes); raise it");
    }
}

// The URL, from a literal without a password or from a reference to a secret.
void read_redis_url(const YamlNode* node, const GatewayReading& reading, RedisConfig& redis) {
    if (node == nullptr || node->kind == YamlNode::Kind::refused) return;
    if (node->kind == YamlNode::Kind::scalar && node->text == "embedded") return;
    redis.embedded = false;
    std::string url;
    const bool literal = node->kind == YamlNode::Kind::scalar && !node->text.starts_with("${") &&
                         !node->text.starts_with("file:");
    if (literal) {
        url = node->text;
        if (has_password(url)) {
            reading.report.error(node->where,
                                 "the Redis URL has a password in it, and a secret must not stand "
                                 "in this file; write the whole URL into a secret and refer to it: "
                                 "${env:NAME} or file:PATH");
            return;
        }
    } else {
        // Without it no command can look at anything.
        FileAccess files = reading.files;
        files.on_missing_secret = nullptr;
        const auto secret = read_secret(node, SecretHome::gateway_file, files, reading.report);
        if (!secret) return;
        url = *secret;
    }
    const Parsed<std::string> good = parse_redis_url(url);
    if (good) {
        redis.url = *good;
    } else {
        reading.report.error(node->where, "not the URL of a Redis; " + good.error());
    }
}

void read_redis(const YamlNode* node, const GatewayReading& reading, RedisConfig& redis) {
    if (node == nullptr) return;
    if (node->kind != YamlNode::Kind::map) {
        read_redis_url(node, reading, redis);
        return;
    }
    KeyReader fields(node, "redis", reading.report);
    read_redis_url(fields.need("url", "add url: redis://HOST, or write redis: embedded"), reading,
                   redis);
    for (const YamlNode* item :
         read_items(fields.find("waive"), "a list of checks", reading.report)) {
        const auto check = read_text(item, reading.report);
        if (!check) continue;
        const Names names{{kWaivableChecks.begin(), kWaivableChecks.end()}, true};
        if (check_name("check", *check, item->where, names, reading.report)) {
            redis.waive.push_back(*check);
        }
    }
    fields.done();
}

void read_keys(const YamlNode* node, const GatewayReading& reading, Config& config) {
    const std::string& directory = reading.files.directory;
    KeyReader fields(node, "keys", reading.report);
    const auto tracking = read_key_path(fields.find("tracking"), reading.report);
    const auto privacy = read_key_path(fields.find("privacy"), reading.report);
    fields.done();
    config.tracking_key = below(directory, tracking.value_or("keys/tracking"));
    config.privacy_key = below(directory, privacy.value_or("keys/privacy"));
    if (config.tracking_key == config.privacy_key) {
        reading.report.error(fields.where("privacy"),
                             "keys tracking and privacy are one file; give each its own");
    }
}

}  // namespace

void read_language_version(KeyReader& fields, Report& report) {
    const YamlNode* node = fields.need("config", "add config: 1");
    if (node == nullptr || node->kind == YamlNode::Kind::refused) return;
    if (node->kind == YamlNode::Kind::scalar && node->text == "1") return;
    report_shape(*node, "1, the version of the language that this program reads", "", report);
}

GatewayDraft read_gateway_file(const YamlNode* root, const GatewayReading& reading) {
    GatewayDraft draft;
    Config& config = draft.config;
    config.directory = reading.files.directory;
    draft.connections.complete = root != nullptr && root->kind == YamlNode::Kind::map;
    if (root == nullptr) return draft;

    KeyReader fields(root, std::string(kGatewayFile), reading.report);
    if (fields.is_map()) read_language_version(fields, reading.report);
    const YamlNode* public_url = fields.find("public_url");
    draft.has_public_url = public_url != nullptr;
    config.public_url = read_public_url(public_url, reading.report);
    read_listeners(fields, reading, config);
    for (const YamlNode* item :
         read_items(fields.find("trusted_proxies"), "addresses of proxies", reading.report)) {
        const auto block = read_value(item, kAddressBlock, reading.report);
        if (block) config.trusted_proxies.push_back(*block);
    }
    if (const YamlNode* limits = fields.find("limits")) {
        read_limits(limits, reading.report, config.limits);
    }
    read_redis(fields.find("redis"), reading, config.redis);
    const auto data_dir = read_text(fields.find("data_dir"), reading.report);
    config.data_dir = below(config.directory, data_dir.value_or("data"));
    read_keys(fields.find("keys"), reading, config);
    read_connections(fields.find("connections"), reading, draft);
    read_mail_section(fields.find("mail"), reading, draft);
    fields.done();
    return draft;
}

}  // namespace tapline
