// Which routes the tests reach, and which conditions they have seen met and not met.
//
// Pure; safe from any thread.
#pragma once

#include <string>
#include <vector>

#include "config/tools/run_tests.h"

namespace tapline {

struct ConditionCoverage {
    std::string condition;  // as in a TrailStep
    int met = 0;            // times that it was looked at and held
    int not_met = 0;
    bool covered() const { return met > 0 && not_met > 0; }
};

struct RouteCoverage {
    std::string brand;
    std::string route;
    Where where;
    int taken = 0;  // tests that it decided
    std::vector<ConditionCoverage> conditions;
    bool covered() const;
};

// Every route of the brand in written order. A condition that no test came to is there with zeros.
std::vector<RouteCoverage> coverage_of(const Brand& brand, const BrandTests& tests,
                                       const std::vector<TestResult>& results);

// The conditions of a route as explain() names them, in its order.
std::vector<std::string> conditions_of(const When& when);

}  // namespace tapline
