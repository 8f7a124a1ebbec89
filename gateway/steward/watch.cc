// The steward's watch over Redis itself: whether it takes writes, whether it is still the same, its
// clock, the quarantine; and over connections, profiles and buttons.
#include <array>
#include <chrono>
#include <cmath>

#include "gateway/redis/keys.h"
#include "gateway/steward/steward.h"
#include "redis_scripts.h"

namespace tapline {

namespace {

constexpr double kSkewAlarmSeconds = 5;

}  // namespace

Result<void> Steward::watch_quarantine(const std::string& brand) {
    const std::string key = redis::brand_key(brand, "quarantine");
    auto length = ask(link_, {"XLEN", key});
    if (!length) return tl::unexpected(length.error());
    // As quarantine.lua measures it; nil, which reads as 0, where nothing is kept.
    auto memory = ask(link_, {"MEMORY", "USAGE", key, "SAMPLES", "0"});
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
    auto reply = run_script(link_, reason_script_, {key}, {});
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
        auto there = ask(link_, {"EXISTS", key});
        if (!there) return tl::unexpected(there.error());
        if (there->integer != 0) continue;
        state_.alarms.raise(std::string(kEmptiedAlarm), std::string(kEmptiedText));
        auto set = ask(link_, {"SET", key, text, "NX"});
        if (!set) return tl::unexpected(set.error());
    }
    return {};
}

Result<void> Steward::watch_clock() {
    const Time before = state_.acceptor->parts().clock();
    auto time = ask(link_, {"TIME"});
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
