// What must hold between brands, and between brands and tapline.yaml.
#pragma once

#include <vector>

#include "config/brand_file.h"
#include "config/gateway_file.h"

namespace tapline {

// Reports accounts and lines of one connection that two profiles or brands claim, connections that
// belong to another brand or to none that exists, and keys that two brands share; warns of
// connections that nothing uses and of two that have one secret. `drafts` are in the order of their
// names; `brands` has also those that could not be read.
void check_across(const GatewayDraft& gateway, const std::vector<BrandDraft>& drafts,
                  const Names& brands, Report& report);

// Warns of queues that are closed for longer than a platform lets their contacts be answered; in
// windows.cc.
void check_windows(const GatewayDraft& gateway, const BrandDraft& draft, Report& report);

// Reports conditions on `auth` that no connection and no key of the brand can meet; in
// auth.cc.
void check_auth(const GatewayDraft& gateway, const BrandDraft& draft, Report& report);

}  // namespace tapline
