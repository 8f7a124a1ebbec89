#include "routes/situation.h"

#include <algorithm>

#include "routes/region.h"

namespace tapline {

bool is_on(const Situation& situation, std::string_view name, std::string_view region, Time now) {
    const auto found = situation.switches.find(name);
    if (found == situation.switches.end() || now >= found->second.until) return false;
    const auto& regions = found->second.regions;
    return regions.empty() || std::any_of(regions.begin(), regions.end(), [&](const auto& one) {
               return region_contains(one, region);
           });
}

}  // namespace tapline
