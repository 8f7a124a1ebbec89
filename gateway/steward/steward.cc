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
// A pass over entries that consumers still hold goes on at the next turn after so many pages.
constexpr int kIdlePagesMax = 20;
constexpr std::chrono::milliseconds kReapBudget{500};

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

// unavailable means that Redis is away; an answer that it gives is something else.
Result<Reply> checked(Result<Reply> reply) {
    if (reply && reply->is_error()) return fail(ErrorCode::corrupt, "Redis: " + reply->text);
    return reply;
}

}  // namespace

Steward::Steward(GatewayState& state, redis::Link& link)
    : state_(state),
      link_(link),
      config_hashes_(random_hex(state.acceptor->parts().random)),
      reap_script_(redis::make_script("reap", kScriptReap)),
      reason_script_(redis::make_script("reason", kScriptReason)),
      last_turn_(std::chrono::steady_clock::now()) {}

std::string fingerprint_key(std::string_view name) {
    return redis::brand_key(redis::kNoBrand, "fingerprint:").append(name);
}

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
            if (wake_.wait_for(lock, kTurn, [this] { return stopping_; })) break;
        }
        const auto done = turn();
        const std::string trouble = done ? "" : done.error().message;
        // The same trouble every second is one line, not a flood.
        if (trouble != last_trouble && !trouble.empty()) {
            log_warning("steward: turn not finished", {{"reason", trouble}});
        }
        last_trouble = trouble;
    }
    config_hashes_.leave(link_);
}

Result<void> Steward::turn() {
    measured_ = StewardFigures{};
    if (auto done = settle("steward", watch_redis()); !done) return done;
    if (auto done = settle("steward.channels", watch_channels()); !done) return done;
    const auto hashes = config_hashes_.watch(state_, link_);
    if (auto done = settle("steward.config", hashes); !done) return done;
    const auto config = state_.config();
    for (const auto& [name, brand] : config->brands) {
        for (const auto& [queue, settings] : brand->queues) {
            std::string alarm = "steward.";
            alarm.append(name).append(".").append(queue);
            if (auto done = settle(alarm, tend(name, queue)); !done) {
                return done;
            }
        }
        if (auto done = settle("steward." + name, tend(*brand)); !done) return done;
    }
    const std::lock_guard lock(mutex_);
    figures_ = measured_;
    last_turn_ = std::chrono::steady_clock::now();
    return {};
}

Result<void> Steward::settle(const std::string& alarm, const Result<void>& done) {
    if (done) {
        state_.alarms.clear(alarm);
        return {};
    }
    if (done.error().code == ErrorCode::unavailable) return done;
    state_.alarms.raise(alarm, "a part of the background duty fails: " + done.error().message);
    return {};
}

StewardFigures Steward::figures() const {
    const std::lock_guard lock(mutex_);
    return figures_;
}

double Steward::last_turn_seconds() const {
    const std::lock_guard lock(mutex_);
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - last_turn_).count();
}

Result<void> Steward::tend(const std::string& brand, const std::string& queue) {
    if (auto reaped = reap(brand, queue); !reaped) return reaped;
    return measure(brand, queue);
}

Result<void> Steward::tend(const Brand& brand) {
    auto watched = watch_quarantine(brand.name);
    if (!watched && watched.error().code == ErrorCode::unavailable) return watched;
    auto recorded = record_outcomes(state_, link_, brand);
    return recorded ? watched : recorded;
}

Result<void> Steward::reap(const std::string& brand, const std::string& queue) {
    const std::array keys = {redis::queue_key(brand, queue), redis::about_key(brand, queue),
                             redis::brand_key(brand, "feed"), redis::brand_key(brand, "due")};
    const std::vector<std::string_view> key_views(keys.begin(), keys.end());
    const auto until = std::chrono::steady_clock::now() + kReapBudget;
    std::string& cursor = cursors_[{brand, queue}];
    std::string from = cursor.empty() ? std::string("-") : std::exchange(cursor, {});
    int idle_pages = 0;
    while (!from.empty()) {
        const std::string now = std::to_string(to_ms(state_.acceptor->parts().clock()));
        const std::array<std::string_view, 6> args = {
            queue, from, kReapAtOnce, now, kContractVersion, kClaimMs};
        auto reply = checked(link_.call_script(reap_script_, key_views, args));
        if (!reply) return tl::unexpected(reply.error());
        if (reply->items.size() != 3) return fail(ErrorCode::corrupt, "reap: odd answer of Redis");
        from = reply->items[0].text;
        const std::int64_t removed = reply->items[1].integer;
        if (removed > 0) {
            state_.metrics.reaped.add(brand, queue, static_cast<std::uint64_t>(removed));
        } else {
            ++idle_pages;
        }
        note_mended(brand, queue, reply->items[2].text);
        if (idle_pages >= kIdlePagesMax || std::chrono::steady_clock::now() >= until) {
            cursor = from;
            break;
        }
    }
    return {};
}

