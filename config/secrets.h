// Secrets stand in config files only as references:
//
//     ${env:NAME}   the environment variable NAME
//     file:PATH     the file, relative to the config directory; one final newline is left out
//
// Nothing of a secret, and nothing that may be one written in the wrong place, is ever in a
// message.
#pragma once

#include <optional>
#include <string>

#include "config/config.h"
#include "config/read.h"

namespace tapline {

// A brand's files may name only files below the config directory, symbolic links followed, so that
// the owner of one brand cannot make the gateway read the machine's files; tapline.yaml may name
// any.
enum class SecretHome { gateway_file, brand_file };

// Resolves the reference. Reports a literal, an unset variable, a file that cannot be read, and a
// value that is empty, has white space around it or control characters in it, or is a placeholder
// ("changeme", "xxx"). Answers "" for what FileAccess::on_missing_secret was told of.
std::optional<std::string> read_secret(const YamlNode* node, SecretHome home,
                                       const FileAccess& files, Report& report);

// The path of a "file:PATH" reference whose file the gateway makes itself; it is not read here.
std::optional<std::string> read_key_path(const YamlNode* node, Report& report);

// `path` as seen from the working directory: below `directory` unless it is absolute.
std::string below(const std::string& directory, const std::string& path);

}  // namespace tapline
