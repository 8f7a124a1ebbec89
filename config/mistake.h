// A mistake in a config file, as a person wants to read it:
//
//     brands/acme.yaml:14:21: queue "salse" does not exist; did you mean "sales"?
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tapline {

struct Mistake {
    enum class Severity { error, warning };
    Severity severity = Severity::error;
    std::string file;  // relative to the config directory
    int line = 0;      // 1-based; 0 when the file as a whole is meant
    int column = 0;
    std::string message;  // what is wrong, the offending text, and the mend
};

// "file:line:column: message", or "file:line:column: warning: message".
std::string to_string(const Mistake& mistake);

// The name of `names` that is nearest to `written` by edits; empty when none is near.
std::string nearest(std::string_view written, const std::vector<std::string>& names);

}  // namespace tapline
