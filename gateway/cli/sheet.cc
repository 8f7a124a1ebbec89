#include "config/tools/sheet.h"

#include <cstdio>

#include "config/calendar.h"
#include "config/tools/local_time.h"
#include "gateway/cli/cli.h"
#include "gateway/cli/config_tools.h"
#include "gateway/cli/load_for_tool.h"
#include "gateway/clock.h"

namespace tapline {

int sheet(const SheetOptions& options) {
    const auto config = load_for_tool(options.config_dir);
    if (!config) return kExitConfig;
    const auto brand = choose_brand(*config, options.brand);
    if (brand == nullptr) return kExitUsage;
    const std::string now =
        local_text(system_clock()(), zone_offsets(brand->timezone)).substr(0, 16);
    const auto today = std::chrono::floor<std::chrono::days>(parse_local_time(now).value());
    const auto blocks = sheet_of(*brand, today);
    const std::string text =
        options.html ? sheet_html(*brand, blocks) : sheet_markdown(*brand, blocks);
    std::fwrite(text.data(), 1, text.size(), stdout);
    return kExitOk;
}

}  // namespace tapline
