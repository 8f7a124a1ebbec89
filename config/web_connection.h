// The keys that a connection of provider `web` has on top of every other's.
//
//     acme-web:
//       provider: web
//       brand: acme
//       unsigned: accept
//       because: "forms are posted by browsers; origins, honeypot and rate limits stand in"
//       origins: [https://www.acme.example]
//       thanks: https://www.acme.example/thanks
//       honeypot: website
//       fields: {message: question}
//       per_minute: {client: 10, all: 600}
#pragma once

#include "config/gateway_file.h"

namespace tapline {

// REQUIRES: the connection's name, `unsigned` and `because` are read.
void read_web_form(KeyReader& fields, const GatewayReading& reading, Connection& connection);

}  // namespace tapline
