#include "routes/pilot.h"

#include <cstdint>

namespace tapline {

namespace {

std::uint64_t fnv1a(std::uint64_t hash, std::string_view bytes) {
    constexpr std::uint64_t kPrime = 1'099'511'628'211U;
    for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * kPrime;
    return hash;
}

// FNV alone leaves the upper bits of like keys alike (finalizer of SplitMix64).
std::uint64_t mixed(std::uint64_t hash) {
    hash = (hash ^ (hash >> 30U)) * 0xbf58476d1ce4e5b9U;
    hash = (hash ^ (hash >> 27U)) * 0x94d049bb133111ebU;
    return hash ^ (hash >> 31U);
}

}  // namespace

double pilot_point(std::string_view pilot, std::string_view customer) {
    constexpr std::uint64_t kBasis = 14'695'981'039'346'656'037U;
    constexpr double kStep = 1.0 / (1ULL << 53U);  // what a double holds without rounding up to 1
    const std::uint64_t hash = fnv1a(fnv1a(fnv1a(kBasis, pilot), "\n"), customer);
    return static_cast<double>(mixed(hash) >> 11U) * kStep;
}

bool is_running(const Pilot& pilot, const Situation& situation, Time now) {
    if (pilot.from && now < *pilot.from) return false;
    if (pilot.until && now >= *pilot.until) return false;
    return !situation.stopped_pilots.contains(pilot.name);
}

const Arm* arm_of(const Pilot& pilot, std::string_view customer) {
    const double point = pilot_point(pilot.name, customer);
    double end = 0;
    for (const Arm& arm : pilot.arms) {
        end += arm.share;
        if (point < end) return &arm;
    }
    return nullptr;
}

}  // namespace tapline
