// The admin listener's URLs for what people set while gateways run.
//
//   GET  /v1/brands/{brand}/switches          each switch: on or off, until, who, why, what it
//   holds PUT  /v1/brands/{brand}/switches/{name}   {"on": true, "until": "+6h", "author",
//   "reason",
//                                              "regions": ["US-GA"]} or {"on": false, "author",
//                                              "reason"}
//   GET  /v1/brands/{brand}/suppressions      who is suppressed, as keyed hashes
//   POST /v1/brands/{brand}/suppressions      {"action": "add", "phone" | "email" | "id" with
//                                              "profile", "reason", "author", "until"} or
//                                             {"action": "remove", the same customer, "author",
//                                              "reason"}
//
// Author and reason are required, and the end where something is set. What a person is known by is
// hashed here and stands nowhere else. Whoever reaches the listener may ask, as for its other
// pages; a page in a browser may not: changes come as application/json and without an Origin.
#pragma once

#include "gateway/http/url_table.h"
#include "gateway/intake/gateway_state.h"

namespace tapline {

void add_situation_urls(http::UrlTable& urls, GatewayState& state);

}  // namespace tapline
