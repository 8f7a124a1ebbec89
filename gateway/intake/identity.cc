#include "gateway/intake/identity.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "adapters/crypto.h"
#include "routes/brand.h"

namespace tapline {

namespace {

constexpr std::size_t kKeyBytes = 32;

std::string short_hash(std::string_view mac) {
    std::string text = base64_encode(mac.substr(0, 16));
    text.resize(22);
    for (char& c : text) {
        if (c == '+') c = '-';
        if (c == '/') c = '_';
    }
    return text;
}

// Parts are length-prefixed, so that no two lists of parts give the same bytes.
void append_part(std::string& bytes, std::string_view part) {
    bytes.append(std::to_string(part.size())).append(":").append(part);
}

std::uint64_t first_40_bits(std::string_view mac) {
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < 5; ++i) bits = bits << 8 | static_cast<unsigned char>(mac[i]);
    return bits;
}

// `purpose` keeps an event and a thread of one name apart.
Identity identity_of(const Keys& keys, std::string_view purpose, std::string_view brand,
                     const Event& event, std::string_view id) {
    std::string bytes(purpose);
    append_part(bytes, brand);
    append_part(bytes, event.provider);
    append_part(bytes, event.account);
    append_part(bytes, id);
    const std::string mac = hmac_sha256(keys.tracking, bytes);
    return Identity{short_hash(std::string_view(mac).substr(8)),
                    TrackingNumber::from_bits(first_40_bits(mac))};
}

Result<void> make_key(const std::string& path, const Random& random) {
    std::error_code ignored;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path(), ignored);
    const std::string text = random_hex(random) + random_hex(random) + "\n";
    // A draft of its own for each that starts: nobody else writes into it, nor removes it.
    const std::string draft = path + "." + random_hex(random) + ".new";
    const int fd = ::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        return fail(ErrorCode::bad_config,
                    "keys: cannot write " + draft + ": " + std::strerror(errno));
    }
    const bool written =
        ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
        ::fsync(fd) == 0;
    ::close(fd);
    // link() and not rename(): of two gateways that start at once, one key must win for both.
    const bool placed = written && (::link(draft.c_str(), path.c_str()) == 0 || errno == EEXIST);
    const int reason = errno;
    ::unlink(draft.c_str());
    if (!placed) {
        return fail(ErrorCode::bad_config,
                    "keys: cannot write " + path + ": " + std::strerror(reason));
    }
    return {};
}

Result<std::string> read_key(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::string text((std::istreambuf_iterator<char>(file)), {});
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
    auto key = from_hex(text);
    if (!file || !key || key->size() != kKeyBytes) {
        return fail(
            ErrorCode::bad_config,
            "keys: " + path + " must hold 64 hex characters (made with: openssl rand -hex " +
                "32); copy it from another gateway, or move it away to have a new one made");
    }
    return *key;
}

Result<std::string> load_key(const std::string& path, const Random& random) {
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored)) {
        auto made = make_key(path, random);
        if (!made) return tl::unexpected(made.error());
    }
    return read_key(path);
}

}  // namespace

Result<Keys> load_keys(const std::string& tracking_path, const std::string& privacy_path,
                       const Random& random) {
    auto tracking = load_key(tracking_path, random);
    if (!tracking) return tl::unexpected(tracking.error());
    auto privacy = load_key(privacy_path, random);
    if (!privacy) return tl::unexpected(privacy.error());
    return Keys{*tracking, *privacy};
}

Result<Keys> read_keys(const std::string& tracking_path, const std::string& privacy_path) {
    auto tracking = read_key(tracking_path);
    if (!tracking) return tl::unexpected(tracking.error());
    auto privacy = read_key(privacy_path);
    if (!privacy) return tl::unexpected(privacy.error());
    return Keys{*tracking, *privacy};
}

std::string fingerprint(std::string_view key) {
    return to_hex(hmac_sha256(key, "tapline key fingerprint")).substr(0, 16);
}

Identity identify(const Keys& keys, std::string_view brand, const Event& event) {
    return identity_of(keys, "event\n", brand, event, event.event_id);
}

Identity identify_thread(const Keys& keys, std::string_view brand, const Event& event) {
    return identity_of(keys, "thread\n", brand, event, event.thread);
}

TrackingNumber derive_again(const Keys& keys, const Identity& identity, int attempt) {
    const std::string mac =
        hmac_sha256(keys.tracking, "again\n" + std::to_string(attempt) + "\n" + identity.founder);
    return TrackingNumber::from_bits(first_40_bits(mac));
}

std::string replay_hash(const Keys& keys, std::string_view brand, const Event& event) {
    if (event.replay_key.empty()) return {};
    std::string bytes;
    append_part(bytes, brand);
    append_part(bytes, event.provider);
    append_part(bytes, event.replay_key);
    return keyed_hash(keys, "replay", bytes);
}

std::optional<std::string> customer_hash(const Keys& keys, std::string_view brand,
                                         const Event& event) {
    const Customer& customer = event.customer;
    std::string bytes;
    append_part(bytes, brand);
    if (!customer.phone.empty()) {
        append_part(bytes, "phone");
        append_part(bytes, customer.phone);
    } else if (!customer.email.empty()) {
        append_part(bytes, "email");
        append_part(bytes, address_key(customer.email));
    } else if (!customer.platform_id.empty()) {
        append_part(bytes, event.provider);
        append_part(bytes, event.account);
        append_part(bytes, customer.platform_id);
    } else {
        return std::nullopt;
    }
    return keyed_hash(keys, "customer", bytes);
}

std::string keyed_hash(const Keys& keys, std::string_view purpose, std::string_view bytes) {
    std::string message(purpose);
    message.append("\n").append(bytes);
    return short_hash(hmac_sha256(keys.privacy, message));
}

}  // namespace tapline
