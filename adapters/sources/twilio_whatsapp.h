// What a message has more when it came by WhatsApp: who wrote, buttons, places, the ad before it.
//
// https://www.twilio.com/docs/messaging/guides/webhook-request, "WhatsApp-specific parameters"
//
// "whatsapp:+14045550199" writes from a number; "whatsapp:US.1234" is a user without one, whose id
// holds for the brand's business alone. What an ad of Meta's brought names it in Referral*, and
// ReferralCtwaClid is the click id that conversions are reported with.
//
// Pure; safe from any thread.
#pragma once

#include "adapters/sources/twilio_form.h"
#include "routes/event.h"

namespace tapline {

bool is_whatsapp(const TwilioForm& form);

// Makes a direct message of `event`, which holds what every message has, its time included.
void read_whatsapp(const TwilioForm& form, Event& event);

}  // namespace tapline