void Steward::note_mended(const std::string& brand, const std::string& queue,
                          const std::string& mended) {
    if (mended.empty()) return;
    state_.alarms.raise(mended + "." + brand + "." + queue,
                        "somebody else made or moved the consumer group of this queue; it is set "
                        "back, and what is not removed yet is delivered once more. Only Tapline "
                        "uses XGROUP (docs/queue-contract.md). Stands until the gateway restarts");
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
    const std::string key = redis::brand_key(brand, "quarantine");
    auto length = checked(link_.call(redis::encode({"XLEN", key})));
    if (!length) return tl::unexpected(length.error());
    // As quarantine.lua measures it; nil, which reads as 0, where nothing is kept.
    auto memory = checked(link_.call(redis::encode({"MEMORY", "USAGE", key, "SAMPLES", "0"})));
    if (!memory) return tl::unexpected(memory.error());
    QuarantineFigures figures{length->integer, memory->integer, {}};
    auto reason = newest_reason(brand, figures);
    if (!reason) return tl::unexpected(reason.error());
    figures.newest_reason = std::move(*reason);
    last_quarantine_[brand] = figures;
    measured_.quarantine[brand] = figures;
    const LimitsConfig limits = state_.config()->limits;
    const std::string alarm = "quarantine_full." + brand;
    if (length->integer >= static_cast<std::int64_t>(limits.quarantine_entries) ||
        memory->integer >= static_cast<std::int64_t>(limits.quarantine_bytes)) {
        state_.alarms.raise(alarm, quarantine_full_text(brand));
    } else {
        state_.alarms.clear(alarm);
    }
    return {};
}

// Asked for only when the quarantine has changed.
Result<std::string> Steward::newest_reason(const std::string& brand,
                                           const QuarantineFigures& figures) {
    if (figures.entries == 0) return std::string();
    const QuarantineFigures& last = last_quarantine_[brand];
    const bool same = last.entries == figures.entries && last.bytes == figures.bytes;
    if (same) return last.newest_reason;
    const std::string key = redis::brand_key(brand, "quarantine");
    const std::array<std::string_view, 1> keys = {key};
    auto reply = checked(link_.call_script(reason_script_, keys, {}));
    if (!reply) return tl::unexpected(reply.error());
    return std::move(reply->text);
}

Result<void> Steward::watch_redis() {
    if (auto watched = watch_writes(); !watched) return watched;
    if (auto watched = watch_fingerprints(); !watched) return watched;
    if (auto watched = watch_clock(); !watched) return watched;
    return watch_quarantine(std::string(redis::kNoBrand));
}

Result<void> Steward::watch_channels() {
    auto heard = keep_heard(state_, link_);
    if (!heard) return tl::unexpected(heard.error());
    measured_.heard = std::move(*heard);
    const Time now = state_.acceptor->parts().clock();
    watch_handshakes(channel_rows(*state_.config(), measured_.heard, now), state_.alarms);
    return {};
}

// The command by which contacts are queued, on a stream that does not exist: Redis refuses it as it
// would refuse them (full, read-only, disk error), and else writes nothing.
Result<void> Steward::watch_writes() {
    const std::string probe = redis::brand_key(redis::kNoBrand, "probe");
    auto reply = link_.call(redis::encode({"XADD", probe, "NOMKSTREAM", "*", "probe", "1"}));
    if (!reply) return tl::unexpected(reply.error());
    if (reply->is_error()) {
        state_.alarms.raise(std::string(kRefusesAlarm),
                            "Redis refuses to write, so no contact is accepted: " + reply->text);
    } else {
        state_.alarms.clear(std::string(kRefusesAlarm));
    }
    return {};
}

Result<void> Steward::watch_fingerprints() {
    const Keys& keys = state_.acceptor->parts().keys;
    const std::array<std::pair<std::string, std::string>, 2> expected = {
        {{fingerprint_key("tracking"), fingerprint(keys.tracking)},
         {fingerprint_key("privacy"), fingerprint(keys.privacy)}}};
    for (const auto& [key, text] : expected) {
        auto there = checked(link_.call(redis::encode({"EXISTS", key})));
        if (!there) return tl::unexpected(there.error());
        if (there->integer != 0) continue;
        state_.alarms.raise(std::string(kEmptiedAlarm), std::string(kEmptiedText));
        auto set = checked(link_.call(redis::encode({"SET", key, text, "NX"})));
        if (!set) return tl::unexpected(set.error());
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
