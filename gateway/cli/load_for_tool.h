// Loading a config directory for a command: mistakes are printed, one brand is chosen.
#pragma once

#include <optional>
#include <string>

#include "config/config.h"

namespace tapline {

// The config, or nothing once its mistakes are printed to standard error. Secrets that cannot be
// had here are no mistakes: these commands need none.
std::optional<Config> load_for_tool(const std::string& directory);

// The brand of that name, the only one for ""; nothing once it is told why.
std::shared_ptr<const Brand> choose_brand(const Config& config, const std::string& name);

// The bytes of the file, of standard input for "-"; nothing once it is told why.
std::optional<std::string> read_input(const std::string& path);

}  // namespace tapline
