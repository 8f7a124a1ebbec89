#include "gateway/reload/restart_keys.h"

#include <algorithm>
#include <string_view>

namespace tapline {

namespace {

bool is_same(const ListenerConfig& one, const ListenerConfig& other) {
    return one.address == other.address && one.certificate == other.certificate &&
           one.key == other.key;
}

bool is_same(const std::vector<ListenerConfig>& one, const std::vector<ListenerConfig>& other) {
    return std::equal(one.begin(), one.end(), other.begin(), other.end(),
                      [](const auto& a, const auto& b) { return is_same(a, b); });
}

bool is_same(const RedisConfig& one, const RedisConfig& other) {
    return one.embedded == other.embedded && one.url == other.url && one.waive == other.waive;
}

template <class T>
bool is_same(const T& one, const T& other) {
    return one == other;
}

}  // namespace

std::vector<std::string> keep_until_restart(const Config& running, Config& next) {
    std::vector<std::string> keys;
    const auto keep = [&keys](std::string_view key, const auto& old, auto& fresh) {
        const bool told = !keys.empty() && keys.back() == key;
        if (!is_same(old, fresh) && !told) keys.emplace_back(key);
        fresh = old;
    };
    keep("listen", running.listen, next.listen);
    keep("admin", running.admin, next.admin);
    keep("trusted_proxies", running.trusted_proxies, next.trusted_proxies);
    keep("limits.requests_in_flight", running.limits.requests_in_flight,
         next.limits.requests_in_flight);
    keep("limits.buffered_body_bytes", running.limits.buffered_body_bytes,
         next.limits.buffered_body_bytes);
    keep("limits.connections", running.limits.connections, next.limits.connections);
    keep("redis", running.redis, next.redis);
    keep("mail.listen", running.mail.listen, next.mail.listen);
    keep("data_dir", running.data_dir, next.data_dir);
    keep("keys", running.tracking_key, next.tracking_key);
    keep("keys", running.privacy_key, next.privacy_key);
    return keys;
}

}  // namespace tapline
