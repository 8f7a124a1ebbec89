// SendGrid Inbound Parse: mail to a domain whose MX is SendGrid's, as multipart/form-data.
//
// https://www.twilio.com/docs/sendgrid/for-developers/parsing-email/setting-up-the-inbound-parse-webhook
// Authenticity: with `public_key` the security policy's ECDSA signature over timestamp and raw body
// is required; else basic authentication by `secrets` ("user:password" in the URL at SendGrid).
//
//     --xYzZY
//     Content-Disposition: form-data; name="envelope"
//
//     {"to":["hello+ig@in.acme.example"],"from":"jane@example.org"}
//     --xYzZY ...  headers, from, to, subject, text, html, charsets, SPF, dkim, attachment-info
//
// With "POST the raw, full MIME message" the whole mail stands in `email` instead. Each field is
// bytes in the charset that the JSON field `charsets` names for it, whatever the form says.
#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <vector>

#include "adapters/basic_auth.h"
#include "adapters/crypto.h"
#include "adapters/json.h"
#include "adapters/mail/charset.h"
#include "adapters/mail/mail_event.h"
#include "adapters/mail/mime.h"
#include "adapters/multipart.h"
#include "adapters/public_key.h"
#include "adapters/sources/table.h"
#include "adapters/timestamp.h"
#include "adapters/utf8.h"

