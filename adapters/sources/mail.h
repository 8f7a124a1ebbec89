// Mail that this machine's own mail server hands over (`tapline deliver-mail`).
//
// Not in the registry: it is no webhook, and no request from the network must ever reach it. The
// gateway serves it on a Unix socket of its own, whose permissions are the authentication; what a
// mail says of its sender is not authenticated at all (`auth: none`).
#pragma once

#include <string>
#include <string_view>

#include "routes/event.h"

namespace tapline {

inline constexpr std::string_view kMailProvider = "mail";

// RFC 5322 bytes and their envelope, as the mail server names it. `sender`: "", "<>" or
// MAILER-DAEMON for the null sender.
struct DeliveredMail {
    std::string_view raw;
    std::string_view sender;
    std::string_view recipient;
};
Event delivered_mail_event(const DeliveredMail& mail, Time now);

}  // namespace tapline
