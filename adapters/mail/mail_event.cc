#include "adapters/mail/mail_event.h"

#include <algorithm>
#include <array>

#include <date/date.h>

#include "adapters/crypto.h"
#include "adapters/mail/mime.h"
#include "adapters/source.h"
#include "routes/language.h"
#include "routes/tracking_number.h"

namespace tapline {
namespace {

// Mail may wait this long on its way (Postfix: maximal_queue_lifetime); an older Date is a lie or
// somebody's archive.
constexpr std::chrono::hours kOldestDate{5 * 24};
constexpr std::size_t kFieldBytesMax = 1000;

std::string lower(std::string_view text) {
    std::string low(text);
    std::transform(low.begin(), low.end(), low.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return low;
}

// Parts are length-prefixed, so that no two lists of parts give the same bytes.
std::string id_of(const MailMessage& mail, const MailEnvelope& envelope) {
    std::string bytes;
    const auto add = [&](std::string_view part) {
        bytes.append(std::to_string(part.size())).append(":").append(part);
    };
    add(lower(envelope.recipient));
    add(mail.message_id);
    if (mail.message_id.empty()) {
        add(mail.digest);
    } else {
        add(mail.from.address);
        add(mail.subject);
        add(mail.text);
    }
    return "mail-" + sha256_hex(bytes).substr(0, 40);
}

// Whom the mail is from: a contact form's no-reply address is nobody.
MailPerson customer_of(const MailMessage& mail, const MailEnvelope& envelope) {
    const bool by_form = is_no_reply(mail.from.address) && !mail.reply_to.address.empty();
    if (by_form) return mail.reply_to;
    if (!mail.from.address.empty()) return mail.from;
    if (!mail.reply_to.address.empty()) return mail.reply_to;
    return {"", envelope.sender.value_or("")};
}

Time occurred_at(const MailMessage& mail, Time now) {
    const bool likely = mail.date && *mail.date <= now && now - *mail.date < kOldestDate;
    return likely ? *mail.date : now;
}

// The number that one of the mails that this one answers was sent with.
std::string number_replied_to(const MailMessage& mail) {
    for (const std::string* ids : {&mail.in_reply_to, &mail.references}) {
        const auto numbers = find_tracking_numbers(*ids, 1);
        if (!numbers.empty()) return numbers.front().compact();
    }
    return {};
}

void add_fields(const MailMessage& mail, const MailEnvelope& envelope, const MailVerdict& verdict,
                Event& event) {
    const auto add = [&](std::string_view name, std::string_view value) {
        std::string line = one_line(value, kFieldBytesMax);
        if (!line.empty()) event.attribution.emplace_back(name, std::move(line));
    };
    if (verdict.kind != MailKind::contact) add("mail.reason", verdict.reason);
    add("mail.message_id", mail.message_id);
    add("mail.in_reply_to", mail.in_reply_to);
    add("mail.sender", envelope.sender.value_or(""));
    if (const std::string* cc = mail.header("cc")) add("mail.cc", decode_header(*cc));
    if (mail.cut) add("mail.cut", "true");
}

}  // namespace

Event mail_event(const MailMessage& mail, const MailEnvelope& envelope, const MailOrigin& origin) {
    const MailVerdict verdict = classify(mail, envelope);
    const MailPerson customer = customer_of(mail, envelope);
    Event event;
    event.provider = origin.provider;
    event.connection = origin.connection;
    event.auth = origin.auth;
    event.channel = Channel::email;
    event.kind = verdict.kind == MailKind::contact ? EventKind::contact : EventKind::recorded;
    event.type = verdict.kind == MailKind::contact
                     ? "contact.email"
                     : "email." + std::string(to_string(verdict.kind));
    event.event_id = id_of(mail, envelope);
    event.occurred_at = occurred_at(mail, origin.now);
    event.customer.email = lower(customer.address);
    event.customer.name = customer.name;
    event.address = envelope.recipient;
    event.subject = mail.subject;
    event.text = mail.text;
    const std::string* language = mail.header("content-language");
    if (language != nullptr) event.language = language_tag(*language);
    event.attachments = mail.attachments;
    event.ref = number_replied_to(mail);
    const std::string& to =
        mail.reply_to.address.empty() ? customer.address : mail.reply_to.address;
    event.reply = {"email", envelope.recipient, to};
    add_fields(mail, envelope, verdict, event);
    for (const auto& [name, value] : origin.verdicts) {
        std::string line = one_line(value, kFieldBytesMax);
        if (!line.empty()) event.attribution.emplace_back(name, std::move(line));
    }
    return event;
}

MailSample mail_sample(const Sample& sample) {
    MailSample mail;
    mail.from =
        sample.from.empty() ? "jane." + sample.random.substr(0, 8) + "@example.org" : sample.from;
    mail.to = sample.to.empty() ? "hello@acme.example" : sample.to;
    mail.subject = "A question";
    if (!sample.ref.empty()) mail.subject += " (ref " + sample.ref + ")";
    mail.text = sample.text;
    mail.message_id = sample.id.empty() ? sample.random + "@example.org" : sample.id;
    mail.date =
        date::format("%a, %d %b %Y %H:%M:%S +0000", date::floor<std::chrono::seconds>(sample.now));
    return mail;
}

std::string mail_text_of(const MailSample& sample) {
    return "Message-ID: <" + sample.message_id + ">\r\nDate: " + sample.date + "\r\nFrom: Jane <" +
           sample.from + ">\r\nTo: " + sample.to + "\r\nSubject: " + sample.subject +
           "\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
           "Content-Transfer-Encoding: 8bit\r\n\r\n" +
           sample.text + "\r\n";
}

}  // namespace tapline
