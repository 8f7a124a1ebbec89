#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "config/tools/upgrade.h"
#include "gateway/cli/cli.h"
#include "gateway/cli/config_tools.h"
#include "gateway/cli/load_for_tool.h"
#include "gateway/cli/running.h"
#include "gateway/cli/terminal.h"

namespace tapline {

namespace {

namespace fs = std::filesystem;

// The file itself, or the config files of the directory: tapline.yaml and the brands'.
std::vector<std::string> files_of(const std::string& path) {
    std::error_code error;
    if (!fs::is_directory(path, error)) return {path};
    std::vector<std::string> files;
    const fs::path root(path);
    if (fs::is_regular_file(root / "tapline.yaml", error)) {
        files.push_back((root / "tapline.yaml").string());
    }
    for (fs::recursive_directory_iterator at(root / "brands", error), end; !error && at != end;
         at.increment(error)) {
        if (at->is_regular_file(error) && at->path().extension() == ".yaml") {
            files.push_back(at->path().string());
        }
    }
    std::sort(files.begin(), files.end());
    return files;
}

// Beside the file and then in its place, so that a full disk leaves the old one.
bool replace_file(const std::string& path, const std::string& text) {
    const std::string beside = path + ".tmp";
    std::ofstream file(beside, std::ios::binary | std::ios::trunc);
    file << text;
    file.close();
    std::error_code error;
    if (file.fail()) {
        fs::remove(beside, error);
        return false;
    }
    const auto mode = fs::status(path, error).permissions();
    if (!error) fs::permissions(beside, mode, error);
    fs::rename(beside, path, error);
    return !error;
}

}  // namespace

int fmt(const FmtOptions& options) {
    const auto files = files_of(options.path);
    if (files.empty()) {
        complain({ErrorCode::bad_request, "there is no config file in " + options.path});
        return kExitUsage;
    }
    bool differs = false;
    for (const std::string& path : files) {
        const auto bytes = read_input(path);
        if (!bytes) return kExitUsage;
        std::string text = options.upgrade ? upgraded_config(path, *bytes) : *bytes;
        text = tidied_config(path, text);
        if (text == *bytes) continue;
        differs = true;
        print_line((options.check ? "would change " : "changed ") + path);
        if (options.check || replace_file(path, text)) continue;
        complain({ErrorCode::bad_request, "cannot write " + path});
        return kExitUsage;
    }
    return differs && options.check ? kExitFindings : kExitOk;
}

}  // namespace tapline
