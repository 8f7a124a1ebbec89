#include "gateway/steward/brands_left.h"

#include <set>

#include "gateway/redis/keys.h"
#include "gateway/steward/duty.h"

namespace tapline {

namespace {

struct Left {
    std::int64_t held = 0;
    std::int64_t outcomes = 0;
    std::int64_t clocks = 0;
    std::int64_t entries = 0;

    bool is_empty() const { return held + outcomes + clocks + entries == 0; }
};

Result<void> add_count(redis::Link& link, const char* command, const std::string& key,
                       std::int64_t& sum) {
    const auto count = ask(link, {command, key});
    if (!count) return tl::unexpected(count.error());
    sum += count->integer;
    return {};
}

// Of the keys that `key_of` makes of the members of a set.
template <class KeyOf>
Result<void> add_counts(redis::Link& link, const std::string& set, const char* command,
                        KeyOf key_of, std::int64_t& sum) {
    const auto names = ask(link, {"SMEMBERS", set});
    if (!names) return tl::unexpected(names.error());
    for (const redis::Reply& name : names->items) {
        if (auto added = add_count(link, command, key_of(name.text), sum); !added) return added;
    }
    return {};
}

Result<Left> left_of(redis::Link& link, const std::string& brand) {
    Left left;
    const auto key = [&](const char* rest) { return redis::brand_key(brand, rest); };
    const auto timer = [&](const std::string& name) { return redis::switched_key(brand, name); };
    const auto lane = [&](const std::string& name) { return redis::queue_key(brand, name); };
    for (const auto& counted : {add_count(link, "ZCARD", key("delayed"), left.held),
                                add_counts(link, key("switch_names"), "ZCARD", timer, left.held),
                                add_count(link, "XLEN", key("outcomes"), left.outcomes),
                                add_count(link, "ZCARD", key("due"), left.clocks),
                                add_counts(link, key("queues"), "XLEN", lane, left.entries)}) {
        if (!counted) return tl::unexpected(counted.error());
    }
    return left;
}

std::string left_text(const Left& left) {
    return "the config has lost this brand, and in Redis are " + std::to_string(left.held) +
           " held contacts, " + std::to_string(left.entries) + " entries on queues, " +
           std::to_string(left.clocks) + " running clocks and " + std::to_string(left.outcomes) +
           " outcomes of it that nobody tends. Put its file back until they are done "
           "(docs/operations.md)";
}

}  // namespace

Result<void> watch_brands_left(GatewayState& state, redis::Link& link) {
    const std::string key = redis::brand_key(redis::kNoBrand, "brands");
    const std::string prefix = "brand_left.";
    const auto config = state.config();
    std::vector<std::string> add = {"SADD", key};
    for (const auto& [name, brand] : config->brands) add.push_back(name);
    if (add.size() > 2) {
        if (auto added = ask(link, add); !added) return tl::unexpected(added.error());
    }
    const auto served = ask(link, {"SMEMBERS", key});
    if (!served) return tl::unexpected(served.error());
    std::set<std::string> behind;
    Result<void> trouble;
    for (const redis::Reply& brand : served->items) {
        if (config->brands.contains(brand.text)) continue;
        const auto left = left_of(link, brand.text);
        if (!left && left.error().code == ErrorCode::unavailable) {
            return tl::unexpected(left.error());
        }
        if (left && left->is_empty()) {
            if (auto gone = ask(link, {"SREM", key, brand.text}); !gone) {
                return tl::unexpected(gone.error());
            }
            continue;
        }
        behind.insert(brand.text);
        if (left) {
            state.alarms.raise(prefix + brand.text, left_text(*left));
        } else {
            trouble = tl::unexpected(left.error());
        }
    }
    state.alarms.clear_others(prefix, behind);
    return trouble;
}

}  // namespace tapline
