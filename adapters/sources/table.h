// The providers' own rows of the registry, each defined by its file. Only registry.cc reads this.
#pragma once

#include "adapters/source.h"

namespace tapline {

Source chat_source();
Source events_source();
Source instagram_source();
Source mailgun_source();
Source messenger_source();
Source postmark_source();
Source sendgrid_source();
Source ses_source();
Source twilio_source();
Source web_source();
Source whatsapp_source();
Source x_source();

}  // namespace tapline
