// Who wrote a mail: a person who wants something, or a machine that must never become a contact.
//
//     bounce       a delivery report: multipart/report (RFC 6522), MAILER-DAEMON, null sender
//     auto_reply   Auto-Submitted (RFC 3834), X-Autoreply and its like, Precedence: auto_reply,
//                  X-Auto-Response-Suppress (Microsoft), read receipts, no-reply senders
//     list         List-Id and its like (RFC 2919, RFC 2369), Precedence: bulk, list, junk,
//                  Feedback-ID
//     loop         our own mark, the recipient twice in Delivered-To, more than kMailHopsMax hops
//
// What a spam filter says is no reason: it is kept beside the contact. Pure; safe from any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "adapters/mail/message.h"

namespace tapline {

enum class MailKind { contact, bounce, auto_reply, list, loop };
std::string_view to_string(MailKind kind);

// Postfix gives up at 50 (hopcount_limit).
inline constexpr std::size_t kMailHopsMax = 50;

// The header of whatever Tapline or a backend sends on its behalf: mail that bears it comes back.
inline constexpr std::string_view kMailLoopHeader = "x-tapline-loop";

struct MailEnvelope {
    std::optional<std::string> sender;  // nothing: not told; "": the null sender
    std::string recipient;              // the address that was written to
};

struct MailVerdict {
    MailKind kind = MailKind::contact;
    std::string reason;  // the header that decided; "" for a contact
};
MailVerdict classify(const MailMessage& mail, const MailEnvelope& envelope);

// The address of an envelope as it is written: "<a@b>" as "a@b", "<>" and MAILER-DAEMON (what
// Postfix makes of the null sender) as "".
std::string envelope_address(std::string_view written);

// "no-reply@shop.example" and its like: nobody reads what is sent there.
bool is_no_reply(std::string_view address);

}  // namespace tapline
