// A mail as an event: the last step that all e-mail sources share.
//
// The event's id is a hash of Message-ID, envelope recipient, sender, subject and text, so that a
// redelivery is the same event and nobody who guesses a Message-ID can make the real mail look like
// one; a mail without Message-ID is told by all its bytes. The button is found by the envelope's
// recipient, never by To (blind copies, forwarding); a tracking number may stand in its plus-part,
// in the subject, in the text, or in the ids of the mails that are replied to.
//
// A mail proves nothing about who wrote it: `From` is what the sender says. Fields of the event's
// attribution: mail.message_id, mail.in_reply_to, mail.sender (envelope), mail.cc, mail.reason (for
// what is no contact), mail.cut, and what the provider says of it (mail.spf, mail.dkim, ...).
#pragma once

#include <string>

#include "adapters/mail/classify.h"
#include "adapters/mail/message.h"
#include "routes/event.h"

namespace tapline {

struct MailOrigin {
    std::string provider;
    std::string connection;
    std::string auth;
    Time now{};
    Fields verdicts;  // "mail.spf", "mail.spam_score", ...
};

Event mail_event(const MailMessage& mail, const MailEnvelope& envelope, const MailOrigin& origin);

// What a made-up mail says, for `tapline send` and tests.
struct MailSample {
    std::string from;
    std::string to;
    std::string subject;
    std::string text;
    std::string message_id;
    std::string date;  // RFC 5322
};
struct Sample;
MailSample mail_sample(const Sample& sample);
// The same as RFC 5322 bytes: text/plain, UTF-8, 8bit.
std::string mail_text_of(const MailSample& sample);

}  // namespace tapline
