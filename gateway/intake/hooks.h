// Provider webhooks: GET|POST /hooks/{connection}[/...].
//
// challenge -> verify (raw bytes) -> parse -> find each event's brand -> accept -> acknowledge as
// the provider expects. 2xx leaves only after Redis answered for every event of the request; else
// 503 and Retry-After, and the provider's redelivery finds what was accepted by its mark. A
// verified call is the exception: its caller is connected in any case, and the call is counted as
// unrecorded.
#pragma once

#include "gateway/http/message.h"
#include "gateway/intake/gateway_state.h"

namespace tapline {

void handle_hook(GatewayState& state, const http::Request& request, http::Responder responder);

// 503 with Retry-After, as the front answers it too.
http::Response try_later(std::string_view detail);

}  // namespace tapline
