#include "config/tools/schema.h"

#include <cstdio>

#include <nlohmann/json.hpp>

#include "gateway/cli/cli.h"
#include "gateway/cli/config_tools.h"

namespace tapline {

int schema(const SchemaOptions& options) {
    const std::string compact = options.of == "brand" ? brand_schema() : gateway_schema();
    const auto json = nlohmann::ordered_json::parse(compact, nullptr, false);
    std::printf("%s\n", json.dump(2).c_str());
    return kExitOk;
}

}  // namespace tapline
