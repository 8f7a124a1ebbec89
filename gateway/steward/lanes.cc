// The steward's duty to every lane: removing what is acknowledged, figures, and the end of lanes
// that the config does not have any more.
#include <algorithm>
#include <chrono>
#include <set>

#include "adapters/backends/stream.h"
#include "gateway/log.h"
#include "gateway/redis/keys.h"
#include "gateway/steward/releases.h"
#include "gateway/steward/reported.h"
#include "gateway/steward/steward.h"
#include "redis_scripts.h"

namespace tapline {

namespace {

constexpr std::string_view kReapAtOnce = "500";
// After which consumers may take over a dead worker's entries; they read it from the about hash.
constexpr std::string_view kClaimMs = "60000";
// A pass over entries that consumers still hold goes on at the next turn after so many pages.
constexpr int kIdlePagesMax = 20;
constexpr std::chrono::milliseconds kReapBudget{500};

using redis::Reply;

const Queue* find_queue(const Brand& brand, std::string_view lane) {
    const auto found = brand.queues.find(std::string(queue_of(lane)));
    return found == brand.queues.end() ? nullptr : &found->second;
}

// Queues whose consumers must find an express lane, although nothing is on it yet.
std::set<std::string> express_queues(const Brand& brand) {
    std::set<std::string> names;
    for (const Route& route : brand.routes) {
        if (!route.is_express) continue;
        names.insert(route.to);
        if (route.pilot) {
            for (const Arm& arm : route.pilot->arms) names.insert(arm.to);
        }
        if (!route.to_owner) continue;
        for (const auto& [name, queue] : brand.queues) names.insert(name);
    }
    return names;
}

std::set<std::string> configured_lanes(const Brand& brand) {
    std::set<std::string> lanes;
    for (const auto& [name, queue] : brand.queues) lanes.insert(name);
    for (const std::string& name : express_queues(brand)) {
        if (brand.queues.contains(name)) lanes.insert(name + std::string(kExpressLane));
    }
    return lanes;
}

void raise_mended(Alarms& alarms, const std::string& brand, const std::string& lane,
                  const std::string& mended) {
    if (mended.empty()) return;
    alarms.raise(mended + "." + brand + "." + lane,
                 "somebody else made or moved the consumer group of this queue; it is set "
                 "back, and what is not removed yet is delivered once more. Only Tapline "
                 "uses XGROUP (docs/queue-contract.md). Stands until the gateway restarts");
}

}  // namespace

Result<std::vector<std::string>> Steward::lanes_of(const Brand& brand) {
    const std::set<std::string> configured = configured_lanes(brand);
    NotedLanes& noted = noted_lanes_[brand.name];
    if (noted.config_version != brand.config_version || noted.lanes != configured) {
        // What the config from before had, too: another gateway may have removed such a lane while
        // this one still put contacts on it.
        std::set<std::string> tell = configured;
        tell.insert(noted.lanes.begin(), noted.lanes.end());
        std::vector<std::string> add = {"SADD", redis::brand_key(brand.name, "queues")};
        add.insert(add.end(), tell.begin(), tell.end());
        if (!tell.empty()) {
            if (auto added = ask(link_, add); !added) return tl::unexpected(added.error());
        }
        noted = {brand.config_version, configured};
    }
    const auto known = ask(link_, {"SMEMBERS", redis::brand_key(brand.name, "queues")});
    if (!known) return tl::unexpected(known.error());
    std::set<std::string> lanes = configured;
    for (const Reply& lane : known->items) lanes.insert(lane.text);
    return std::vector<std::string>(lanes.begin(), lanes.end());
}

Result<void> Steward::tend(const Duty& duty, const std::string& lane) {
    if (!configured_lanes(duty.brand).contains(lane)) {
        const auto removed = remove_drained(duty, lane);
        if (!removed) return tl::unexpected(removed.error());
        if (*removed) return {};
    }
    if (auto reaped = reap(duty, lane); !reaped) return reaped;
    return measure(duty, lane);
}

Result<bool> Steward::remove_drained(const Duty& duty, const std::string& lane) {
    static const redis::Script script = redis::make_script("drained", kScriptDrained);
    const std::string& brand = duty.brand.name;
    const auto length = ask(link_, {"XLEN", redis::queue_key(brand, lane)});
    if (!length) return tl::unexpected(length.error());
    if (length->integer > 0) return false;
    const auto awaited = is_held_for(duty, lane);
    if (!awaited) return tl::unexpected(awaited.error());
    if (*awaited) return false;
    const auto removed = run_script(link_, script,
                                    {redis::brand_key(brand, "queues"),
                                     redis::queue_key(brand, lane), redis::about_key(brand, lane)},
                                    {lane});
    if (!removed) return tl::unexpected(removed.error());
    if (removed->integer == 0) return false;
    cursors_.erase({brand, lane});
    log_info("queue removed: the config does not have it, it is empty, and nothing is held for it",
             {{"brand", brand}, {"queue", lane}});
    return true;
}

Result<void> Steward::reap(const Duty& duty, const std::string& lane) {
    const std::string& brand = duty.brand.name;
    std::vector<std::string> keys = {redis::queue_key(brand, lane), redis::about_key(brand, lane)};
    for (const char* name : {"feed", "due", "late", "late_reason", "unanswered"}) {
        keys.push_back(redis::brand_key(brand, name));
    }
    keys.push_back(acknowledged_key(brand, duty.now));
    // Where there is no other queue nothing can be transferred; a full Redis needs the room.
    const bool keeps =
        duty.brand.queues.size() > 1 && !state_.alarms.all().contains(std::string(kRefusesAlarm));
    const std::string life = std::to_string(acknowledged_life(duty.now).count());
    const Queue* queue = find_queue(duty.brand, lane);
    const bool by_outcome = queue != nullptr && queue->answered_by_outcome;
    const auto until = std::chrono::steady_clock::now() + kReapBudget;
    std::string& cursor = cursors_[{brand, lane}];
    std::string from = cursor.empty() ? std::string("-") : std::exchange(cursor, {});
    int idle_pages = 0;
    while (!from.empty()) {
        const auto reply = run_script(
            link_, reap_script_, keys,
            {std::string(queue_of(lane)), from, std::string(kReapAtOnce),
             std::to_string(to_ms(state_.acceptor->parts().clock())), std::string(kContractVersion),
             std::string(kClaimMs), lane, by_outcome ? "outcome" : "", keeps ? life : "",
             std::to_string(kAcknowledgedMax)});
        if (!reply) return tl::unexpected(reply.error());
        if (reply->items.size() != 3) return fail(ErrorCode::corrupt, "reap: odd answer of Redis");
        from = reply->items[0].text;
        const std::int64_t removed = reply->items[1].integer;
        if (removed > 0) {
            state_.metrics.reaped.add(brand, lane, static_cast<std::uint64_t>(removed));
        } else {
            ++idle_pages;
        }
        raise_mended(state_.alarms, brand, lane, reply->items[2].text);
        if (idle_pages >= kIdlePagesMax || std::chrono::steady_clock::now() >= until) {
            cursor = from;
            break;
        }
    }
    return {};
}

Result<void> Steward::measure(const Duty& duty, const std::string& lane) {
    const std::string& brand = duty.brand.name;
    const std::string key = redis::queue_key(brand, lane);
    const auto stream = ask(link_, {"XINFO", "STREAM", key});
    if (!stream) return tl::unexpected(stream.error());
    const auto pending = ask(link_, {"XPENDING", key, std::string(queue_of(lane))});
    if (!pending) return tl::unexpected(pending.error());
    const auto about = ask(link_, {"HMGET", redis::about_key(brand, lane), "removed", "resets"});
    if (!about) return tl::unexpected(about.error());

    QueueFigures figures;
    if (const Reply* length = value_of(*stream, "length")) figures.depth = length->integer;
    if (!pending->items.empty()) figures.pending = pending->items[0].integer;
    if (about->items.size() != 2) return fail(ErrorCode::corrupt, "HMGET: odd answer of Redis");
    figures.removed = number_of(about->items[0].text);
    figures.resets = number_of(about->items[1].text);
    const Reply* first = value_of(*stream, "first-entry");
    if (first != nullptr && !first->items.empty()) {
        const std::int64_t added = number_of(first->items[0].text);
        figures.oldest_seconds = std::max(0.0, static_cast<double>(to_ms(duty.now) - added) / 1000);
    }
    if (const Reply* added = value_of(*stream, "entries-added")) {
        figures.foreign_deletes =
            std::max<std::int64_t>(0, added->integer - figures.depth - figures.removed);
    }
    const std::string alarm = "foreign_deletes." + brand + "." + lane;
    if (figures.foreign_deletes > 0 || figures.resets > 0) {
        state_.alarms.raise(alarm,
                            "somebody else deletes entries of this queue, or the whole "
                            "stream; consumers only XACK (docs/queue-contract.md)");
    } else {
        state_.alarms.clear(alarm);
    }
    finished_[brand].note(lane, duty.now, figures.removed);
    measured_.queues[{brand, lane}] = figures;
    return {};
}

}  // namespace tapline
