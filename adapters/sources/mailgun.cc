// Mailgun routes: mail that a route's forward("https://...") action posts.
//
// https://documentation.mailgun.com/docs/mailgun/user-manual/receive-forward-store/
// Secrets: the HTTP webhook signing key of the account.
//
//     recipient=hello%2Big%40acme.example&sender=jane%40example.org&timestamp=1755779283
//     &token=<50 characters>&signature=<HMAC-SHA256(key, timestamp + token) in hex>
//     &body-plain=...&message-headers=[["Subject","..."],...]
//
// The signature covers timestamp and token and nothing of the mail: the token is the event's replay
// key, so one signature brings one mail, and TLS must keep it from strangers. A URL that ends in
// "mime" gets the whole mail in `body-mime`. Mailgun repeats for eight hours after anything but
// 200, and a 406 would make it give up: it is never answered here.
#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <vector>

#include "adapters/crypto.h"
#include "adapters/form.h"
#include "adapters/json.h"
#include "adapters/mail/json_headers.h"
#include "adapters/mail/mail_event.h"
#include "adapters/mail/mime.h"
#include "adapters/multipart.h"
#include "adapters/sources/table.h"
#include "adapters/timestamp.h"
#include "adapters/utf8.h"

namespace tapline {
namespace {

constexpr std::string_view kFormType = "application/x-www-form-urlencoded";
constexpr std::string_view kMultipart = "multipart/form-data";
// Mailgun's last repetition comes eight hours after the first, perhaps with the first signature.
constexpr std::chrono::hours kOldest{12};
constexpr std::chrono::minutes kSkew{10};
constexpr std::size_t kTokenBytesMax = 200;

constexpr std::array<std::string_view, 3> kProofFields = {"timestamp", "token", "signature"};
// Mailgun puts the mail's own headers beside its fields, so one may stand twice: "subject" where
// the sender wrote the header in lower case.
constexpr std::array<std::string_view, 10> kMailFields = {
    "recipient", "sender", "body-plain",      "body-html",  "body-mime",
    "subject",   "from",   "message-headers", "Message-Id", "attachments"};

struct Form {
    Fields fields;
    std::vector<Attachment> attachments;

