#include "adapters/standard_webhooks.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include "adapters/crypto.h"

namespace tapline {
namespace {

constexpr std::string_view kSecretPrefix = "whsec_";
constexpr std::string_view kVersion = "v1,";
constexpr std::size_t kSignaturesMax = 16;
constexpr std::size_t kIdBytesMax = 256;

std::string mac_of(std::string_view key, std::string_view id, std::string_view timestamp,
                   std::string_view body) {
    std::string message;
    message.reserve(id.size() + timestamp.size() + body.size() + 2);
    message += id;
    message += '.';
    message += timestamp;
    message += '.';
    message += body;
    return hmac_sha256(key, message);
}

bool has_spelling(const SourceRequest& request, const std::string& prefix) {
    return request.header_count(prefix + "id") + request.header_count(prefix + "timestamp") +
               request.header_count(prefix + "signature") >
           0;
}

bool is_id(std::string_view id) {
    return !id.empty() && id.size() <= kIdBytesMax && std::all_of(id.begin(), id.end(), [](char c) {
        return c > ' ' && c < '\x7F' && c != '.';
    });
}

// Digits alone, so that one moment has one spelling ("+1755779280" is none).
std::optional<std::chrono::sys_seconds> moment(std::string_view digits) {
    std::int64_t seconds = 0;
    const bool plain =
        !digits.empty() && digits.size() <= 12 &&
        std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (!plain) return std::nullopt;
    std::from_chars(digits.data(), digits.data() + digits.size(), seconds);
    return std::chrono::sys_seconds(std::chrono::seconds(seconds));
}

std::vector<std::string> listed_macs(std::string_view list) {
    std::vector<std::string> macs;
    while (!list.empty() && macs.size() < kSignaturesMax) {
        const std::size_t end = std::min(list.find(' '), list.size());
        const std::string_view one = list.substr(0, end);
        list.remove_prefix(std::min(end + 1, list.size()));
        if (!one.starts_with(kVersion)) continue;
        auto mac = base64_decode(one.substr(kVersion.size()));
        if (mac) macs.push_back(std::move(*mac));
    }
    return macs;
}

}  // namespace

std::optional<std::string> webhook_key(std::string_view secret) {
    if (secret.starts_with(kSecretPrefix)) secret.remove_prefix(kSecretPrefix.size());
    auto key = base64_decode(secret);
    if (!key || key->size() < kWebhookKeyBytesMin) return std::nullopt;
    return key;
}

std::string webhook_signature(std::string_view secret, std::string_view id,
                              std::string_view timestamp, std::string_view body) {
    const auto key = webhook_key(secret);
    return std::string(kVersion) + base64_encode(mac_of(key.value_or(""), id, timestamp, body));
}

bool has_webhook_headers(const SourceRequest& request) {
    return has_spelling(request, "webhook-") || has_spelling(request, "svix-");
}

Result<std::size_t> verify_webhook(const SourceRequest& request,
                                   std::span<const std::string> secrets, Time now) {
    const std::string prefix = has_spelling(request, "webhook-") ? "webhook-" : "svix-";
    for (const char* name : {"id", "timestamp", "signature"}) {
        if (request.header_count(prefix + name) != 1) {
            return fail(ErrorCode::unauthorized, prefix + name + ": must stand exactly once");
        }
    }
    const std::string_view id = request.header(prefix + "id");
    const std::string_view timestamp = request.header(prefix + "timestamp");
    if (!is_id(id)) {
        return fail(ErrorCode::unauthorized,
                    prefix + "id: must be 1 to 256 printable characters without a dot");
    }
    const auto sent_at = moment(timestamp);
    if (!sent_at) return fail(ErrorCode::unauthorized, prefix + "timestamp: must be Unix seconds");
    if (*sent_at > now + kWebhookTolerance || *sent_at < now - kWebhookTolerance) {
        return fail(ErrorCode::unauthorized,
                    prefix + "timestamp: more than 5 minutes away from this server's clock");
    }
    const std::vector<std::string> macs = listed_macs(request.header(prefix + "signature"));
    std::size_t match = 0;
    for (std::size_t i = 0; i < secrets.size(); ++i) {
        const auto key = webhook_key(secrets[i]);
        if (!key) continue;
        const std::string expected = mac_of(*key, id, timestamp, request.body);
        for (const std::string& mac : macs) {
            if (equal_constant_time(mac, expected) && match == 0) match = i + 1;
        }
    }
    if (match == 0) return fail(ErrorCode::unauthorized, "signature refused");
    return match;
}

}  // namespace tapline
