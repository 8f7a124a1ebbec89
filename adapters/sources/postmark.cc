// Postmark inbound: mail to an inbound stream's address or domain, as JSON.
//
// https://postmarkapp.com/developer/webhooks/inbound-webhook
// Postmark signs nothing. Secrets: "user:password", which stand in the webhook URL at Postmark as
// https://user:password@HOST/hooks/{connection}.
//
//     {"FromFull":{"Email":"jane@example.org","Name":"Jane"},
//      "OriginalRecipient":"hello+ig@in.acme.example","Subject":"...","TextBody":"...",
//      "HtmlBody":"...","MessageID":"<Postmark's own GUID>",
//      "Headers":[{"Name":"Message-ID","Value":"<a@b>"}],
//      "Attachments":[{"Name":"a.txt","ContentType":"text/plain","Content":"...",
//                      "ContentLength":45}]}
//
// With "Include raw email content in JSON payload" the mail itself stands in RawEmail and is read
// instead. The "Check" button sends a made-up mail whose MessageID is all zeros: it is ignored.
// Postmark repeats ten times in ten hours after anything but 200; a 403 would make it give up and
// is never answered here.
#include <array>
#include <string>
#include <vector>

#include "adapters/basic_auth.h"
#include "adapters/crypto.h"
#include "adapters/json.h"
#include "adapters/json_trim.h"
#include "adapters/mail/json_headers.h"
#include "adapters/mail/mail_event.h"
#include "adapters/mail/mime.h"
#include "adapters/sources/table.h"

