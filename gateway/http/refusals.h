// The responses that the front gives by itself, as problem+json.
#pragma once

#include <string_view>

#include "gateway/http/message.h"

namespace tapline::http {

Response not_found();
Response method_not_allowed(std::string_view allow);
Response overloaded();      // 503 with Retry-After: 1
Response server_options();  // the answer to "OPTIONS *"

}  // namespace tapline::http
