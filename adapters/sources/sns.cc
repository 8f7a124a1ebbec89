#include "adapters/sources/sns.h"

#include <algorithm>
#include <array>

#include "adapters/json.h"

namespace tapline::sns {
namespace {

using Names = std::string_view;

constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr std::string_view kUrlBegin = "https://sns.";
constexpr std::size_t kUrlBytesMax = 2048;

// The path and query of an https URL of SNS itself; nothing for any other URL.
std::optional<std::string_view> sns_path(std::string_view url) {
    if (url.size() > kUrlBytesMax || !url.starts_with(kUrlBegin)) return std::nullopt;
    url.remove_prefix(kUrlBegin.size());
    const std::string region_letters = std::string(kLetters) + "0123456789-";
    const std::size_t region = url.find_first_not_of(region_letters);
    if (region == url.npos || region < 3) return std::nullopt;
    url.remove_prefix(region);
    for (const std::string_view host : {".amazonaws.com/", ".amazonaws.com.cn/"}) {
        if (url.starts_with(host)) return url.substr(host.size() - 1);
    }
    return std::nullopt;
}

}  // namespace

Result<Envelope> parse_envelope(std::string_view body) {
    const auto root = json::parse(body);
    if (!root) return tl::unexpected(root.error());
    constexpr std::array<Names, 11> kNames = {
        "Type",  "MessageId",    "TopicArn",         "Subject",   "Message",       "Timestamp",
        "Token", "SubscribeURL", "SignatureVersion", "Signature", "SigningCertURL"};
    const auto named = json::members(*root, kNames);
    if (!named) return fail(ErrorCode::bad_request, "the body " + named.error());
    Envelope envelope;
    const std::array<std::string*, kNames.size()> places = {
        &envelope.type,      &envelope.message_id,     &envelope.topic,
        &envelope.subject,   &envelope.message,        &envelope.timestamp,
        &envelope.token,     &envelope.subscribe_url,  &envelope.signature_version,
        &envelope.signature, &envelope.certificate_url};
    for (std::size_t i = 0; i < kNames.size(); ++i) {
        if (!(*named)[i]) continue;
        const auto text = json::text_of((*named)[i]);
        if (!text) return fail(ErrorCode::bad_request, "/" + std::string(kNames[i]) + ": no text");
        *places[i] = *text;
    }
    envelope.has_subject = (*named)[3].has_value();
    constexpr std::array<Names, 3> kTypes = {"Notification", "SubscriptionConfirmation",
                                             "UnsubscribeConfirmation"};
    if (std::find(kTypes.begin(), kTypes.end(), envelope.type) == kTypes.end()) {
        return fail(ErrorCode::bad_request, "/Type: none that SNS has");
    }
    return envelope;
}

std::string signed_text(const Envelope& envelope) {
    std::string text;
    const auto add = [&](std::string_view name, const std::string& value) {
        text.append(name).append("\n").append(value).append("\n");
    };
    const bool is_notification = envelope.type == "Notification";
    add("Message", envelope.message);
    add("MessageId", envelope.message_id);
    if (is_notification && envelope.has_subject) add("Subject", envelope.subject);
    if (!is_notification) add("SubscribeURL", envelope.subscribe_url);
    add("Timestamp", envelope.timestamp);
    if (!is_notification) add("Token", envelope.token);
    add("TopicArn", envelope.topic);
    add("Type", envelope.type);
    return text;
}

bool is_certificate_url(std::string_view url) {
    constexpr std::string_view kName = "/SimpleNotificationService-";
    constexpr std::string_view kEnd = ".pem";
    const auto path = sns_path(url);
    if (!path || !path->starts_with(kName) || !path->ends_with(kEnd)) return false;
    const std::string_view name =
        path->substr(kName.size(), path->size() - kName.size() - kEnd.size());
    return !name.empty() && name.size() <= 64 &&
           name.find_first_not_of(std::string(kLetters) + "0123456789") == name.npos;
}

bool is_confirmation_url(std::string_view url) {
    const auto path = sns_path(url);
    const bool printable =
        std::all_of(url.begin(), url.end(), [](char c) { return c > ' ' && c < 0x7F && c != '#'; });
    return path && path->starts_with("/?") && printable;
}

}  // namespace tapline::sns
