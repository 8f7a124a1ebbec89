// Loading with the known providers handed in; load_config (config.h) hands in those of the
// registry.
#pragma once

#include <string>
#include <vector>

#include "config/config.h"

namespace tapline {

LoadResult load_config(const FileAccess& files, const std::vector<std::string>& providers);

}  // namespace tapline
