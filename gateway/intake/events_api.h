// The brand's own apps: POST /v1/{brand}/events.
//
// One event (our JSON or a structured or binary CloudEvent), a CloudEvents batch, or NDJSON. Each
// item has its own verdict; docs/events.md is the reference.
//
//   one event   202 accepted, 200 seen before, 400 with the field's name, 409 same id with another
//               body, 503 + Retry-After
//   several     202 when each was accepted or seen, 207 when the verdicts differ, 503 when any item
//               must be sent again. The body has one verdict for each item, in order: NDJSON for
//               NDJSON, a JSON array for a batch.
#pragma once

#include "gateway/http/message.h"
#include "gateway/intake/gateway_state.h"

namespace tapline {

void handle_events(GatewayState& state, const http::Request& request, http::Responder responder);

}  // namespace tapline
