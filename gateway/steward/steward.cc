#include "gateway/steward/steward.h"

#include <chrono>

#include "gateway/log.h"
#include "gateway/redis/keys.h"
#include "gateway/steward/brands_left.h"
#include "gateway/steward/outcomes.h"
#include "gateway/steward/pilots.h"
#include "gateway/steward/releases.h"
#include "redis_scripts.h"

namespace tapline {

namespace {

constexpr std::chrono::milliseconds kTurn{1000};
constexpr std::chrono::milliseconds kStartPause{20};
constexpr int kStartTries = 50;

// The first trouble is told, but that Redis is away before any other.
void note(Result<void>& trouble, Result<void> done) {
    if (!done && (trouble || done.error().code == ErrorCode::unavailable)) {
        trouble = std::move(done);
    }
}

bool is_away(const Result<void>& done) {
    return !done && done.error().code == ErrorCode::unavailable;
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
    // What holds (switches) must be known as soon as anything is routed: the first turn comes with
    // the connection.
    std::chrono::milliseconds pause{0};
    for (int tries = 0;; ++tries) {
        {
            std::unique_lock lock(mutex_);
            if (wake_.wait_for(lock, pause, [this] { return stopping_; })) break;
        }
        const bool is_starting = tries < kStartTries && !link_.stats().connected;
        pause = is_starting ? kStartPause : kTurn;
        if (is_starting) continue;
        tries = kStartTries;
        const auto done = turn();
        const std::string trouble = done ? "" : done.error().message;
        // The same trouble every second is one line, not a flood.
        if (trouble != last_trouble && !trouble.empty()) {
            log_warning("steward: turn not finished", {{"reason", trouble}});
        }
        last_trouble = trouble;
        // Nothing is accepted until this is known, so it is asked for as soon as Redis comes.
        if (!knows_situations(state_)) pause = kStartPause;
    }
    config_hashes_.leave(link_);
}

Result<void> Steward::turn() {
    measured_ = StewardFigures{};
    if (auto read = know_situations(); !read) return read;
    if (auto done = settle("steward", watch_redis()); !done) return done;
    if (auto done = settle("steward.channels", watch_channels()); !done) return done;
    const auto hashes = config_hashes_.watch(state_, link_);
    if (auto done = settle("steward.config", hashes); !done) return done;
    const auto left = watch_brands_left(state_, link_);
    if (auto done = settle("steward.brands", left); !done) return done;
    const auto config = state_.config();
    for (const auto& [name, brand] : config->brands) {
        const Duty duty{state_, link_, *brand, state_.acceptor->parts().clock()};
        if (auto done = settle("steward." + name, tend_brand(duty)); !done) return done;
    }
    const std::lock_guard lock(mutex_);
    figures_ = measured_;
    last_turn_ = std::chrono::steady_clock::now();
    return {};
}

// Contacts are refused until then, so this comes before everything else. What else fails is told
// when the brand is tended.
Result<void> Steward::know_situations() {
    const auto config = state_.config();
    for (const auto& [name, brand] : config->brands) {
        if (state_.situations.known(name)) continue;
        const auto read = read_situation({state_, link_, *brand, state_.acceptor->parts().clock()});
        if (!read && read.error().code == ErrorCode::unavailable) {
            return tl::unexpected(read.error());
        }
    }
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

// What is held goes before its lane is looked at, so that a lane that the config lost is not
// removed under it. A part that fails does not stop the others.
Result<void> Steward::tend_brand(const Duty& duty) {
    Result<void> trouble = prepare(duty);
    if (is_away(trouble)) return trouble;
    note(trouble, tend_lanes(duty));
    if (is_away(trouble)) return trouble;
    note(trouble, tend(duty));
    return trouble;
}

Result<void> Steward::tend_lanes(const Duty& duty) {
    const std::string& brand = duty.brand.name;
    const auto lanes = lanes_of(duty.brand);
    if (!lanes) return tl::unexpected(lanes.error());
    const std::string prefix = "steward." + brand + ".";
    for (const std::string& lane : *lanes) {
        if (auto done = settle(prefix + lane, tend(duty, lane)); !done) return done;
    }
    return {};
}

// What holds is read first: releases and pilots ask for it. Outcomes are recorded before the lanes
// are looked at, since a transfer takes along what the acknowledged entry says.
Result<void> Steward::prepare(const Duty& duty) {
    Result<void> trouble = watch_situation(duty);
    note(trouble, once(duty));
    note(trouble, release_due(duty));
    note(trouble, release_switched(duty));
    note(trouble, watch_stuck(duty));
    note(trouble, record_outcomes(state_, link_, duty.brand));
    return trouble;
}

Result<void> Steward::tend(const Duty& duty) {
    Result<void> trouble =
        act_overdue(duty, finished_[duty.brand.name], overdue_passed_[duty.brand.name]);
    note(trouble, sweep_late(duty));
    note(trouble, guard_pilots(duty, *state_.situation(duty.brand.name)));
    note(trouble, watch_brand_topics(duty));
    note(trouble, expire_suppressions(duty, suppression_cursors_[duty.brand.name]));
    note(trouble, watch_quarantine(duty.brand.name));
    return trouble;
}

// Held entries keep the time that an earlier run of the gateway gave them, under other hours
// perhaps.
Result<void> Steward::once(const Duty& duty) {
    std::string& retimed = retimed_[duty.brand.name];
    if (retimed == duty.brand.config_version) return {};
    const auto count = retime_held(duty);
    if (!count) return tl::unexpected(count.error());
    retimed = duty.brand.config_version;
    return {};
}

Result<void> Steward::watch_situation(const Duty& duty) {
    const auto figures = read_situation(duty);
    if (!figures) return tl::unexpected(figures.error());
    measured_.situations[duty.brand.name] = *figures;
    return {};
}

Result<void> Steward::watch_brand_topics(const Duty& duty) {
    auto figures = watch_topics(duty);
    if (!figures) return tl::unexpected(figures.error());
    measured_.topics[duty.brand.name] = std::move(*figures);
    return {};
}

}  // namespace tapline
