#include "gateway/steward/steward.h"

#include <array>
#include <charconv>
#include <chrono>
#include <cmath>

#include "adapters/backends/stream.h"
#include "gateway/log.h"
#include "gateway/redis/keys.h"
#include "gateway/steward/outcomes.h"
#include "redis_scripts.h"

namespace tapline {

namespace {

constexpr std::chrono::seconds kTurn{1};
constexpr std::string_view kReapAtOnce = "500";
// After which consumers may take over a dead worker's entries; they read it from the about hash.
constexpr std::string_view kClaimMs = "60000";
constexpr double kSkewAlarmSeconds = 5;

using redis::Reply;

std::int64_t number_of(std::string_view text) {
    std::int64_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

// The value behind `name` in a flat list of names and values.
const Reply* field(const Reply& list, std::string_view name) {
    for (std::size_t i = 0; i + 1 < list.items.size(); i += 2) {
        if (list.items[i].text == name) return &list.items[i + 1];
    }
    return nullptr;
}

Result<Reply> checked(Result<Reply> reply) {
    if (reply && reply->is_error()) return fail(ErrorCode::unavailable, reply->text);
    return reply;
}

}  // namespace

Steward::Steward(GatewayState& state, redis::Link& link)
    : state_(state), link_(link), reap_script_(redis::make_script("reap", kScriptReap)) {}

Steward::~Steward() {
    stop();
}

void Steward::start() {
    thread_ = std::thread([this] { run(); });
}

void Steward::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    if (thread_.joinable()) thread_.join();
}

void Steward::run() {
    std::string last_trouble;
    for (;;) {
        {
            std::unique_lock lock(mutex_);
            if (wake_.wait_for(lock, kTurn, [this] { return stopping_; })) return;
        }
        const auto done = turn();
        const std::string trouble = done ? "" : done.error().message;
        // The same trouble every second is one line, not a flood.
        if (trouble != last_trouble && !trouble.empty()) {
            log_warning("steward: turn not finished", {{"reason", trouble}});
        }
        last_trouble = trouble;
    }
}

Result<void> Steward::turn() {
    measured_ = StewardFigures{};
    if (auto watched = watch_clock(); !watched) return watched;
    if (auto watched = watch_quarantine(std::string(redis::kNoBrand)); !watched) return watched;
    for (const auto& [name, brand] : state_.config->brands) {
        for (const auto& [queue, settings] : brand->queues) {
            if (auto reaped = reap(name, queue); !reaped) return reaped;
            if (auto measured = measure(name, queue); !measured) return measured;
        }
        if (auto watched = watch_quarantine(name); !watched) return watched;
        if (auto recorded = record_outcomes(state_, link_, *brand); !recorded) return recorded;
    }
    const std::lock_guard lock(mutex_);
    figures_ = measured_;
    return {};
}

StewardFigures Steward::figures() const {
    const std::lock_guard lock(mutex_);
    return figures_;
}

Result<void> Steward::reap(const std::string& brand, const std::string& queue) {
    const std::array keys = {redis::queue_key(brand, queue), redis::about_key(brand, queue),
                             redis::brand_key(brand, "feed"), redis::brand_key(brand, "due")};
    const std::vector<std::string_view> key_views(keys.begin(), keys.end());
    std::string from = "-";
    while (!from.empty()) {
        const std::string now = std::to_string(to_ms(state_.acceptor->parts().clock()));
        const std::array<std::string_view, 6> args = {
            queue, from, kReapAtOnce, now, kContractVersion, kClaimMs};
        auto reply = checked(link_.call_script(reap_script_, key_views, args));
        if (!reply) return tl::unexpected(reply.error());
        if (reply->items.size() != 2) return fail(ErrorCode::corrupt, "reap: odd answer of Redis");
        from = reply->items[0].text;
        const std::int64_t removed = reply->items[1].integer;
        if (removed > 0) {
            state_.metrics.reaped.add(brand, queue, static_cast<std::uint64_t>(removed));
        }
    }
    return {};
}

Result<void> Steward::measure(const std::string& brand, const std::string& queue) {
    const std::string key = redis::queue_key(brand, queue);
    auto stream = checked(link_.call(redis::encode({"XINFO", "STREAM", key})));
    if (!stream) return tl::unexpected(stream.error());
    auto pending = checked(link_.call(redis::encode({"XPENDING", key, queue})));
    if (!pending) return tl::unexpected(pending.error());
    auto about = checked(
        link_.call(redis::encode({"HMGET", redis::about_key(brand, queue), "removed", "resets"})));
    if (!about) return tl::unexpected(about.error());

    QueueFigures figures;
    if (const Reply* length = field(*stream, "length")) figures.depth = length->integer;
    if (!pending->items.empty()) figures.pending = pending->items[0].integer;
    if (about->items.size() != 2) return fail(ErrorCode::corrupt, "HMGET: odd answer of Redis");
    figures.removed = number_of(about->items[0].text);
    figures.resets = number_of(about->items[1].text);
    const Reply* first = field(*stream, "first-entry");
    if (first != nullptr && !first->items.empty()) {
        const std::int64_t added = number_of(first->items[0].text);
        const std::int64_t now = to_ms(state_.acceptor->parts().clock());
        figures.oldest_seconds = std::max(0.0, static_cast<double>(now - added) / 1000);
    }
    if (const Reply* added = field(*stream, "entries-added")) {
        figures.foreign_deletes =
            std::max<std::int64_t>(0, added->integer - figures.depth - figures.removed);
    }
    const std::string alarm = "foreign_deletes." + brand + "." + queue;
    if (figures.foreign_deletes > 0 || figures.resets > 0) {
        state_.alarms.raise(alarm,
                            "somebody else deletes entries of this queue, or the whole "
                            "stream; consumers only XACK (docs/queue-contract.md)");
    } else {
        state_.alarms.clear(alarm);
    }
    measured_.queues[{brand, queue}] = figures;
    return {};
}

Result<void> Steward::watch_quarantine(const std::string& brand) {
    auto length =
        checked(link_.call(redis::encode({"XLEN", redis::brand_key(brand, "quarantine")})));
    if (!length) return tl::unexpected(length.error());
    measured_.quarantine[brand] = length->integer;
    const auto most = static_cast<std::int64_t>(state_.config->limits.quarantine_entries);
    const std::string alarm = "quarantine_full." + brand;
    if (length->integer >= most) {
        state_.alarms.raise(alarm, "authentic events that cannot be used are refused with 503");
    } else {
        state_.alarms.clear(alarm);
    }
    return {};
}

Result<void> Steward::watch_clock() {
    const Time before = state_.acceptor->parts().clock();
    auto time = checked(link_.call(redis::encode({"TIME"})));
    if (!time) return tl::unexpected(time.error());
    const Time after = state_.acceptor->parts().clock();
    if (time->items.size() != 2) return fail(ErrorCode::corrupt, "TIME: odd answer of Redis");
    const double theirs = static_cast<double>(number_of(time->items[0].text)) +
                          static_cast<double>(number_of(time->items[1].text)) / 1e6;
    const double ours = static_cast<double>(to_ms(before) + to_ms(after)) / 2000;
    measured_.clock_skew_seconds = theirs - ours;
    if (std::abs(measured_.clock_skew_seconds) > kSkewAlarmSeconds) {
        state_.alarms.raise("clock_skew",
                            "the clocks of this gateway and of Redis differ by more "
                            "than 5 s; set both by NTP");
    } else {
        state_.alarms.clear("clock_skew");
    }
    return {};
}

}  // namespace tapline
