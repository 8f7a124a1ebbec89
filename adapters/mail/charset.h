// Bytes of a stated, wrong or missing charset as UTF-8.
//
// Senders lie: much that says iso-8859-1 or us-ascii is UTF-8, and much that says utf-8 is
// windows-1252. So bytes that are UTF-8 beyond doubt are taken as such, whatever a Western or
// missing charset says; other names go through iconv, and what it does not know is read as
// windows-1252, which every byte has a meaning in. Never fails; invalid input becomes U+FFFD.
//
// Pure; safe from any thread. At most `bytes_max` bytes come out, never a cut character.
#pragma once

#include <string>
#include <string_view>

namespace tapline {

std::string text_to_utf8(std::string_view bytes, std::string_view charset, std::size_t bytes_max);

}  // namespace tapline
