// Running a brand's tests: each contact is placed and decided at its own frozen time.
//
//     for (const TestResult& result : run_tests(config)) if (!result.passed()) print(result.name);
//
// Pure and without I/O; safe from any thread. A thousand tests take some milliseconds.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "config/config.h"
#include "config/tools/brand_tests.h"
#include "routes/evaluate.h"

namespace tapline {

struct TestFailure {
    std::string key;  // of `expect`
    std::string expected;
    std::string got;
};

struct TestResult {
    std::string brand;
    std::string name;
    Where where;
    std::vector<TestFailure> failures;
    std::string route = {};             // that decided
    std::vector<TrailStep> trail = {};  // every condition that was looked at
    bool passed() const { return failures.empty(); }
};

// Where a contact came by, and what becomes of it.
struct TestOutcome {
    Place place;
    Decision decision;
    // What was known of the customer, with a key that puts them into the arm that was asked for.
    CustomerFacts customer;
    bool arm_exists = true;  // false: no customer comes into that arm
};
TestOutcome outcome_of(const Brand& brand, const TestContact& contact);

std::vector<TrailStep> trail_of(const Brand& brand, const TestContact& contact,
                                const TestOutcome& outcome);

// The outcome in the words of `expect`, by key: "none" for what it does not have.
std::map<std::string, std::string> told(const TestOutcome& outcome, const TestContact& contact,
                                        const ZoneOffsets& zone);

// What a caller meets: "ring", "voicemail", "dial", "callback" or "hangup".
std::string call_of(const Decision& decision);

TestResult run_test(const Brand& brand, const BrandTest& test, const ZoneOffsets& zone);
// Stops at nothing: all results, in written order.
std::vector<TestResult> run_tests(const Brand& brand, const BrandTests& tests);
// Of all brands.
std::vector<TestResult> run_tests(const Config& config);

// "shoppers: channel yes, text NO": the trail of one route a line.
std::vector<std::string> trail_lines(const std::vector<TrailStep>& trail);

}  // namespace tapline
