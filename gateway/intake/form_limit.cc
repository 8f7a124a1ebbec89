#include "gateway/intake/form_limit.h"

#include <algorithm>

#include "gateway/intake/tap_limit.h"

namespace tapline {

namespace {

constexpr std::size_t kClientsMax = 100'000;

}  // namespace

void FormLimit::fill(Bucket& bucket, double per_minute, Moment now) {
    const std::chrono::duration<double, std::ratio<60>> passed = now - bucket.filled;
    bucket.tokens = std::min(per_minute, bucket.tokens + passed.count() * per_minute);
    bucket.filled = now;
}

FormLimit::Verdict FormLimit::take(const std::string& connection, const WebForm& form,
                                   const std::string& address, Moment now) {
    const auto each = static_cast<double>(form.client_per_minute);
    const auto all = static_cast<double>(form.all_per_minute);
    const std::lock_guard lock(mutex_);
    Bucket& whole = connections_.try_emplace(connection, Bucket{all, now}).first->second;
    fill(whole, all, now);
    Bucket* own = nullptr;
    if (!is_shared_address(address)) {
        if (clients_.size() >= kClientsMax) clients_.clear();
        const std::string name = connection + "\n" + address_block(address);
        own = &clients_.try_emplace(name, Bucket{each, now}).first->second;
        fill(*own, each, now);
    }
    if (own != nullptr && own->tokens < 1) return Verdict::client;
    if (whole.tokens < 1) return Verdict::connection;
    if (own != nullptr) own->tokens -= 1;
    whole.tokens -= 1;
    return Verdict::taken;
}

}  // namespace tapline