    std::string operator[](std::string_view name) const {
        const std::string* value = find_field(fields, name);
        return value == nullptr ? std::string() : *value;
    }
};

Result<Form> read_form(const SourceRequest& request) {
    const std::string_view type = request.header("content-type");
    Form form;
    if (media_type(type) == kFormType) {
        auto fields = parse_form(request.body);
        if (!fields) return tl::unexpected(fields.error());
        form.fields = *std::move(fields);
    } else {
        const auto parts = parse_multipart(type, request.body);
        if (!parts) return tl::unexpected(parts.error());
        for (const MultipartField& part : parts->fields()) {
            if (!part.is_file) {
                form.fields.emplace_back(part.name, part.content);
            } else if (form.attachments.size() < kMailAttachmentsMax) {
                form.attachments.push_back({media_type(part.content_type), "",
                                            bare_file_name(decode_header(part.file_name)),
                                            part.content.size()});
            }
        }
    }
    return form;
}

int count_of(const Form& form, std::string_view name) {
    return static_cast<int>(std::count_if(form.fields.begin(), form.fields.end(),
                                          [&](const auto& field) { return field.first == name; }));
}

// Of a field that stands twice with two values nobody knows which one is meant.
Result<void> check_plain(const Form& form) {
    for (const std::string_view name : kMailFields) {
        const std::string value = form[name];
        const bool differs = std::any_of(
            form.fields.begin(), form.fields.end(),
            [&](const auto& field) { return field.first == name && field.second != value; });
        if (!differs) continue;
        return fail(ErrorCode::bad_request,
                    "the field " + std::string(name) + " stands twice, with two values");
    }
    return {};
}

// [["Subject","..."],["Received","..."],...]
MailHeaders headers_of(const std::string& text) {
    const auto root = json::parse(text);
    return root ? headers_of_pairs(*root) : MailHeaders();
}

MailMessage mail_of(const Form& form) {
    const std::string raw = form["body-mime"];
    if (!raw.empty()) return parse_mime(raw);
    const std::string headers = to_valid_utf8(form["message-headers"]);
    MailMessage mail = mail_of_headers(headers_of(headers), form["body-plain"], form["body-html"]);
    if (mail.subject.empty()) mail.subject = one_line(form["subject"], kMailSubjectBytesMax);
    if (mail.message_id.empty()) mail.message_id = bare_message_id(form["Message-Id"]);
    if (mail.from.address.empty()) {
        const auto people = parse_addresses(form["from"]);
        if (!people.empty()) mail.from = people.front();
    }
    mail.attachments = form.attachments;
    mail.digest =
        sha256_hex(mail.from.address + "\n" + mail.subject + "\n" + mail.text + "\n" + headers);
    return mail;
}

std::string header_of(const MailMessage& mail, std::string_view name) {
    const std::string* value = mail.header(name);
    return value == nullptr ? std::string() : *value;
}

Result<Verified> verify(const SourceRequest& request, const SourceSecrets& secrets, Time now) {
    const std::string type = media_type(request.header("content-type"));
    if (request.method != "POST" || (type != kFormType && type != kMultipart)) {
        return fail(ErrorCode::bad_request, "expected a POST of a form");
    }
    const auto form = read_form(request);
    if (!form) return tl::unexpected(form.error());
    for (const std::string_view name : kProofFields) {
        if (count_of(*form, name) <= 1) continue;
        return fail(ErrorCode::bad_request, "the field " + std::string(name) + " stands twice");
    }
    const std::string timestamp = (*form)["timestamp"];
    const std::string token = (*form)["token"];
    const std::string signature = (*form)["signature"];
    std::int64_t seconds = 0;
    const char* end = timestamp.data() + timestamp.size();
    const auto read = std::from_chars(timestamp.data(), end, seconds);
    const bool is_number = read.ec == std::errc() && read.ptr == end;
    const bool is_lower_hex =
        signature.find_first_not_of("0123456789abcdef") == signature.npos && signature.size() == 64;
    if (!is_number || token.empty() || token.size() > kTokenBytesMax || !is_lower_hex) {
        return fail(ErrorCode::unauthorized, "signature refused");
    }
    std::size_t match = 0;
    for (std::size_t i = 0; i < secrets.secrets.size(); ++i) {
        const std::string mac = to_hex(hmac_sha256(secrets.secrets[i], timestamp + token));
        const bool same = equal_constant_time(mac, signature);
        if (same && !secrets.secrets[i].empty() && match == 0) match = i + 1;
    }
    if (match == 0) return fail(ErrorCode::unauthorized, "signature refused");
    const auto signed_at = time_from_unix(seconds);
    if (!signed_at || *signed_at > now + kSkew || *signed_at < now - kOldest) {
        return fail(ErrorCode::unauthorized, "signed too long ago, or the clock is wrong");
    }
    return Verified{"signature", token, std::to_string(match)};
}

struct Recipients {
    std::vector<std::string> list;
    bool cut = false;
};

// "one@acme.example, two@acme.example"
Recipients recipients_of(std::string_view written) {
    Recipients recipients;
    while (!written.empty()) {
        const std::size_t end = std::min(written.find(','), written.size());
        std::string address = envelope_address(written.substr(0, end));
        written.remove_prefix(std::min(end + 1, written.size()));
        if (address.empty()) continue;
        recipients.cut = recipients.list.size() == kMailRecipientsMax;
        if (recipients.cut) break;
        recipients.list.push_back(std::move(address));
    }
    return recipients;
}

Result<std::vector<ParsedItem>> parse(const SourceRequest& request, const SourceSecrets& secrets,
                                      Time now) {
    const auto form = read_form(request);
    if (!form) return tl::unexpected(form.error());
    if (auto plain = check_plain(*form); !plain) return tl::unexpected(plain.error());
    // One event, so that the token is spent with it: of several recipients the gateway finds the
    // one that a button has.
    const std::string written = (*form)["recipient"];
    Recipients recipients = recipients_of(written);
    std::vector<ParsedItem> items;
    if (recipients.list.empty()) {
        items.push_back({tl::unexpected(std::string("recipient: is missing")), {}});
        return items;
    }
    MailMessage mail = mail_of(*form);
    if (recipients.cut) mail.cut = true;
    const MailEnvelope envelope{envelope_address((*form)["sender"]), recipients.list.front()};
    MailOrigin origin{"mailgun", secrets.connection, "signature", now, {}};
    origin.verdicts = {{"mail.spf", header_of(mail, "x-mailgun-spf")},
                       {"mail.dkim", header_of(mail, "x-mailgun-dkim-check-result")},
                       {"mail.spam", header_of(mail, "x-mailgun-sflag")},
                       {"mail.spam_score", header_of(mail, "x-mailgun-sscore")}};
    if (recipients.list.size() > 1) origin.verdicts.emplace_back("mail.recipients", written);
    items.push_back({mail_event(mail, envelope, origin), {}});
    items.back().addresses = std::move(recipients.list);
    return items;
}

SignedRequest sign(const Sample& sample, const SourceSecrets& secrets) {
    SignedRequest request;
    request.url = sample.url;
    request.body = sample.body;
    request.headers = {{"Content-Type", std::string(kFormType)}};
    if (!request.body.empty()) {
        if (request.body.starts_with("--")) {
            const std::size_t end = request.body.find('\r');
            request.headers.front().second =
                std::string(kMultipart) + "; boundary=" + request.body.substr(2, end - 2);
        }
        return request;
    }
    const MailSample mail = mail_sample(sample);
    const std::string secret = secrets.secrets.empty() ? "" : secrets.secrets.front();
    const std::string timestamp = std::to_string(
        std::chrono::duration_cast<std::chrono::seconds>(sample.now.time_since_epoch()).count());
    const std::string token = sha256_hex(sample.random + mail.message_id).substr(0, 50);
    request.body = encode_form({{"recipient", mail.to},
                                {"sender", mail.from},
                                {"from", mail.from},
                                {"subject", mail.subject},
                                {"body-plain", mail.text},
                                {"Message-Id", "<" + mail.message_id + ">"},
                                {"Date", mail.date},
                                {"timestamp", timestamp},
                                {"token", token},
                                {"signature", to_hex(hmac_sha256(secret, timestamp + token))}});
    return request;
}

}  // namespace

Source mailgun_source() {
    Source source{"mailgun",
                  "mail by Mailgun routes",
                  nullptr,
                  verify,
                  parse,
                  nullptr,
                  {200, "text/plain; charset=utf-8", "OK"},
                  sign};
    source.proof.covers_body = false;
    source.proof.fields = kProofFields;
    source.is_mail = true;
    return source;
}

}  // namespace tapline
