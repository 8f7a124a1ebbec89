// What Meta says of ads, links and forms, as attribution: every member under its own name.
//
//     add_fields(*referral, "referral.", event);
//     // {"source":"ADS","ads_context_data":{"ad_title":"Spring"}} becomes
//     // referral.source = ADS, referral.ads_context_data.ad_title = Spring
//
// Objects and lists are followed four levels deep; the items of a list are named 0, 1, 2. Values
// are text whatever they were, integers with all of their digits, cut at 2048 bytes. An event has
// at most 64 fields; names of more than 128 bytes and what is empty or null are left out. Pure.
//
// https://developers.facebook.com/docs/messenger-platform/reference/webhook-events/messaging_referrals
// https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages
#pragma once

#include <string>
#include <string_view>

#include "adapters/json.h"
#include "routes/event.h"

namespace tapline::meta {

inline constexpr std::size_t kFieldsMax = 64;
inline constexpr std::size_t kFieldBytesMax = 2048;

// One field, unless the value is empty or the event is full. A click id keeps its own name.
void add_field(std::string name, std::string_view value, Event& event);
void add_field(std::string name, const json::MaybeValue& value, Event& event);

// Every member of the object or list `value`; nothing when it is neither.
void add_fields(const json::MaybeValue& value, const std::string& prefix, Event& event);

// The one reader of referrals, which come in three places: alone when the thread exists, inside
// the postback when it is new, inside the message when it came from an ad or a shop. Puts `ref`
// into event.ref (what no link of Meta's can carry is left out: over 2083 bytes), `ctwa_clid`
// into the field of that name, which routes and conversions know, and everything else into
// "referral.<name>".
void add_referral(const json::MaybeValue& referral, Event& event);

}  // namespace tapline::meta
