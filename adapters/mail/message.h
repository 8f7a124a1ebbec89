// One e-mail as Tapline knows it: who wrote what to whom, and which files came with it.
//
//     MailMessage mail = parse_mime(raw);      // mime.h: RFC 5322 bytes
//     MailMessage mail = mail_of_headers(...); // a provider that has taken the mail apart
//
// Names of headers are in lower case, their values as sent but unfolded. Everything else is decoded
// UTF-8 without control characters (the text keeps its line breaks). Attachments are facts only:
// type, name and decoded size; their contents are dropped. Whatever comes in, a MailMessage comes
// out: what cannot be read is empty, what is beyond a limit is cut and `cut` says so.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "routes/event.h"

namespace tapline {

inline constexpr std::size_t kMailBytesMax = 16u << 20;         // of a raw mail that are looked at
inline constexpr std::size_t kMailHeaderBytesMax = 256u << 10;  // of its header block
inline constexpr std::size_t kMailHeadersMax = 1000;
inline constexpr std::size_t kMailValueBytesMax = 16u << 10;  // of one header that is decoded
inline constexpr std::size_t kMailSubjectBytesMax = 1000;
// What a mail server must take of one mail (RFC 5321, 4.5.3.1.8).
inline constexpr std::size_t kMailRecipientsMax = 100;
inline constexpr std::size_t kMailTextBytesMax = 64u << 10;
inline constexpr std::size_t kMailAttachmentsMax = 100;
inline constexpr std::size_t kMailPartsMax = 500;
inline constexpr int kMailDepthMax = 32;

using MailHeaders = std::vector<std::pair<std::string, std::string>>;

struct MailPerson {
    std::string name;
    std::string address;  // "" when there is none
};

struct MailMessage {
    MailHeaders headers;
    MailPerson from;
    MailPerson reply_to;
    std::string subject;
    std::string message_id;  // without "<>"; case counts
    std::string in_reply_to;
    std::string references;  // ids, separated by spaces
    std::optional<Time> date;
    std::string text;
    std::vector<Attachment> attachments;
    std::string content_type;  // "multipart/report", in lower case
    std::string report_type;   // of a multipart/report: "delivery-status"
    bool has_delivery_status = false;
    bool cut = false;
    std::string digest;  // of all that was sent: the identity of a mail without Message-ID

    // The first header of that name (lower case), or null.
    const std::string* header(std::string_view name) const;
    std::size_t count(std::string_view name) const;
};

// The fields of a block of header lines, up to the first empty line. CRLF, LF; continuation lines
// are joined; lines that are no header are left out.
MailHeaders parse_header_block(std::string_view block);

// One line: control characters become spaces, runs of white space become one, ends trimmed; at most
// `bytes_max` bytes of UTF-8.
std::string one_line(std::string_view text, std::size_t bytes_max);

// A text as it was meant: CRLF to LF, other control characters but tabs left out, blank lines at
// its ends left out; at most kMailTextBytesMax bytes.
std::string clean_text(std::string_view text);

// "<a@b> " as "a@b".
std::string bare_message_id(std::string_view value);

// A file name without folders ("../../x", "C:\x"), as one line of at most 255 bytes.
std::string bare_file_name(std::string_view name);

}  // namespace tapline
