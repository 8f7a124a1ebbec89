// Loads whatever comes as a config directory: no input may crash, hang or throw, and every error
// must come with a mistake. The input is split at lines "--- file NAME" into files; what stands
// before the first is tapline.yaml.
#include <cstdint>
#include <cstdlib>
#include <map>
#include <set>
#include <string>

#include "config/load.h"

namespace {

using Files = std::map<std::string, std::string>;

Files split(std::string_view input) {
    constexpr std::string_view kMark = "--- file ";
    Files files;
    std::string name = "tapline.yaml";
    while (!input.empty()) {
        const std::size_t end = input.find('\n');
        const std::string_view line = input.substr(0, end);
        input.remove_prefix(end == std::string_view::npos ? input.size() : end + 1);
        if (line.starts_with(kMark)) {
            name = line.substr(kMark.size());
        } else {
            files[name].append(line).append("\n");
        }
    }
    return files;
}

tapline::FileAccess access_to(const Files& files) {
    tapline::FileAccess access;
    access.read = [&files](const std::string& path) -> std::optional<std::string> {
        const auto file = files.find(path);
        if (file == files.end()) return std::nullopt;
        return file->second;
    };
    access.list = [&files](const std::string& folder) {
        std::set<std::string> names;
        for (const auto& [path, text] : files) {
            if (!path.starts_with(folder + "/")) continue;
            const std::string rest = path.substr(folder.size() + 1);
            const std::size_t slash = rest.find('/');
            names.insert(slash == std::string::npos ? rest : rest.substr(0, slash + 1));
        }
        return std::vector<std::string>(names.begin(), names.end());
    };
    access.environment = [](const std::string& name) -> std::optional<std::string> {
        if (name == "UNSET") return std::nullopt;
        return "0a1b2c3d4e5f6071";
    };
    return access;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const Files files = split({reinterpret_cast<const char*>(data), size});
    const tapline::LoadResult result =
        tapline::load_config(access_to(files), {"events", "instagram", "twilio"});
    bool has_error = false;
    for (const tapline::Mistake& mistake : result.mistakes) {
        if (mistake.message.empty() || tapline::to_string(mistake).empty()) std::abort();
        has_error = has_error || mistake.severity == tapline::Mistake::Severity::error;
    }
    if (has_error == result.config.has_value()) std::abort();
    return 0;
}
