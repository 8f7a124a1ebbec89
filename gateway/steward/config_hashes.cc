#include "gateway/steward/config_hashes.h"

#include <nlohmann/json.hpp>

#include "gateway/redis/keys.h"
#include "gateway/version.h"

namespace tapline {

namespace {

using Json = nlohmann::ordered_json;

std::string gateways_key() {
    return redis::brand_key(redis::kNoBrand, "gateways");
}

struct Told {
    std::string hash;
    Time at{};
};

// What somebody else wrote there is as old as can be.
Told told_by(const std::string& text) {
    const Json json = Json::parse(text, nullptr, false);
    if (!json.is_object() || !json.contains("at") || !json["at"].is_number_integer()) return {};
    if (!json.contains("hash") || !json["hash"].is_string()) return {};
    return {json["hash"].get<std::string>(), from_ms(json["at"].get<std::int64_t>())};
}

}  // namespace

Result<void> ConfigHashes::watch(GatewayState& state, redis::Link& link) {
    const std::string key = gateways_key();
    const std::string ours = state.settings()->hash;
    const Time now = state.acceptor->parts().clock();
    const Json told = {{"hash", ours}, {"at", to_ms(now)}, {"version", kVersion}};
    auto set = link.call(redis::encode({"HSET", key, instance_, told.dump()}));
    if (!set) return tl::unexpected(set.error());
    auto all = link.call(redis::encode({"HGETALL", key}));
    if (!all) return tl::unexpected(all.error());
    if (set->is_error()) return fail(ErrorCode::corrupt, "Redis: " + set->text);
    if (all->is_error()) return fail(ErrorCode::corrupt, "Redis: " + all->text);

    std::string other;
    for (std::size_t i = 0; i + 1 < all->items.size(); i += 2) {
        const Told one = told_by(all->items[i + 1].text);
        if (now - one.at > kForgottenGateway) {
            auto removed = link.call(redis::encode({"HDEL", key, all->items[i].text}));
            if (!removed) return tl::unexpected(removed.error());
        } else if (now - one.at <= kSilentGateway && one.hash != ours) {
            other = one.hash;
        }
    }
    if (other.empty()) {
        differs_since_.reset();
        state.alarms.clear(std::string(kDiffersAlarm));
        return {};
    }
    if (!differs_since_) differs_since_ = now;
    if (now - *differs_since_ > kDiffersPatience) {
        state.alarms.raise(std::string(kDiffersAlarm),
                           "this gateway decides by config " + ours + " and another by " + other +
                               ", so the same contact is routed differently; give all the same "
                               "files (\"tapline doctor\" shows a gateway's config)");
    }
    return {};
}

void ConfigHashes::leave(redis::Link& link) const {
    static_cast<void>(link.call(redis::encode({"HDEL", gateways_key(), instance_})));
}

}  // namespace tapline
