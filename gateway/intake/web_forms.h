// Contact forms of provider `web`: what stands around the adapter (adapters/sources/web.h).
//
//   OPTIONS   the preflight of another origin's fetch: 204, or 403 for an origin that is not named
//   POST      origin -> rate limit -> honeypot -> fields -> accept -> answer
//
// A script (it sends or accepts JSON) is answered with JSON, and may read it as the page's origin
// is named; a plain form is led on to `thanks` by 303, else shown a page. A filled honeypot is
// answered like a success and nothing is written. Every answer has `Vary: Origin`.
#pragma once

#include <memory>

#include "gateway/http/message.h"
#include "gateway/intake/gateway_state.h"

namespace tapline {

struct CalledForm {
    std::shared_ptr<const Settings> settings;
    const Connection* connection = nullptr;  // of these settings
};
// REQUIRES: the connection's provider is `web`.
void handle_web_form(GatewayState& state, const CalledForm& called, const http::Request& request,
                     http::Responder responder);

}  // namespace tapline
