// Tidying config files as text: comments and layout stay.
//
//     upgraded_config("brands/acme.yaml", bytes)   // source: twitter becomes source: x
//
// What is deprecated still loads, with a warning that names the mend (deprecated_source). Pure;
// safe from any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tapline {

// The new name of a source that is called otherwise now; nothing for every other name.
std::optional<std::string_view> deprecated_source(std::string_view name);

// Without spaces at the ends of lines and with one line feed at the end of each line and of the
// file. A file whose meaning would change, or that is no YAML, is left as it is.
std::string tidied_config(const std::string& file, const std::string& bytes);

// With each deprecated spelling rewritten. A file that is no YAML is left as it is.
std::string upgraded_config(const std::string& file, const std::string& bytes);

}  // namespace tapline
