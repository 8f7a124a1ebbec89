#include "adapters/xml.h"

#include "adapters/utf8.h"

namespace tapline {

std::string xml_escape(std::string_view text) {
    const std::string valid = to_valid_utf8(text);
    std::string out;
    out.reserve(valid.size() + valid.size() / 8);
    for (std::size_t i = 0; i < valid.size(); ++i) {
        const char c = valid[i];
        // U+FFFE and U+FFFF (EF BF BE, EF BF BF) are well-formed UTF-8 that XML 1.0 excludes.
        if (valid.compare(i, 3, "\xEF\xBF\xBE") == 0 || valid.compare(i, 3, "\xEF\xBF\xBF") == 0) {
            i += 2;
            continue;
        }
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            case '\'':
                out += "&#39;";
                break;
            default: {
                const auto byte = static_cast<unsigned char>(c);
                const bool control = byte < 0x20 && c != '\t' && c != '\n' && c != '\r';
                if (!control && byte != 0x7F) out.push_back(c);
            }
        }
    }
    return out;
}

}  // namespace tapline
