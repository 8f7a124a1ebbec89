// Contact links: GET /c/{brand}/{button}.
//
// Records the tap and sends the customer on with the tracking number placed where the channel can
// carry it. A customer is always sent on: while nothing can record the tap, it is counted as
// unrecorded. Prefetches, HEAD and link-preview robots are counted apart and never become taps; the
// same visitor on the same link within five seconds is one tap. A visitor who taps without end is
// sent on without a number (tap_limit.h).
#pragma once

#include "gateway/http/message.h"
#include "gateway/intake/gateway_state.h"

namespace tapline {

void handle_link(GatewayState& state, const http::Request& request, http::Responder responder);

}  // namespace tapline
