// The effects that tests must own: wall clock and randomness.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "routes/event.h"

namespace tapline {

// Now, UTC, in milliseconds. Any thread.
using Clock = std::function<Time()>;
// 64 random bits. Any thread.
using Random = std::function<std::uint64_t()>;

Clock system_clock();
// From the system's generator (getrandom through OpenSSL).
Random system_random();

// 32 lower-case hex characters.
std::string random_hex(const Random& random);

inline std::int64_t to_ms(Time time) {
    return time.time_since_epoch().count();
}
inline Time from_ms(std::int64_t ms) {
    return Time(Milliseconds(ms));
}

}  // namespace tapline
