// One item of an X webhook as an event: direct messages, encrypted chat, posts, and all that asks
// for nothing. See x.cc for the two envelopes around them. Pure; safe from any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "adapters/json.h"
#include "adapters/source.h"

namespace tapline::x {

inline constexpr std::size_t kIdBytesMax = 128;

// What the items of one envelope share.
struct Envelope {
    std::string account;     // whose event it is: for_user_id, filter.user_id; "" when not told
    std::string event_uuid;  // of the X Activity API; "" when there is none
    json::MaybeValue users;  // who is named: a map by id, or a list
    json::MaybeValue media;  // what is attached to posts of the X Activity API: a list
    const SourceSecrets& secrets;
    Time now;
};

// The error names the member and what it must be.
using ItemEvent = tl::expected<Event, std::string>;

// 1 to 128 of A-Z a-z 0-9 _ : -, from a string or an integer; empty for everything else. A number
// with a fraction or an exponent is no id: X's ids have 64 bits, and what wrote them so has lost
// some of them already.
std::string id_of(const json::MaybeValue& value);

// Milliseconds or seconds since 1970 in a string or number, ISO 8601, or the form of posts of
// version 1.1: "Wed Feb 05 08:39:31 +0000 2020".
std::optional<Time> time_of(const json::MaybeValue& value);

// An event of this account with everything but kind, type and id.
Event event_of(const Envelope& envelope, const std::optional<Time>& time);

// A fact that asks for nothing. Its id is the envelope's, else made of the value's own bytes, each
// with the type in front.
Event recorded(const Envelope& envelope, std::string type, const json::Value& value);

// An element of direct_message_events[]: a contact when a customer wrote it, recorded when the
// account did. The id is the message's, so that it is the same in both envelopes, and once more as
// `replay_key`, so that it is the same for two accounts of a brand that are in one conversation.
ItemEvent dm_event(const Envelope& envelope, const json::Value& value, const std::string& path);

// chat.received: a message that only its two ends can read. A contact without text.
ItemEvent chat_event(const Envelope& envelope, const json::Value& value, const std::string& path);

// A post as versions 1.1 (tweet_create_events[]) and 2 (post.*) write it: a contact when somebody
// else mentions, answers or quotes the account; recorded when it is the account's own or repeats
// what the account wrote.
ItemEvent classic_post_event(const Envelope& envelope, const json::Value& value,
                             const std::string& path);
enum class Relation { mention, reply, quote };
ItemEvent post_event(const Envelope& envelope, const json::Value& value, const std::string& path,
                     Relation relation);

// Name and handle of `id`, where the envelope tells them.
void add_person(const Envelope& envelope, const std::string& id, Customer& customer);

// X escapes "&", "<" and ">" in texts, and nothing else, as "&amp;", "&lt;" and "&gt;".
std::string unescaped(std::string_view text);
std::string escaped(std::string_view text);

}  // namespace tapline::x