namespace tapline {
namespace {

constexpr std::string_view kSignature = "x-twilio-email-event-webhook-signature";
constexpr std::string_view kTimestamp = "x-twilio-email-event-webhook-timestamp";
constexpr std::string_view kType = "multipart/form-data";
constexpr std::string_view kBoundary = "xYzZY";
// SendGrid repeats for three days, and nothing says whether it signs anew; ids guard the rest.
constexpr std::chrono::hours kOldest{4 * 24};
constexpr std::chrono::minutes kSkew{10};

// The fields that are read; one that stands twice would be read differently by another reader.
constexpr std::array<std::string_view, 10> kFields = {
    "headers", "from",     "to",       "subject", "text",
    "html",    "envelope", "charsets", "email",   "attachment-info"};

std::string as_written(const MultipartForm& form, std::string_view name) {
    const MultipartField* field = form.find(name);
    return field == nullptr ? std::string() : std::string(field->content);
}

// The charset of each field, as `charsets` has it.
std::string charset_of(std::string_view charsets, std::string_view name) {
    const auto root = json::parse(charsets);
    if (!root) return {};
    const auto object = json::object_of(*root);
    if (!object) return {};
    for (const auto& [key, value] : *object) {
        if (key == name) return std::string(json::text_of(value).value_or(""));
    }
    return {};
}

std::string decoded(const MultipartForm& form, std::string_view charsets, std::string_view name) {
    return text_to_utf8(as_written(form, name), charset_of(charsets, name), kMailTextBytesMax * 4);
}

struct Envelope {
    std::vector<std::string> to;
    std::optional<std::string> from;
    bool cut = false;  // there are more in `to`
};

Result<Envelope> envelope_of(const MultipartForm& form) {
    const std::string text = to_valid_utf8(as_written(form, "envelope"));
    const auto root = json::parse(text);
    if (!root) return fail(ErrorCode::bad_request, "envelope: " + root.error().message);
    const auto named = json::members(*root, std::array<std::string_view, 2>{"to", "from"});
    if (!named) return fail(ErrorCode::bad_request, "envelope: " + named.error());
    Envelope envelope;
    if (const auto from = json::text_of((*named)[1])) envelope.from = envelope_address(*from);
    const auto list = json::array_of((*named)[0]);
    if (list) {
        for (const auto& one : *list) {
            std::string address = envelope_address(json::text_of(one).value_or(""));
            if (address.empty()) continue;
            envelope.cut = envelope.to.size() == kMailRecipientsMax;
            if (envelope.cut) break;
            envelope.to.push_back(std::move(address));
        }
    } else if (const auto one = json::text_of((*named)[0])) {
        envelope.to.push_back(envelope_address(*one));
    }
    if (envelope.to.empty())
        return fail(ErrorCode::bad_request, "envelope: no recipient in \"to\"");
    return envelope;
}

void read_attachments(const MultipartForm& form, MailMessage& mail) {
    for (const MultipartField& field : form.fields()) {
        if (!field.is_file) continue;
        if (mail.attachments.size() >= kMailAttachmentsMax) {
            mail.cut = true;
            return;
        }
        mail.attachments.push_back({media_type(field.content_type), "",
                                    bare_file_name(decode_header(field.file_name)),
                                    field.content.size()});
    }
}

MailMessage mail_of(const MultipartForm& form) {
    if (form.find("email") != nullptr) return parse_mime(form.find("email")->content);
    const std::string charsets = to_valid_utf8(as_written(form, "charsets"));
    const std::string text = decoded(form, charsets, "text");
    const std::string html = decoded(form, charsets, "html");
    MailMessage mail = mail_of_headers(parse_header_block(as_written(form, "headers")), text, html);
    // SendGrid has decoded these two; the header block still has what the sender wrote.
    const std::string subject = one_line(decoded(form, charsets, "subject"), kMailSubjectBytesMax);
    if (mail.subject.empty()) mail.subject = subject;
    if (mail.from.address.empty()) {
        const auto people = parse_addresses(decoded(form, charsets, "from"));
        if (!people.empty()) mail.from = people.front();
    }
    read_attachments(form, mail);
    mail.digest = sha256_hex(mail.from.address + "\n" + mail.subject + "\n" + mail.text + "\n" +
                             as_written(form, "headers"));
    return mail;
}

Result<Verified> verify_signature(const SourceRequest& request, const SourceSecrets& secrets,
                                  Time now) {
    const std::string_view timestamp = request.header(kTimestamp);
    const auto signature = base64_decode(request.header(kSignature));
    const bool once =
        request.header_count(kSignature) == 1 && request.header_count(kTimestamp) == 1;
    std::int64_t seconds = 0;
    const auto read =
        std::from_chars(timestamp.data(), timestamp.data() + timestamp.size(), seconds);
    const bool is_number =
        read.ec == std::errc() && read.ptr == timestamp.data() + timestamp.size();
    if (!once || !signature || signature->empty() || !is_number) {
        return fail(ErrorCode::unauthorized, "signature refused");
    }
    const auto signed_at = time_from_unix(seconds);
    if (!signed_at || *signed_at > now + kSkew || *signed_at < now - kOldest) {
        return fail(ErrorCode::unauthorized, "signed too long ago, or the clock is wrong");
    }
    const std::string message = std::string(timestamp) + std::string(request.body);
    for (std::size_t i = 0; i < secrets.public_keys.size(); ++i) {
        if (verify_p256(secrets.public_keys[i], message, *signature)) {
            return Verified{"signature", "", std::to_string(i + 1)};
        }
    }
    return fail(ErrorCode::unauthorized, "signature refused");
}

Result<Verified> verify(const SourceRequest& request, const SourceSecrets& secrets, Time now) {
    if (request.method != "POST" || media_type(request.header("content-type")) != kType) {
        return fail(ErrorCode::bad_request, "expected a POST of multipart/form-data");
    }
    if (!secrets.public_keys.empty()) return verify_signature(request, secrets, now);
    return verify_basic(request, secrets);
}

Result<std::vector<ParsedItem>> parse(const SourceRequest& request, const SourceSecrets& secrets,
                                      Time now) {
    const auto form = parse_multipart(request.header("content-type"), request.body);
    if (!form) return tl::unexpected(form.error());
    for (const std::string_view name : kFields) {
        if (form->count(name) > 1) {
            return fail(ErrorCode::bad_request, "the field " + std::string(name) + " stands twice");
        }
    }
    const auto envelope = envelope_of(*form);
    if (!envelope) return tl::unexpected(envelope.error());
    MailMessage mail = mail_of(*form);
    if (envelope->cut) mail.cut = true;
    MailOrigin origin{"sendgrid",
                      secrets.connection,
                      secrets.public_keys.empty() ? "basic_auth" : "signature",
                      now,
                      {}};
    origin.verdicts = {{"mail.spf", as_written(*form, "SPF")},
                       {"mail.dkim", as_written(*form, "dkim")},
                       {"mail.spam_score", as_written(*form, "spam_score")},
                       {"mail.client_address", as_written(*form, "sender_ip")}};
    std::vector<ParsedItem> items;
    for (const std::string& recipient : envelope->to) {
        items.push_back({mail_event(mail, {envelope->from, recipient}, origin), {}});
    }
    return items;
}

SignedRequest sign(const Sample& sample, const SourceSecrets& secrets) {
    SignedRequest request;
    request.url = sample.url;
    request.body = sample.body;
    if (request.body.empty()) {
        const MailSample mail = mail_sample(sample);
        request.body = multipart_body(
            kBoundary,
            {{"headers", "Message-ID: <" + mail.message_id + ">\r\nDate: " + mail.date +
                             "\r\nFrom: " + mail.from + "\r\nTo: " + mail.to +
                             "\r\nSubject: " + mail.subject + "\r\n"},
             {"to", mail.to},
             {"from", mail.from},
             {"subject", mail.subject},
             {"text", mail.text},
             {"envelope",
              "{\"to\":[" + json::quoted(mail.to) + "],\"from\":" + json::quoted(mail.from) + "}"},
             {"charsets", R"({"to":"UTF-8","subject":"UTF-8","from":"UTF-8","text":"UTF-8"})"},
             {"SPF", "pass"}});
    }
    request.headers = {
        {"Content-Type", std::string(kType) + "; boundary=" + std::string(kBoundary)}};
    if (secrets.public_keys.empty()) {
        const std::string secret = secrets.secrets.empty() ? "" : secrets.secrets.front();
        request.headers.emplace_back("Authorization", basic_credentials(secret));
        return request;
    }
    const std::string timestamp = std::to_string(
        std::chrono::duration_cast<std::chrono::seconds>(sample.now.time_since_epoch()).count());
    const auto signature = sign_p256(secrets.signing_key, timestamp + request.body);
    request.headers.emplace_back("X-Twilio-Email-Event-Webhook-Timestamp", timestamp);
    request.headers.emplace_back("X-Twilio-Email-Event-Webhook-Signature",
                                 base64_encode(signature.value_or("")));
    return request;
}

}  // namespace

Source sendgrid_source() {
    Source source{"sendgrid", "mail by SendGrid Inbound Parse",         nullptr, verify, parse,
                  nullptr,    {200, "text/plain; charset=utf-8", "OK"}, sign};
    source.www_authenticate = kBasicChallenge;
    source.proof.scheme = "basic";
    source.proof.covers_body = false;
    source.is_mail = true;
    return source;
}

}  // namespace tapline
