// One element of messaging[] or standby[] of an Instagram webhook, as an event. See instagram.cc
// for the envelope around it. Pure; safe from any thread.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "adapters/json.h"
#include "adapters/source.h"

namespace tapline::instagram {

inline constexpr std::size_t kIdBytesMax = 512;

// What the items of one entry share.
struct Entry {
    std::string account;
    std::optional<Time> time;
    const SourceSecrets& secrets;
    Time now;
};

// One element of messaging[] or standby[], by its members.
struct Item {
    const Entry& entry;
    std::string path;  // for mistakes: "/entry/0/messaging/1"
    std::string sender;
    std::optional<Time> time;
    json::MaybeValue message, postback, referral, reaction, read;
    const json::Value& value;
};

// The error names the member and what it must be.
using ItemEvent = tl::expected<Event, std::string>;

// Numbers and strings, seconds and milliseconds, ISO 8601: all are on record.
std::optional<Time> time_of(const json::MaybeValue& value);

// An id made of what identifies a thing that Meta gives none: "referral:" and 40 hex characters.
std::string made_id(std::string_view kind, std::initializer_list<std::string_view> parts);

// An event of this account with everything but kind, type and id.
Event event_of(const Entry& entry, const std::string& customer, std::optional<Time> time);

// Messages and postbacks of customers are contacts; echoes, deletions, reactions, read marks, lone
// referrals (the customer opened the thread and has said nothing) and whatever is unknown are
// recorded. Every recorded id has its kind in front, since Meta reuses the message's mid for them.
ItemEvent messaging_event(const Item& item);

// Another app owns the thread: recorded, not ours to answer.
ItemEvent standby_event(const Item& item);

}  // namespace tapline::instagram
