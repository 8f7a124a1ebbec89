#include "gateway/cli/load_for_tool.h"

#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>

#include "gateway/cli/running.h"
#include "gateway/cli/terminal.h"

namespace tapline {

std::optional<Config> load_for_tool(const std::string& directory) {
    FileAccess files = disk_access(directory);
    files.on_missing_secret = [](const Mistake&) {};
    LoadResult loaded = load_config(files);
    if (loaded.config) return std::move(loaded.config);
    for (const Mistake& mistake : loaded.mistakes) {
        std::fprintf(stderr, "%s\n", printable(to_string(mistake)).c_str());
    }
    return std::nullopt;
}

std::shared_ptr<const Brand> choose_brand(const Config& config, const std::string& name) {
    if (name.empty() && config.brands.size() == 1) return config.brands.begin()->second;
    if (name.empty()) {
        std::string names;
        for (const auto& entry : config.brands) {
            names += (names.empty() ? "" : ", ") + entry.first;
        }
        complain({ErrorCode::bad_request,
                  "there are several brands: " + names + "; choose one by --brand"});
        return nullptr;
    }
    const auto brand = named_brand(config, name);
    if (brand) return *brand;
    complain(brand.error());
    return nullptr;
}

std::optional<std::string> read_input(const std::string& path) {
    if (path == "-") {
        return std::string(std::istreambuf_iterator<char>(std::cin), {});
    }
    std::ifstream file(path, std::ios::binary);
    std::string bytes(std::istreambuf_iterator<char>(file), {});
    if (file.is_open() && !file.bad()) return bytes;
    complain({ErrorCode::bad_request, "cannot read " + path});
    return std::nullopt;
}

}  // namespace tapline
