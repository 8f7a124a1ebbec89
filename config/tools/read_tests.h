// Reading the section `tests`, and a single contact that is written the same way.
#pragma once

#include <optional>

#include "config/brand_file.h"
#include "config/tools/brand_tests.h"

namespace tapline {

// The names that tests may use.
struct TestNames {
    Names sources;
    Names profiles;
    Names buttons;
    Names queues;
    Names routes;
    Names switches;
    Names topics;
    Names campaigns;
    Names arms;
};
TestNames test_names(const Brand& brand);

// What a contact is read with. `what` names it in messages.
struct ContactReading {
    const Brand& brand;
    const TestNames& names;
    const ZoneOffsets& zone;
    Report& report;
};

// The keys `at`, `event`, `customer`, `switches`, `opted_out` and `suppressed` of a map. Without
// `at` the contact is of `now`; where that is nothing either, it is a mistake.
TestContact read_contact(KeyReader& fields, const std::string& what, std::optional<Time> now,
                         const ContactReading& reading);

// The event alone: what stands below `event`.
void read_test_event(const YamlNode& node, const std::string& what, const ContactReading& reading,
                     TestContact& contact);

// REQUIRES: every other section of the brand is read.
BrandTests read_tests(const YamlNode* section, BrandReading& reading);

}  // namespace tapline
