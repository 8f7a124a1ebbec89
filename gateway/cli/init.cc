#include <cstdio>
#include <filesystem>
#include <fstream>

#include <sys/stat.h>

#include "config/config.h"
#include "gateway/cli/cli.h"
#include "gateway/cli/running.h"

namespace tapline {

namespace {

namespace fs = std::filesystem;

std::string random_bytes(std::size_t count) {
    const Random random = system_random();
    std::string bytes;
    while (bytes.size() < count) {
        const std::uint64_t bits = random();
        bytes.append(reinterpret_cast<const char*>(&bits), sizeof bits);
    }
    bytes.resize(count);
    return bytes;
}

Result<void> write_new(const fs::path& path, const InitFile& file) {
    std::error_code failed;
    fs::create_directories(path.parent_path(), failed);
    std::ofstream stream(path, std::ios::binary);
    if (file.is_secret) ::chmod(path.c_str(), 0600);
    stream << file.text;
    stream.close();
    if (!stream) return fail(ErrorCode::bad_config, "cannot write " + path.string());
    return {};
}

}  // namespace

int init(const InitOptions& options) {
    const fs::path dir = options.config_dir;
    auto files = init_files(options.brand, random_bytes);
    if (!files) {
        complain(files.error());
        return kExitUsage;
    }
    if (fs::exists(dir / "brands" / (options.brand + ".yaml")) ||
        fs::exists(dir / "brands" / options.brand)) {
        return complain({ErrorCode::bad_request, "brand " + options.brand + " exists in " +
                                                     dir.string() + "; nothing was written"});
    }
    for (const InitFile& file : *files) {
        const fs::path path = dir / file.path;
        // tapline.yaml, .gitignore and secrets that are there belong to the operator.
        if (fs::exists(path)) continue;
        if (auto written = write_new(path, file); !written) return complain(written.error());
        std::printf("wrote %s\n", path.string().c_str());
    }
    const std::string name = dir.string();
    std::printf(
        "Next: edit them, then\n"
        "  tapline check %s\n"
        "  tapline serve --config %s --tour\n",
        name.c_str(), name.c_str());
    return kExitOk;
}

}  // namespace tapline
