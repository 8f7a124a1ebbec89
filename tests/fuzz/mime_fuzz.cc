// Any bytes are a mail: it becomes an event within the limits, twice the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "adapters/mail/charset.h"
#include "adapters/mail/html_text.h"
#include "adapters/mail/message.h"
#include "adapters/mail/mime.h"
#include "adapters/sources/mail.h"
#include "adapters/utf8.h"

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

void require_line(std::string_view text) {
    require(tapline::is_valid_utf8(text));
    for (const char c : text) require(static_cast<unsigned char>(c) >= 0x20 && c != 0x7F);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace tapline;
    const std::string_view raw(reinterpret_cast<const char*>(data), size);
    const Time now{std::chrono::milliseconds(1755779283123)};
    const DeliveredMail mail{raw, "jane@example.org", "hello@acme.example"};
    const Event event = delivered_mail_event(mail, now);
    require(event.event_id == delivered_mail_event(mail, now).event_id);
    require(is_valid_utf8(event.text) && event.text.size() <= kMailTextBytesMax);
    require_line(event.subject);
    require_line(event.customer.name);
    require_line(event.customer.email);
    require(event.attachments.size() <= kMailAttachmentsMax);
    for (const Attachment& attachment : event.attachments) {
        require_line(attachment.name);
        require_line(attachment.type);
    }
    for (const auto& [name, value] : event.attribution) require_line(value);
    require_line(decode_header(raw));
    require(is_valid_utf8(html_to_text(to_valid_utf8(raw))));
    const std::size_t space = raw.find(' ');
    const std::string_view charset = raw.substr(0, space);
    const std::string text = text_to_utf8(raw.substr(charset.size()), charset, 1000);
    require(is_valid_utf8(text) && text.size() <= 1000);
    return 0;
}
