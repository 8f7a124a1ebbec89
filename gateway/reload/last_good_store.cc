#include "gateway/reload/last_good_store.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/redis/fd.h"

namespace tapline {

namespace {

namespace fs = std::filesystem;

std::string file_name(const std::string& path) {
    std::string name;
    for (const char c : path) {
        if (c == '%') {
            name += "%25";
        } else if (c == '/') {
            name += "%2F";
        } else {
            name += c;
        }
    }
    return name;
}

std::string path_of(const std::string& name) {
    std::string path;
    for (std::size_t i = 0; i < name.size(); ++i) {
        const std::string_view code = std::string_view(name).substr(i, 3);
        if (code == "%2F" || code == "%25") {
            path += code == "%2F" ? '/' : '%';
            i += 2;
        } else {
            path += name[i];
        }
    }
    return path;
}

std::optional<std::string> bytes_of(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return std::nullopt;
    std::string bytes((std::istreambuf_iterator<char>(file)), {});
    return file.bad() ? std::nullopt : std::optional(std::move(bytes));
}

tl::unexpected<Error> cannot_write(const fs::path& path, const std::string& why) {
    return fail(ErrorCode::unavailable,
                "last good version: cannot write " + path.string() + ": " + why);
}

Result<void> write_file(const fs::path& path, const std::string& bytes) {
    const redis::Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    if (fd.get() < 0) return cannot_write(path, std::strerror(errno));
    std::string_view left = bytes;
    while (!left.empty()) {
        const ssize_t n = ::write(fd.get(), left.data(), left.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return cannot_write(path, std::strerror(errno));
        left.remove_prefix(static_cast<std::size_t>(n));
    }
    if (::fsync(fd.get()) != 0) return cannot_write(path, std::strerror(errno));
    return {};
}

void sync_folder(const fs::path& folder) {
    const redis::Fd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (fd.get() >= 0) ::fsync(fd.get());
}

// Some network file systems cannot exchange two names; there the old one goes first.
Result<void> put_in_place(const fs::path& fresh, const fs::path& place) {
    std::error_code error;
    const bool is_first = !fs::exists(place, error);
    const unsigned how = is_first ? 0U : static_cast<unsigned>(RENAME_EXCHANGE);
    if (::renameat2(AT_FDCWD, fresh.c_str(), AT_FDCWD, place.c_str(), how) != 0) {
        fs::remove_all(place, error);
        fs::rename(fresh, place, error);
        if (error) return cannot_write(place, error.message());
    }
    fs::remove_all(fresh, error);
    sync_folder(place.parent_path());
    return {};
}

Result<void> write_brand(const fs::path& folder, const std::string& brand,
                         const BrandFiles& version) {
    const fs::path fresh = folder / ("." + brand);
    std::error_code error;
    fs::remove_all(fresh, error);
    fs::create_directories(fresh, error);
    if (error) return cannot_write(fresh, error.message());
    for (const auto& [path, bytes] : version.files) {
        if (auto written = write_file(fresh / file_name(path), bytes); !written) return written;
    }
    sync_folder(fresh);
    return put_in_place(fresh, folder / brand);
}

}  // namespace

LastGoodStore::LastGoodStore(const std::string& data_dir)
    : folder_((fs::path(data_dir) / "last_good").string()), written_(read()) {}

LastGood LastGoodStore::read() const {
    LastGood all;
    std::error_code error;
    for (fs::directory_iterator at(folder_, error), end; !error && at != end; at.increment(error)) {
        const std::string brand = at->path().filename().string();
        if (brand.empty() || brand.front() == '.') continue;
        BrandFiles version;
        bool complete = true;
        std::error_code unread;
        for (fs::directory_iterator file(at->path(), unread); !unread && file != end;
             file.increment(unread)) {
            auto bytes = bytes_of(file->path());
            complete = complete && bytes;
            if (bytes) version.files[path_of(file->path().filename().string())] = *bytes;
        }
        if (!unread && complete && !version.files.empty()) all[brand] = std::move(version);
    }
    return all;
}

Result<void> LastGoodStore::keep(const LastGood& good) {
    Result<void> kept;
    for (const auto& [brand, version] : good) {
        const auto there = written_.find(brand);
        if (there != written_.end() && there->second.files == version.files) continue;
        if (auto written = write_brand(folder_, brand, version); !written) {
            kept = written;
            continue;
        }
        written_[brand].files = version.files;
    }
    std::erase_if(written_, [&](const auto& entry) {
        if (good.contains(entry.first)) return false;
        std::error_code error;
        fs::remove_all(fs::path(folder_) / entry.first, error);
        return true;
    });
    return kept;
}

}  // namespace tapline
