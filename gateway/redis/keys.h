// Names of the Redis keys. All keys of a brand stand under one hash tag, so that a script touches
// one slot of a cluster. Nothing that a sender chose stands in a name: ids and customers appear as
// keyed hashes only, so neither "}" in an id nor a phone number can reach a key.
//
//     tapline:{acme}:queue:sales         stream, group "sales"
//     tapline:{acme}:queue:sales:about   hash: v, claim_ms, removed, added, resets, delivered, read
//     tapline:{acme}:queue:sales:express stream of the express lane, group "sales"
//     tapline:{acme}:queues              set of the lanes, also of those that only drain
//     tapline:{acme}:due                 sorted set, "LANE <entry id>" by its next step in ms
//     tapline:{acme}:late                sorted set, the same of late entries, by when they were so
//     tapline:{acme}:late_reason         hash: by "LANE <entry id>", why it is late, or would be
//     tapline:{acme}:unanswered          hash: by "LANE <entry id>", packed fields of an entry that
//                                        is acknowledged and whose outcome is awaited
//     tapline:{acme}:acknowledged:0      hash, TTL: the same of what was acknowledged of late; with
//                                        :1, in turn (steward/reported.h)
//     tapline:{acme}:held:<hmac>         hash: an entry that waits (intake/held.h)
//     tapline:{acme}:delayed             sorted set, held entries by release time in ms (members:
//                                        intake/held.h)
//     tapline:{acme}:switched:storm      the same of those that the switch holds, by arrival
//     tapline:{acme}:stuck               hash: <hmac> of held entries that could not be released,
//                                        and why
//     tapline:{acme}:switches            hash: by switch, JSON until, author, reason, regions
//     tapline:{acme}:switch_names        set of switches, also of those that the config lost
//     tapline:{acme}:switch_passed       hash: by switch, customers of unknown region let by
//     tapline:{acme}:pace                hash: by switch, until when its rate is used up, in ms
//     tapline:{acme}:gather:<hmac>       "<hmac> 7K3M9Q2X4": a customer's last gathering, and the
//                                        journey that it is of, TTL
//     tapline:{acme}:topic:outage        sorted set, <hmac> of customers by their last word on it
//     tapline:{acme}:topics              hash: by topic, JSON level that was told, since
//     tapline:{acme}:suppressed          hash: by <hmac> of a customer, JSON reason, author, until
//     tapline:{acme}:pilots              hash: counters by "PILOT ARM entries" and the like
//     tapline:{acme}:feed                stream of facts
//     tapline:{acme}:outcomes            stream that backends add to, group "tapline"
//     tapline:{acme}:journey:7K3M9Q2X4   packed string, TTL
//     tapline:{acme}:customer:<hmac>     packed string, TTL
//     tapline:{acme}:seen:<hmac>         packed string, TTL
//     tapline:{acme}:call:<hmac>         hash, TTL: number, told, call, missed, voicemail
//                                        (call.lua)
//     tapline:{acme}:optouts             sorted set, customers by the time of their STOP
//     tapline:{acme}:thread:<hmac>       number of the journey that a conversation joined, TTL
//     tapline:{acme}:quarantine          stream
//     tapline:{acme}:heard               hash: packed records by "button ig-dm" (intake/heard.h)
//     tapline:{_}:...                    what belongs to no brand: quarantine, feed, heard of
//                                        connections, fingerprint:NAME of the two keys, gateways
//                                        (config_hashes.h), brands (brands_left.h)
#pragma once

#include <string>
#include <string_view>

namespace tapline::redis {

inline constexpr std::string_view kNoBrand = "_";

std::string brand_key(std::string_view brand, std::string_view rest);
std::string queue_key(std::string_view brand, std::string_view queue);
std::string about_key(std::string_view brand, std::string_view queue);
std::string journey_key(std::string_view brand, std::string_view compact_number);
std::string customer_key(std::string_view brand, std::string_view hash);
// What is known of a call under way; `hash` is the founder of the contact that it is.
std::string call_key(std::string_view brand, std::string_view hash);
std::string seen_key(std::string_view brand, std::string_view hash);
std::string thread_key(std::string_view brand, std::string_view hash);
std::string held_key(std::string_view brand, std::string_view ident);
std::string switched_key(std::string_view brand, std::string_view switch_name);
std::string gather_key(std::string_view brand, std::string_view customer_hash);
std::string topic_key(std::string_view brand, std::string_view topic);

}  // namespace tapline::redis
