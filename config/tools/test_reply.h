// Where a made-up contact is answered, and until when the platform lets the brand: what the adapter
// says of a real one.
#pragma once

#include "config/config.h"
#include "config/tools/brand_tests.h"

namespace tapline {

// Sets `reply` and `reply_before` of the contact by the connection of its profile or line, so that
// its due time and entry are the gateway's. REQUIRES: brand.index() was called. Pure.
void set_reply(const std::map<std::string, Connection>& connections, const Brand& brand,
               TestContact& contact);

}  // namespace tapline
