#include "gateway/clock.h"

#include <array>
#include <cstdlib>

#include <fmt/format.h>
#include <openssl/rand.h>

namespace tapline {

Clock system_clock() {
    return
        [] { return std::chrono::time_point_cast<Milliseconds>(std::chrono::system_clock::now()); };
}

Random system_random() {
    return [] {
        std::uint64_t bits = 0;
        // Numbers that can be guessed would let a stranger name another customer's journey.
        if (RAND_bytes(reinterpret_cast<unsigned char*>(&bits), sizeof bits) != 1) std::abort();
        return bits;
    };
}

std::string random_hex(const Random& random) {
    return fmt::format("{:016x}{:016x}", random(), random());
}

}  // namespace tapline
