// What each of the steward's duties works with: one brand, one moment, the link.
//
// The functions wait for Redis: they are for the steward's thread and for tests, not for a request
// handler. Error unavailable: Redis is away. Any other: Redis answered, and said why not.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/clock.h"
#include "gateway/intake/gateway_state.h"
#include "gateway/redis/link.h"
#include "routes/brand.h"

namespace tapline {

// Duties that do one piece of work after another stop after this time; what is left is done at the
// next turn, so that other brands have their turn too.
inline constexpr std::chrono::milliseconds kDutyBudget{500};

struct Duty {
    GatewayState& state;
    redis::Link& link;
    const Brand& brand;
    Time now{};
};

Result<redis::Reply> ask(redis::Link& link, const std::vector<std::string>& words);
Result<redis::Reply> run_script(redis::Link& link, const redis::Script& script,
                                const std::vector<std::string>& keys,
                                const std::vector<std::string>& args);

struct ScriptCall {
    std::vector<std::string> keys;
    std::vector<std::string> args;
};
// One reply for each call, in their order: all are sent at once, and waited for.
std::vector<Result<redis::Reply>> run_at_once(redis::Link& link, const redis::Script& script,
                                              const std::vector<ScriptCall>& calls);

// 0 for what is no number.
std::int64_t number_of(std::string_view text);
// The value behind `name` in a flat list of names and values; null without one.
const redis::Reply* value_of(const redis::Reply& list, std::string_view name);
std::string text_of(const redis::Reply& list, std::string_view name);

// "sales" of the lanes "sales" and "sales:express": the queue, and its consumer group.
std::string_view queue_of(std::string_view lane);
inline constexpr std::string_view kExpressLane = ":express";

}  // namespace tapline
