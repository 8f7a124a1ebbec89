#include "adapters/json_trim.h"

namespace tapline::json {
namespace {

// Where the literal that begins at `open` ends, behind its quote; npos when it does not.
std::size_t end_of_string(std::string_view text, std::size_t open) {
    for (std::size_t i = open + 1; i < text.size(); ++i) {
        if (text[i] == '"') return i + 1;
        if (text[i] == '\\') ++i;
    }
    return text.npos;
}

}  // namespace

std::string without_long_strings(std::string_view text, std::size_t bytes_max) {
    std::string trimmed;
    std::size_t at = 0;
    while (at < text.size()) {
        const std::size_t open = text.find('"', at);
        if (open == text.npos) break;
        const std::size_t end = end_of_string(text, open);
        if (end == text.npos) break;
        trimmed.append(text.substr(at, open - at));
        const std::string_view literal = text.substr(open, end - open);
        trimmed.append(literal.size() > bytes_max + 2 ? std::string_view("\"\"") : literal);
        at = end;
    }
    return trimmed.append(text.substr(at));
}

}  // namespace tapline::json