namespace tapline {
namespace {

using Names = std::string_view;

constexpr std::string_view kJsonType = "application/json";
constexpr std::string_view kCheckId = "00000000-0000-0000-0000-000000000000";
// Texts and raw mails of people are shorter; attachments' contents are not wanted.
constexpr std::size_t kStringBytesMax = 2u << 20;

constexpr std::array<Names, 2> kHeaderMembers = {"Name", "Value"};

std::vector<Attachment> attachments_of(const json::MaybeValue& value) {
    std::vector<Attachment> attachments;
    const auto list = json::array_of(value);
    if (!list) return attachments;
    for (const auto& one : *list) {
        const auto named =
            json::members(one, std::array<Names, 3>{"Name", "ContentType", "ContentLength"});
        if (!named || attachments.size() >= kMailAttachmentsMax) continue;
        const std::int64_t bytes = json::integer_of((*named)[2]).value_or(0);
        attachments.push_back({media_type(json::text_of((*named)[1]).value_or("")), "",
                               bare_file_name(json::text_of((*named)[0]).value_or("")),
                               bytes > 0 ? static_cast<std::uint64_t>(bytes) : 0});
    }
    return attachments;
}

MailPerson person_of(const json::MaybeValue& value) {
    if (!value) return {};
    const auto named = json::members(*value, std::array<Names, 2>{"Email", "Name"});
    if (!named) return {};
    return {one_line(json::text_of((*named)[1]).value_or(""), 200),
            one_line(json::text_of((*named)[0]).value_or(""), 320)};
}

enum Member {
    from_full,
    recipient,
    subject,
    message_id,
    reply_to,
    text,
    html,
    headers,
    attachments,
    raw,
    count
};
using Mail = std::array<json::MaybeValue, count>;

MailMessage mail_of(const Mail& n) {
    const auto value = [&](Member member) {
        return std::string(json::text_of(n[member]).value_or(""));
    };
    if (const auto whole = json::text_of(n[raw]); whole && !whole->empty()) {
        return parse_mime(*whole);
    }
    MailMessage mail =
        mail_of_headers(headers_of_objects(n[headers], kHeaderMembers), value(text), value(html));
    // Postmark takes these out of its Headers.
    if (const MailPerson from = person_of(n[from_full]); !from.address.empty()) mail.from = from;
    if (mail.subject.empty()) mail.subject = one_line(value(subject), kMailSubjectBytesMax);
    if (mail.reply_to.address.empty()) {
        const auto people = parse_addresses(value(reply_to));
        if (!people.empty()) mail.reply_to = people.front();
    }
    mail.attachments = attachments_of(n[attachments]);
    mail.digest = sha256_hex(value(message_id));
    return mail;
}

std::string header_of(const MailMessage& mail, std::string_view name) {
    const std::string* value = mail.header(name);
    return value == nullptr ? std::string() : *value;
}

Result<Verified> verify(const SourceRequest& request, const SourceSecrets& secrets, Time /*now*/) {
    if (request.method != "POST" || media_type(request.header("content-type")) != kJsonType) {
        return fail(ErrorCode::bad_request, "expected a POST of application/json");
    }
    return verify_basic(request, secrets);
}

Result<std::vector<ParsedItem>> parse(const SourceRequest& request, const SourceSecrets& secrets,
                                      Time now) {
    const std::string body = json::without_long_strings(request.body, kStringBytesMax);
    const auto root = json::parse(body);
    if (!root) return tl::unexpected(root.error());
    const auto named = json::members(
        *root,
        std::array<Names, count>{"FromFull", "OriginalRecipient", "Subject", "MessageID", "ReplyTo",
                                 "TextBody", "HtmlBody", "Headers", "Attachments", "RawEmail"});
    if (!named) return fail(ErrorCode::bad_request, "the body " + named.error());
    const Mail& n = *named;
    std::vector<ParsedItem> items;
    if (json::text_of(n[message_id]) == kCheckId) return items;
    const std::string to = envelope_address(json::text_of(n[recipient]).value_or(""));
    if (to.empty()) return fail(ErrorCode::bad_request, "/OriginalRecipient: is missing");
    const MailMessage mail = mail_of(n);
    MailOrigin origin{"postmark", secrets.connection, "basic_auth", now, {}};
    origin.verdicts = {{"mail.spf", header_of(mail, "received-spf")},
                       {"mail.spam", header_of(mail, "x-spam-status")},
                       {"mail.spam_score", header_of(mail, "x-spam-score")}};
    std::optional<std::string> sender;
    if (const std::string* path = mail.header("return-path")) sender = envelope_address(*path);
    items.push_back({mail_event(mail, {sender, to}, origin), {}});
    return items;
}

SignedRequest sign(const Sample& sample, const SourceSecrets& secrets) {
    SignedRequest request;
    request.url = sample.url;
    request.body = sample.body;
    if (request.body.empty()) {
        const MailSample mail = mail_sample(sample);
        request.body = "{\"FromFull\":{\"Email\":" + json::quoted(mail.from) +
                       ",\"Name\":\"Jane\",\"MailboxHash\":\"\"},\"OriginalRecipient\":" +
                       json::quoted(mail.to) + ",\"Subject\":" + json::quoted(mail.subject) +
                       ",\"MessageID\":" + json::quoted(sha256_hex(mail.message_id).substr(0, 32)) +
                       ",\"TextBody\":" + json::quoted(mail.text) +
                       ",\"HtmlBody\":\"\",\"Headers\":[{\"Name\":\"Message-ID\",\"Value\":" +
                       json::quoted("<" + mail.message_id + ">") + "}],\"Attachments\":[]}";
    }
    const std::string secret = secrets.secrets.empty() ? "" : secrets.secrets.front();
    request.headers = {{"Content-Type", std::string(kJsonType)},
                       {"Authorization", basic_credentials(secret)}};
    return request;
}

}  // namespace

Source postmark_source() {
    Source source{"postmark", "mail by a Postmark inbound stream",      nullptr, verify, parse,
                  nullptr,    {200, "text/plain; charset=utf-8", "OK"}, sign};
    source.www_authenticate = kBasicChallenge;
    source.proof.scheme = "basic";
    source.proof.covers_body = false;
    source.is_mail = true;
    return source;
}

}  // namespace tapline
