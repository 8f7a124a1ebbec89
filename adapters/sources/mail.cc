#include "adapters/sources/mail.h"

#include "adapters/mail/mail_event.h"
#include "adapters/mail/mime.h"

namespace tapline {

Event delivered_mail_event(const DeliveredMail& mail, Time now) {
    const MailMessage message = parse_mime(mail.raw);
    const MailEnvelope envelope{envelope_address(mail.sender), envelope_address(mail.recipient)};
    const std::string provider(kMailProvider);
    return mail_event(message, envelope, {provider, provider, "none", now, {}});
}

}  // namespace tapline
