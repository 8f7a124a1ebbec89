#include "gateway/steward/pilots.h"

#include <array>
#include <cstdio>
#include <set>

#include "gateway/redis/keys.h"
#include "redis_scripts.h"

namespace tapline {

namespace {

std::string share_text(double share) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.9g", share);
    return text.data();
}

// True when an arm trips the guard, or has tripped it.
Result<bool> guard(const Duty& duty, const Pilot& pilot, const std::string& arm) {
    static const redis::Script script = redis::make_script("pilot", kScriptPilot);
    const std::string& brand = duty.brand.name;
    const auto told = run_script(
        duty.link, script, {redis::brand_key(brand, "pilots"), redis::brand_key(brand, "feed")},
        {pilot.name, arm, share_text(pilot.stop_if->overdue), std::to_string(pilot.stop_if->after),
         std::to_string(to_ms(duty.now))});
    if (!told) return tl::unexpected(told.error());
    return told->text == "stopped";
}

}  // namespace

Result<void> guard_pilots(const Duty& duty, const Situation& situation) {
    const std::string prefix = "pilot_stopped." + duty.brand.name + ".";
    std::set<std::string> all_stopped;
    for (const Route& route : duty.brand.routes) {
        if (!route.pilot || !route.pilot->stop_if) continue;
        bool stopped = situation.stopped_pilots.contains(route.pilot->name);
        for (const Arm& arm : route.pilot->arms) {
            if (stopped) break;
            const auto tripped = guard(duty, *route.pilot, arm.name);
            if (!tripped) return tl::unexpected(tripped.error());
            stopped = *tripped;
        }
        if (!stopped) continue;
        all_stopped.insert(route.pilot->name);
        duty.state.alarms.raise(prefix + route.pilot->name,
                                "too many contacts of an arm were late, so the pilot has ended; "
                                "new contacts go where its route says, in no arm "
                                "(docs/operations.md)");
    }
    duty.state.alarms.clear_others(prefix, all_stopped);
    return {};
}

}  // namespace tapline
