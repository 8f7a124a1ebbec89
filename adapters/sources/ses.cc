// Amazon SES: mail that a receipt rule publishes to an SNS topic.
//
// https://docs.aws.amazon.com/ses/latest/dg/receiving-email-notifications-contents.html
// `account` is the topic's ARN and required: Amazon signs for everybody's topics. The gateway hands
// the signing certificate to `verify` after fetching it from Amazon, or the config pins one.
//
// A SubscriptionConfirmation of our topic is confirmed by a GET of its SubscribeURL. In the
// notification the mail stands in `content` (at most 150 KB of it, UTF-8 or BASE64, as the rule's
// action says); with an S3 action only its headers do, and the contact has no text but
// mail.s3_bucket and mail.s3_key, where it can be read.
#include <array>
#include <string>
#include <vector>

#include "adapters/crypto.h"
#include "adapters/json.h"
#include "adapters/mail/json_headers.h"
#include "adapters/mail/mail_event.h"
#include "adapters/mail/mime.h"
#include "adapters/public_key.h"
#include "adapters/sources/sns.h"
#include "adapters/sources/table.h"
#include "adapters/time_text.h"
#include "adapters/timestamp.h"

namespace tapline {
namespace {

using Names = std::string_view;

// Within the dedupe window, so that no notification can come again unseen.
constexpr std::chrono::hours kOldest{7 * 24};
constexpr std::chrono::minutes kSkew{15};
constexpr std::string_view kTypeHeader = "x-amz-sns-message-type";
constexpr std::string_view kSampleCertificateUrl =
    "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-"
    "00000000000000000000000000000000.pem";

constexpr std::array<Names, 2> kHeaderMembers = {"name", "value"};

std::string status_of(const json::MaybeValue& verdict) {
    if (!verdict) return {};
    const auto named = json::members(*verdict, std::array<Names, 1>{"status"});
    return named ? std::string(json::text_of((*named)[0]).value_or("")) : std::string();
}

struct Recipients {
    std::vector<std::string> list;
    bool cut = false;
};

Recipients recipients_of(const json::MaybeValue& value) {
    Recipients recipients;
    const auto list = json::array_of(value);
    if (!list) return recipients;
    for (const auto& one : *list) {
        const auto text = json::text_of(one);
        if (!text) continue;
        recipients.cut = recipients.list.size() == kMailRecipientsMax;
        if (recipients.cut) break;
        recipients.list.emplace_back(*text);
    }
    return recipients;
}

// What a notification of a received mail says, copied out of the parser.
struct Received {
    Recipients recipients;
    std::optional<std::string> sender;
    std::string id;
    MailHeaders headers;
    std::string content;
    Fields verdicts;
};

void read_mail(const json::MaybeValue& value, Received& received) {
    if (!value) return;
    const auto named = json::members(
        *value, std::array<Names, 4>{"source", "messageId", "destination", "headers"});
    if (!named) return;
    if (const auto source = json::text_of((*named)[0])) {
        received.sender = envelope_address(*source);
    }
    received.id = json::text_of((*named)[1]).value_or("");
    received.recipients = recipients_of((*named)[2]);
    received.headers = headers_of_objects((*named)[3], kHeaderMembers);
}

// Gives back whether `content` is base64.
bool read_action(const json::MaybeValue& value, Received& received) {
    if (!value) return false;
    const auto named =
        json::members(*value, std::array<Names, 3>{"encoding", "bucketName", "objectKey"});
    if (!named) return false;
    const auto add = [&](std::string_view name, const json::MaybeValue& one) {
        const auto text = json::text_of(one);
        if (text) received.verdicts.emplace_back(name, *text);
    };
    add("mail.s3_bucket", (*named)[1]);
    add("mail.s3_key", (*named)[2]);
    return json::text_of((*named)[0]).value_or("") == "BASE64";
}

bool read_receipt(const json::MaybeValue& value, Received& received) {
    if (!value) return false;
    enum { recipients, spam, virus, spf, dkim, dmarc, action, count };
    const auto named = json::members(
        *value, std::array<Names, count>{"recipients", "spamVerdict", "virusVerdict", "spfVerdict",
                                         "dkimVerdict", "dmarcVerdict", "action"});
    if (!named) return false;
    const auto& n = *named;
    // Those that the rule is for; `destination` names the mail's other recipients too.
    auto ours = recipients_of(n[recipients]);
    if (!ours.list.empty()) received.recipients = std::move(ours);
    received.verdicts = {{"mail.spam", status_of(n[spam])},
                         {"mail.virus", status_of(n[virus])},
                         {"mail.spf", status_of(n[spf])},
                         {"mail.dkim", status_of(n[dkim])},
                         {"mail.dmarc", status_of(n[dmarc])}};
    return read_action(n[action], received);
}

// Nothing for what is no received mail.
Result<std::optional<Received>> received_of(const std::string& message) {
    const auto root = json::parse(message);
    // SES greets a new topic with a sentence.
    if (!root) return std::optional<Received>();
    enum { type, mail, receipt, content, count };
    const auto named = json::members(
        *root, std::array<Names, count>{"notificationType", "mail", "receipt", "content"});
    if (!named) return fail(ErrorCode::bad_request, "/Message " + named.error());
    const auto& n = *named;
    if (json::text_of(n[type]).value_or("") != "Received") return std::optional<Received>();
    Received received;
    read_mail(n[mail], received);
    const bool is_base64 = read_receipt(n[receipt], received);
    received.content = json::text_of(n[content]).value_or("");
    if (!is_base64) return std::optional(std::move(received));
    std::erase_if(received.content, [](char c) { return c == '\r' || c == '\n'; });
    auto bytes = base64_decode(received.content);
    if (!bytes) return fail(ErrorCode::bad_request, "/Message/content: no base64");
    received.content = *std::move(bytes);
    return std::optional(std::move(received));
}

MailMessage mail_of(Received& received) {
    if (!received.content.empty()) return parse_mime(received.content);
    MailMessage mail = mail_of_headers(std::move(received.headers), "", "");
    mail.digest = sha256_hex(received.id);
    return mail;
}

std::optional<std::string> certificate_url(const SourceRequest& request,
                                           const SourceSecrets& secrets) {
    const auto envelope = sns::parse_envelope(request.body);
    if (!envelope || envelope->topic != secrets.account) return std::nullopt;
    if (!sns::is_certificate_url(envelope->certificate_url)) return std::nullopt;
    return envelope->certificate_url;
}

Result<Verified> verify(const SourceRequest& request, const SourceSecrets& secrets, Time now) {
    if (request.method != "POST") return fail(ErrorCode::bad_request, "expected a POST");
    const auto envelope = sns::parse_envelope(request.body);
    if (!envelope) return tl::unexpected(envelope.error());
    if (request.header_count(kTypeHeader) != 1 || request.header(kTypeHeader) != envelope->type) {
        return fail(ErrorCode::unauthorized, "the header and the body name different types");
    }
    const bool known_version =
        envelope->signature_version == "1" || envelope->signature_version == "2";
    const auto signature = base64_decode(envelope->signature);
    if (!known_version || !signature || !sns::is_certificate_url(envelope->certificate_url)) {
        return fail(ErrorCode::unauthorized, "signature refused");
    }
    if (secrets.account.empty() || envelope->topic != secrets.account) {
        return fail(ErrorCode::unauthorized, "TopicArn is not the connection's account");
    }
    const auto digest = envelope->signature_version == "1" ? RsaDigest::sha1 : RsaDigest::sha256;
    const std::string text = sns::signed_text(*envelope);
    std::size_t match = 0;
    for (std::size_t i = 0; i < secrets.public_keys.size() && match == 0; ++i) {
        if (verify_rsa(secrets.public_keys[i], digest, text, *signature)) match = i + 1;
    }
    if (match == 0) return fail(ErrorCode::unauthorized, "signature refused");
    const auto sent = time_from_iso(envelope->timestamp);
    if (!sent || *sent > now + kSkew || *sent < now - kOldest) {
        return fail(ErrorCode::unauthorized, "signed too long ago, or the clock is wrong");
    }
    Verified verified{"signature", "", std::to_string(match)};
    if (envelope->type == "SubscriptionConfirmation") {
        if (!sns::is_confirmation_url(envelope->subscribe_url)) {
            return fail(ErrorCode::unauthorized, "SubscribeURL is none of Amazon's");
        }
        verified.confirm_url = envelope->subscribe_url;
    }
    return verified;
}

Result<std::vector<ParsedItem>> parse(const SourceRequest& request, const SourceSecrets& secrets,
                                      Time now) {
    const auto envelope = sns::parse_envelope(request.body);
    if (!envelope) return tl::unexpected(envelope.error());
    std::vector<ParsedItem> items;
    if (envelope->type != "Notification") return items;
    auto received = received_of(envelope->message);
    if (!received) return tl::unexpected(received.error());
    if (!*received) return items;
    if ((*received)->recipients.list.empty()) {
        return fail(ErrorCode::bad_request, "/Message/receipt/recipients: is missing");
    }
    MailMessage mail = mail_of(**received);
    if ((*received)->recipients.cut) mail.cut = true;
    const MailOrigin origin{"ses", secrets.connection, "signature", now, (*received)->verdicts};
    for (const std::string& recipient : (*received)->recipients.list) {
        items.push_back(
            {mail_event(mail, {(*received)->sender, envelope_address(recipient)}, origin), {}});
    }
    return items;
}

std::string notification(const Sample& sample, const SourceSecrets& secrets) {
    const MailSample mail = mail_sample(sample);
    sns::Envelope envelope;
    envelope.type = "Notification";
    envelope.message_id = sample.random;
    envelope.topic = secrets.account;
    envelope.timestamp = to_rfc3339(sample.now);
    envelope.signature_version = "2";
    envelope.message =
        R"({"notificationType":"Received","mail":{"source":)" + json::quoted(mail.from) +
        ",\"messageId\":" + json::quoted(sample.random) + ",\"destination\":[" +
        json::quoted(mail.to) + "]},\"receipt\":{\"recipients\":[" + json::quoted(mail.to) +
        R"(],"spamVerdict":{"status":"PASS"},"action":{"type":"SNS","encoding":"UTF8"}},"content":)" +
        json::quoted(mail_text_of(mail)) + "}";
    const auto signature =
        sign_rsa(secrets.signing_key, RsaDigest::sha256, sns::signed_text(envelope));
    return "{\"Type\":\"Notification\",\"MessageId\":" + json::quoted(envelope.message_id) +
           ",\"TopicArn\":" + json::quoted(envelope.topic) +
           ",\"Message\":" + json::quoted(envelope.message) +
           ",\"Timestamp\":" + json::quoted(envelope.timestamp) +
           ",\"SignatureVersion\":\"2\",\"Signature\":" +
           json::quoted(base64_encode(signature.value_or(""))) +
           ",\"SigningCertURL\":" + json::quoted(kSampleCertificateUrl) + "}";
}

SignedRequest sign(const Sample& sample, const SourceSecrets& secrets) {
    SignedRequest request;
    request.url = sample.url;
    request.body = sample.body.empty() ? notification(sample, secrets) : sample.body;
    const auto envelope = sns::parse_envelope(request.body);
    request.headers = {{"Content-Type", "text/plain; charset=UTF-8"},
                       {"X-Amz-Sns-Message-Type", envelope ? envelope->type : "Notification"}};
    return request;
}

}  // namespace

Source ses_source() {
    static constexpr std::array<std::string_view, 1> kProofFields = {"Signature"};
    Source source{"ses",   "mail by Amazon SES through an SNS topic", nullptr, verify, parse,
                  nullptr, {200, "text/plain; charset=utf-8", "OK"},  sign};
    source.is_mail = true;
    source.certificate_url = certificate_url;
    source.proof.fields = kProofFields;
    return source;
}

}  // namespace tapline
