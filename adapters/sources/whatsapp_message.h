// One element of messages[] of a WhatsApp webhook, as an event. See whatsapp.cc for the envelope
// around it. Pure; safe from any thread.
#pragma once

#include <string>
#include <vector>

#include "adapters/sources/meta_item.h"

namespace tapline::whatsapp {

// One element of contacts[]. A user who has chosen a user name may come without a phone number.
struct Contact {
    std::string wa_id;    // the phone number in digits; "" when it is withheld
    std::string user_id;  // "US.13491208655302741918": scoped to the business
    std::string name;
    std::string username;
};

// contacts[], at most 1000; those that cannot be read are left out.
std::vector<Contact> read_contacts(const json::MaybeValue& contacts);

// What the customer wrote, sent or chose, as a contact, also where the kind is unknown or WhatsApp
// does not pass it on. Reactions, system notices, deletions and edits, and the mere opening of the
// chat are recorded. `path` is for mistakes: "/entry/0/changes/0/value/messages/0".
//
// The customer is known by `from`, which is the phone number in digits, unless it is withheld: then
// by `from_user_id`, which some payloads have in the place of `from`.
meta::ItemEvent message_event(const meta::Entry& entry, const std::vector<Contact>& contacts,
                              const json::Value& value, const std::string& path);

}  // namespace tapline::whatsapp
