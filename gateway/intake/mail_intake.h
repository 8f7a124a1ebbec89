// Mail from this machine's own mail server: POST /mail on the Unix socket of the section `mail`.
//
//     POST /mail
//     Content-Type: message/rfc822
//     X-Tapline-Sender: jane@example.org          (empty: the null sender)
//     X-Tapline-Recipient: hello+ig@acme.example
//
// Only that socket serves it, and it serves nothing else: nobody on the network can bring mail in,
// nor can a proxy that stands before the public listener. 2xx leaves only after Redis answered;
// everything else means that the mail server must keep the mail. Mail that no brand claims is
// quarantined with its headers and answered 200: it would not be claimed later either.
#pragma once

#include "gateway/http/url_table.h"
#include "gateway/intake/gateway_state.h"

namespace tapline {

// What of a mail is handed over; the rest holds attachments' contents, which nobody keeps.
inline constexpr std::size_t kDeliveredBytesMax = 16u << 20;

inline constexpr std::string_view kMailSenderHeader = "x-tapline-sender";
inline constexpr std::string_view kMailRecipientHeader = "x-tapline-recipient";

http::UrlTable mail_urls(GatewayState& state);

}  // namespace tapline
