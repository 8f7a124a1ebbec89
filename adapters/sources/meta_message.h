// One element of messaging[] or standby[] of Instagram and Messenger, as an event. See
// meta_messaging.h for the envelope around it. Pure; safe from any thread.
#pragma once

#include <optional>
#include <string>

#include "adapters/sources/meta_item.h"

namespace tapline::meta {

// The element by its members.
struct Item {
    const Entry& entry;
    std::string path;          // for mistakes: "/entry/0/messaging/1"
    std::string sender;        // who wrote it: a customer, or the account itself
    bool is_user_ref = false;  // `sender` is no id but what the brand's page called its visitor
    std::optional<Time> time;
    json::MaybeValue message, postback, referral, reaction, read, delivery, optin;
    const json::Value& value;
};

// Error: who sent it is not told, or not as an id.
tl::expected<Item, std::string> read_item(const Entry& entry, const json::Value& value,
                                          const std::string& path);

ItemEvent message_event(const Item& item);

// Another app owns the thread: recorded, not ours to answer.
ItemEvent standby_event(const Item& item);

}  // namespace tapline::meta
