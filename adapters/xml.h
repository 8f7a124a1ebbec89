// Escaping for XML and HTML. Pure; safe from any thread.
#pragma once

#include <string>
#include <string_view>

namespace tapline {

// `text` for use between tags and in attributes with either quote: & < > " ' are escaped, control
// characters that XML 1.0 cannot carry are dropped (tab, line feed and carriage return stay), and
// invalid UTF-8 becomes U+FFFD.
std::string xml_escape(std::string_view text);

}  // namespace tapline
