// The referral of Meta's messaging products, which comes in three places: alone when the thread
// exists, inside the postback when it is new, inside the message when it came from an ad or shop.
//
// https://developers.facebook.com/docs/messenger-platform/reference/webhook-events/messaging_referrals
#pragma once

#include "adapters/json.h"
#include "routes/event.h"

namespace tapline {

// Puts `ref` into event.ref (what no ig.me link can carry is left out: over 2083 bytes) and every
// other scalar, at most two levels deep, into event.attribution as "referral.<name>".
void add_referral(const json::MaybeValue& referral, Event& event);

}  // namespace tapline
