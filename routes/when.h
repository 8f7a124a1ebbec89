// The conditions of a route, and whether they hold.
//
//     when: {channel: text, any: [{text: "cancel*"}, {customer_in: vips}], not: {time: night}}
//
// All conditions of one When are and-ed, the items of one list or-ed; an empty list does not
// restrict. A When is a plain value that the config layer fills and checks.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "routes/attribution_match.h"
#include "routes/event.h"
#include "routes/pattern.h"
#include "routes/text.h"

namespace tapline {

// `contacts: {at_least: 3, within: 30d}`: earlier contacts of the customer.
struct ContactsCondition {
    int at_least = 1;  // at most kRecentContactsMax
    std::chrono::seconds within{0};
};

struct When {
    std::vector<std::string> source;
    std::vector<std::string> profile;
    std::vector<Channel> channel;
    std::vector<std::string> button;
    std::vector<std::string> campaign;
    std::vector<std::string> line;      // E.164, that was called or texted
    std::vector<std::string> region;    // "US-GA", "US" (holds for its states), "DE", "unknown"
    std::vector<std::string> language;  // "en", "pt" (holds for "pt-br"), "unknown"
    std::vector<std::string> auth;      // "signature", "api_key", "basic_auth", "none"
    std::vector<WordPattern> text;      // in subject or text
    std::vector<Pattern> pattern;       // the same
    std::vector<AttributionCondition> attribution;  // each field once; all must hold
    std::optional<bool> customer_known;
    std::optional<ContactsCondition> contacts;
    // The customer has a journey without an outcome whose last contact is at most so long ago.
    std::optional<std::chrono::seconds> open_journey;
    std::vector<std::string> customer_in;  // names of tables
    std::vector<std::string> switches;     // that are on; key `switch`
    std::vector<std::string> time;         // names of hours that are open
    std::vector<When> any;                 // one of them holds
    std::vector<When> all;                 // each holds
    std::vector<When> none;                // none holds; key `not`

    bool empty() const;
};

// Identities of customers, from a CSV file: phones (E.164), addresses in lower case, platform ids
// as they are, handles as handle_key (identity_keys.h) makes them: what customers choose themselves
// must not look like somebody's id.
struct Table {
    std::string name;
    std::string file;
    std::unordered_set<std::string> values;
};

}  // namespace tapline
