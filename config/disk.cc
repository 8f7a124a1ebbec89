// The one file of this layer that touches the disk and the environment.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "config/config.h"
#include "config/csv.h"

namespace tapline {

namespace {

namespace fs = std::filesystem;

std::optional<std::string> read_file(const fs::path& path) {
    std::error_code error;
    if (!fs::is_regular_file(path, error)) return std::nullopt;
    std::ifstream file(path, std::ios::binary);
    if (!file) return std::nullopt;
    // One byte more than a table may have, so that its reader sees that it is too large.
    const auto size = fs::file_size(path, error);
    if (error) return std::nullopt;
    std::string bytes(std::min<std::size_t>(size, kTableBytesMax + 1), '\0');
    file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    if (file.bad()) return std::nullopt;
    bytes.resize(static_cast<std::size_t>(file.gcount()));
    return bytes;
}

std::vector<std::string> list_folder(const fs::path& folder) {
    std::vector<std::string> names;
    std::error_code error;
    fs::directory_iterator at(folder, error);
    while (!error && at != fs::directory_iterator()) {
        std::error_code unknown;
        const bool is_folder = at->is_directory(unknown);
        names.push_back(at->path().filename().string() + (is_folder ? "/" : ""));
        at.increment(error);
    }
    std::sort(names.begin(), names.end());
    return names;
}

bool leads_outside(const fs::path& root, const fs::path& path) {
    std::error_code error;
    const fs::path home = fs::canonical(root, error);
    if (error) return true;
    const fs::path real = fs::weakly_canonical(root / path, error);
    if (error) return true;
    const auto end = std::mismatch(home.begin(), home.end(), real.begin(), real.end());
    return end.first != home.end();
}

std::string fault_of_directory(const fs::path& root) {
    std::error_code error;
    if (fs::is_directory(root, error)) return "";
    if (fs::exists(root, error)) return "is a file; give the directory that tapline.yaml is in";
    return error ? "cannot be looked at: " + error.message()
                 : "does not exist; \"tapline init BRAND --config " + root.string() +
                       "\" writes a first config there";
}

}  // namespace

FileAccess disk_access(const std::string& directory) {
    const fs::path root(directory);
    FileAccess files;
    files.directory = directory;
    files.read = [root](const std::string& path) { return read_file(root / path); };
    files.list = [root](const std::string& folder) { return list_folder(root / folder); };
    files.directory_fault = [root] { return fault_of_directory(root); };
    files.is_outside = [root](const std::string& path) { return leads_outside(root, path); };
    files.environment = [](const std::string& name) -> std::optional<std::string> {
        const char* value = std::getenv(name.c_str());
        if (value == nullptr) return std::nullopt;
        return std::string(value);
    };
    return files;
}

}  // namespace tapline
