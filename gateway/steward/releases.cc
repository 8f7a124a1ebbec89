#include "gateway/steward/releases.h"

#include <chrono>

#include "gateway/intake/held.h"
#include "gateway/intake/release.h"
#include "gateway/redis/keys.h"
#include "redis_scripts.h"

namespace tapline {

namespace {

using redis::Reply;

constexpr std::string_view kPage = "200";
constexpr std::int64_t kPageSize = 200;
// So many of the stuck ones are looked at in each turn, whichever.
constexpr std::string_view kStuckSample = "20";

const Queue* find_queue(const Brand& brand, std::string_view lane) {
    const auto found = brand.queues.find(std::string(queue_of(lane)));
    return found == brand.queues.end() ? nullptr : &found->second;
}

std::string held_key(const Brand& brand, const std::string& member) {
    return redis::held_key(brand.name, ident_of(member));
}

Result<bool> release_one(const Duty& duty, const std::string& member,
                         const std::string& switch_name) {
    static const redis::Script script = release_script();
    ReleaseCall call{member, switch_name, duty.now, std::nullopt};
    if (switch_name.empty()) call.latest = duty.now;
    const auto released = release_entry(duty.link, script, duty.brand, call);
    if (!released) return tl::unexpected(released.error());
    if (released->end == Released::End::changed) {
        return fail(ErrorCode::corrupt, "release: a held entry does not say where it goes");
    }
    if (released->end != Released::End::released) return false;
    duty.state.metrics.released.add(duty.brand.name, released->kind);
    return true;
}

// When an entry that the queue's hours hold is released: now, where they hold nothing any more.
Time release_time(const Duty& duty, const std::string& queue_name) {
    const auto queue = duty.brand.queues.find(queue_name);
    if (queue == duty.brand.queues.end()) return duty.now;
    const auto hours = duty.brand.hours.find(queue->second.hours);
    if (hours == duty.brand.hours.end()) return duty.now;
    return next_open(hours->second, duty.now).value_or(duty.now);
}

// One that may not go yet.
struct Wait {
    Time until{};
    std::string_view why;  // kind of tapline_released_total
};

// Nothing where the entry may go: its queue is open, and has room for it where it is late. Posts of
// a customer that were gathered came while it was open.
Result<std::optional<Wait>> wait_of(const Duty& duty, const std::string& member) {
    const auto held =
        ask(duty.link, {"HMGET", held_key(duty.brand, member), "_kind", "_lane", "due_at"});
    if (!held) return tl::unexpected(held.error());
    if (held->items.size() != 3) return std::nullopt;
    const std::string& lane = held->items[1].text;
    const std::string& due = held->items[2].text;
    const Queue* queue = find_queue(duty.brand, lane);
    if (queue == nullptr) return std::nullopt;
    if (held->items[0].text != "patience") {
        const Time opens = release_time(duty, std::string(queue_of(lane)));
        if (opens > duty.now) return Wait{opens, "closed"};
    }
    if (!queue->backfill_below || due.empty()) return std::nullopt;
    if (number_of(due) > to_ms(duty.now)) return std::nullopt;
    const auto length = ask(duty.link, {"XLEN", redis::queue_key(duty.brand.name, lane)});
    if (!length) return tl::unexpected(length.error());
    if (length->integer < static_cast<std::int64_t>(*queue->backfill_below)) return std::nullopt;
    return Wait{duty.now + kBackfillPause, "put_off"};
}

// Set on only where it still waits, and never earlier than somebody else has set it. What a switch
// held waits for its queue from then on.
Result<void> put_off(const Duty& duty, const std::string& member, const std::string& switch_name,
                     const Wait& wait) {
    static const redis::Script script = redis::make_script("rehold", kScriptRehold);
    const std::string& brand = duty.brand.name;
    const std::string until = std::to_string(to_ms(wait.until));
    const std::string delayed = timer_key(brand, "");
    const auto set =
        switch_name.empty()
            ? ask(duty.link, {"ZADD", delayed, "XX", "GT", until, member})
            : run_script(duty.link, script,
                         {held_key(duty.brand, member), timer_key(brand, switch_name), delayed},
                         {member, until});
    if (!set) return tl::unexpected(set.error());
    duty.state.metrics.released.add(brand, wait.why);
    return {};
}

// Others must not wait behind it. It stays held, and is tried again after a while.
Result<void> set_aside(const Duty& duty, const std::string& member, const std::string& switch_name,
                       const Error& why) {
    const std::string& brand = duty.brand.name;
    const std::string until = std::to_string(to_ms(duty.now + kStuckPause));
    const auto set =
        ask(duty.link, {"ZADD", timer_key(brand, switch_name), "XX", "GT", until, member});
    if (!set) return tl::unexpected(set.error());
    const auto noted = ask(duty.link, {"HSET", redis::brand_key(brand, "stuck"),
                                       std::string(ident_of(member)), why.message});
    if (!noted) return tl::unexpected(noted.error());
    duty.state.metrics.released.add(brand, "stuck");
    return {};
}

// True where it was released. An error only where the next one would meet it, too.
Result<bool> try_one(const Duty& duty, const std::string& member, const std::string& switch_name) {
    auto tried = [&]() -> Result<bool> {
        const auto wait = wait_of(duty, member);
        if (!wait) return tl::unexpected(wait.error());
        if (!*wait) return release_one(duty, member, switch_name);
        const auto put = put_off(duty, member, switch_name, **wait);
        if (!put) return tl::unexpected(put.error());
        return false;
    }();
    if (tried || tried.error().code == ErrorCode::unavailable) return tried;
    const auto aside = set_aside(duty, member, switch_name, tried.error());
    if (!aside) return tl::unexpected(aside.error());
    return false;
}

// Those that the config had, too: what they held must not stay behind.
Result<std::vector<std::string>> switch_names(const Duty& duty) {
    const std::string names_key = redis::brand_key(duty.brand.name, "switch_names");
    std::vector<std::string> add = {"SADD", names_key};
    for (const auto& [name, one] : duty.brand.switches) add.push_back(name);
    if (add.size() > 2) {
        if (auto added = ask(duty.link, add); !added) return tl::unexpected(added.error());
    }
    const auto known = ask(duty.link, {"SMEMBERS", names_key});
    if (!known) return tl::unexpected(known.error());
    std::vector<std::string> names;
    for (const Reply& name : known->items) names.push_back(name.text);
    return names;
}

Result<void> release_switch(const Duty& duty, const std::string& name, int per_second) {
    static const redis::Script pace = redis::make_script("pace", kScriptPace);
    const std::string& brand = duty.brand.name;
    const std::string timer = timer_key(brand, name);
    const std::string now = std::to_string(to_ms(duty.now));
    const auto waiting = ask(duty.link, {"ZCOUNT", timer, "-inf", now});
    if (!waiting) return tl::unexpected(waiting.error());
    if (waiting->integer == 0) return {};
    const auto room = run_script(
        duty.link, pace, {redis::brand_key(brand, "switches"), redis::brand_key(brand, "pace")},
        {name, now, std::to_string(per_second), std::to_string(waiting->integer)});
    if (!room) return tl::unexpected(room.error());
    if (room->integer <= 0) return {};
    const auto first = ask(duty.link, {"ZRANGEBYSCORE", timer, "-inf", now, "LIMIT", "0",
                                       std::to_string(room->integer)});
    if (!first) return tl::unexpected(first.error());
    for (const Reply& member : first->items) {
        const auto tried = try_one(duty, member.text, name);
        if (!tried) return tl::unexpected(tried.error());
    }
    return {};
}

}  // namespace

Result<void> release_due(const Duty& duty) {
    const std::string timer = redis::brand_key(duty.brand.name, "delayed");
    const auto until = std::chrono::steady_clock::now() + kDutyBudget;
    const std::string now = std::to_string(to_ms(duty.now));
    for (;;) {
        const auto due =
            ask(duty.link, {"ZRANGEBYSCORE", timer, "-inf", now, "LIMIT", "0", std::string(kPage)});
        if (!due) return tl::unexpected(due.error());
        bool moved = false;
        for (const Reply& member : due->items) {
            const auto released = try_one(duty, member.text, "");
            if (!released) return tl::unexpected(released.error());
            moved = moved || *released;
        }
        if (!moved || std::chrono::steady_clock::now() >= until) return {};
    }
}

Result<void> release_switched(const Duty& duty) {
    const auto names = switch_names(duty);
    if (!names) return tl::unexpected(names.error());
    Result<void> trouble;
    for (const std::string& name : *names) {
        const auto known = duty.brand.switches.find(name);
        const int rate = known == duty.brand.switches.end() ? kReleasePerSecond
                                                            : known->second.release_per_second;
        auto done = release_switch(duty, name, rate);
        if (done) continue;
        if (done.error().code == ErrorCode::unavailable) return done;
        trouble = std::move(done);
    }
    return trouble;
}

namespace {

Result<bool> retime_one(const Duty& duty, const std::string& member) {
    static const redis::Script script = redis::make_script("retime", kScriptRetime);
    const std::string key = held_key(duty.brand, member);
    const auto held = ask(duty.link, {"HMGET", key, "_kind", "_group"});
    if (!held) return tl::unexpected(held.error());
    if (held->items.size() != 2 || held->items[0].text != "hours") return false;
    const std::string& queue = held->items[1].text;
    const auto set =
        run_script(duty.link, script, {key, redis::brand_key(duty.brand.name, "delayed")},
                   {member, std::to_string(to_ms(release_time(duty, queue))), queue});
    if (!set) return tl::unexpected(set.error());
    return set->integer == 1;
}

}  // namespace

// One that cannot be read keeps its time: it is told when that has come (watch_stuck).
Result<int> retime_held(const Duty& duty) {
    const std::string timer = redis::brand_key(duty.brand.name, "delayed");
    int count = 0;
    std::string cursor = "0";
    do {
        const auto page = ask(duty.link, {"ZSCAN", timer, cursor, "COUNT", std::string(kPage)});
        if (!page) return tl::unexpected(page.error());
        if (page->items.size() != 2) return fail(ErrorCode::corrupt, "ZSCAN: odd answer of Redis");
        cursor = page->items[0].text;
        const auto& members = page->items[1].items;
        for (std::size_t i = 0; i + 1 < members.size(); i += 2) {
            const auto set = retime_one(duty, members[i].text);
            if (set && *set) ++count;
            if (set || set.error().code != ErrorCode::unavailable) continue;
            return tl::unexpected(set.error());
        }
    } while (cursor != "0");
    return count;
}

Result<void> watch_stuck(const Duty& duty) {
    const std::string& brand = duty.brand.name;
    const std::string key = redis::brand_key(brand, "stuck");
    const std::string alarm = "held_stuck." + brand;
    const auto some = ask(duty.link, {"HRANDFIELD", key, std::string(kStuckSample), "WITHVALUES"});
    if (!some) return tl::unexpected(some.error());
    std::string reason;
    for (std::size_t i = 0; i + 1 < some->items.size(); i += 2) {
        const std::string& ident = some->items[i].text;
        const auto there = ask(duty.link, {"EXISTS", held_key(duty.brand, ident)});
        if (!there) return tl::unexpected(there.error());
        if (there->integer > 0) {
            reason = some->items[i + 1].text;
            continue;
        }
        const auto gone = ask(duty.link, {"HDEL", key, ident});
        if (!gone) return tl::unexpected(gone.error());
    }
    const auto count = ask(duty.link, {"HLEN", key});
    if (!count) return tl::unexpected(count.error());
    if (count->integer == 0) {
        duty.state.alarms.clear(alarm);
    } else if (!reason.empty()) {
        duty.state.alarms.raise(alarm, std::to_string(count->integer) +
                                           " held contacts cannot be put on their queues; each is "
                                           "kept, and tried again every minute. One says: " +
                                           reason);
    }
    return {};
}

namespace {

Result<bool> is_on_timer_for(const Duty& duty, const std::string& timer, const std::string& lane) {
    static const redis::Script script = redis::make_script("awaited", kScriptAwaited);
    const auto until = std::chrono::steady_clock::now() + kDutyBudget;
    for (std::int64_t from = 0;; from += kPageSize) {
        if (std::chrono::steady_clock::now() >= until) return true;
        const auto page = ask(duty.link, {"ZRANGE", timer, std::to_string(from),
                                          std::to_string(from + kPageSize - 1)});
        if (!page) return tl::unexpected(page.error());
        if (page->items.empty()) return false;
        std::vector<std::string> keys;
        for (const Reply& ident : page->items) keys.push_back(held_key(duty.brand, ident.text));
        const auto found = run_script(duty.link, script, keys, {lane});
        if (!found) return tl::unexpected(found.error());
        if (found->integer > 0) return true;
    }
}

}  // namespace

Result<bool> is_held_for(const Duty& duty, const std::string& lane) {
    const auto names = switch_names(duty);
    if (!names) return tl::unexpected(names.error());
    std::vector<std::string> timers = {timer_key(duty.brand.name, "")};
    for (const std::string& name : *names) timers.push_back(timer_key(duty.brand.name, name));
    for (const std::string& timer : timers) {
        auto found = is_on_timer_for(duty, timer, lane);
        if (!found || *found) return found;
    }
    return false;
}

}  // namespace tapline
