#include "config/config.h"

#include "adapters/sources/registry.h"
#include "config/load.h"

namespace tapline {

LoadResult load_config(const FileAccess& files) {
    std::vector<std::string> providers;
    for (const Source& source : sources()) providers.emplace_back(source.provider);
    return load_config(files, providers);
}

}  // namespace tapline
