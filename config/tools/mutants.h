// Do the tests notice? Each mutant is the brand with one thing changed; one that passes all tests
// shows a rule that nothing guards.
//
//     for (const Mutant& mutant : mutants_of(brand, tests)) if (survives(brand, tests, mutant)) ...
//
// What cannot change anything is left out as far as it can be told: neighbours that can never both
// match, response times of channels that never come to the queue, hours that no queue keeps.
// Pure; safe from any thread. The cost is mutants times tests.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "config/tools/brand_tests.h"
#include "routes/brand.h"

namespace tapline {

struct Mutant {
    std::string what;  // "route \"leaving\" is gone"
    Where where;
    std::function<void(Brand&)> change;
};
std::vector<Mutant> mutants_of(const Brand& brand, const BrandTests& tests);

// Whether all tests pass on the changed brand. REQUIRES: they pass on the brand as it is.
bool survives(const Brand& brand, const BrandTests& tests, const Mutant& mutant);

// The parts of mutants_of, each in its file.
void add_route_mutants(const Brand& brand, const BrandTests& tests, std::vector<Mutant>& mutants);
void add_queue_mutants(const Brand& brand, const BrandTests& tests, std::vector<Mutant>& mutants);

}  // namespace tapline
