// What routes and entries may know of a customer; the gateway looks it up.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "routes/event.h"

namespace tapline {

// The journey of the customer's last contact, as long as it lives and has no outcome.
struct OpenJourney {
    std::string number;  // compact form
    std::string queue;   // that owns it
    Time last_at{};      // its last contact
};

// Why a customer's contacts are not queued at all, as the person who said so wrote it.
struct Suppression {
    std::string reason;
    std::string author;
    Time until{};
};

struct CustomerFacts {
    bool known = false;  // false also when Redis could not be asked
    int earlier_contacts = 0;
    std::optional<Time> last_contact_at;
    std::optional<Time> open_since;  // the oldest journey without an outcome
    std::string last_outcome;
    // The times of the last contacts, newest first; at most kRecentContactsMax.
    std::vector<Time> recent = {};
    std::optional<OpenJourney> open_journey = {};
    // Keyed hash of the customer: who is in which arm of a pilot. "" when anonymous.
    std::string key = {};
    bool opted_out = false;
    std::optional<Suppression> suppressed = {};
    // When the journey that the contact belongs to was last answered by us.
    std::optional<Time> replied_at = {};
};

inline constexpr std::size_t kRecentContactsMax = 20;

}  // namespace tapline
