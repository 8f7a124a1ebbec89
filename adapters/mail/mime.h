// RFC 5322 and MIME, by GMime: the only place that knows it.
//
// https://www.rfc-editor.org/rfc/rfc2045 (MIME), rfc2047 (encoded words), rfc2231 (parameters).
// The text is the text/plain that is shown in line; where there is none, the words of the HTML.
// Mails inside of the mail (message/rfc822) are attachments. Every answer comes in time that is
// linear in the bytes: mails that nest deeper or name more boundaries than people's mails do are
// not taken apart (GMime compares each line with each open boundary), they keep their headers and
// `cut` is set.
//
// GMime 3.2.13 loops for ever in g_mime_multipart_get_boundary() on a malformed Content-Type, and
// where it writes a message again: neither is used. Thread-safety: any thread, each call alone.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "adapters/mail/message.h"

namespace tapline {

// A whole mail. At most kMailBytesMax bytes are looked at.
MailMessage parse_mime(std::string_view raw);

// A mail that a provider has taken apart: headers, and text or HTML as UTF-8 (either may be empty).
MailMessage mail_of_headers(MailHeaders headers, std::string_view text, std::string_view html);

// "=?utf-8?q?J=C3=A4ne?=" as "Jäne": encoded words and raw bytes, as one line of UTF-8.
std::string decode_header(std::string_view value);

// The mailboxes of an address list; groups give their members. At most 100.
std::vector<MailPerson> parse_addresses(std::string_view value);

}  // namespace tapline
