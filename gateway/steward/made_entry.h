// Entries that no event stands behind: the steward's own, in the form of the queue contract.
#pragma once

#include <optional>
#include <string>

#include "gateway/clock.h"
#include "routes/brand.h"

namespace tapline {

// What is empty and may not be by the contract is "unknown".
struct MadeEntry {
    std::string id;
    std::string type;    // "escalation.topic", "followup.close_publicly", "contact.transferred"
    std::string origin;  // behind the brand in the envelope's `source`: "topics/outage"
    std::string route;   // that led to it
    std::string tracking_number = {};  // display form; "" for none
    std::string source = {};
    std::string profile = {};
    std::string channel = {};
    std::string button = {};
    std::string campaign = {};
    std::string campaign_by = {};
    std::optional<Time> due_at = {};
    std::string text = {};
    bool is_public = false;
    std::string post_url = {};
    ReplyAddress reply = {};
    std::string last_outcome = {};
    std::string topic = {};  // JSON of data.topic; "" for none
};

// Names and values, one after the other, as a JSON list: what a script adds as it is.
std::string to_json(const MadeEntry& entry, const Brand& brand, Time now);

}  // namespace tapline
