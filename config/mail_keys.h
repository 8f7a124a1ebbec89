// What tapline.yaml says of e-mail: the keys of connections of e-mail providers, and the section
// `mail` for the mail server of this machine.
#pragma once

#include "config/gateway_file.h"

namespace tapline {

// Whether the provider's connections serve addresses: brands are found by their email buttons.
bool is_mail_provider(const std::string& provider);

// Whether a connection of this provider may stand without `secrets`: SES is told by its topic and
// certificate, SendGrid by its public key.
bool needs_no_secret(const std::string& provider, KeyReader& fields);

// `public_key` (SendGrid), `certificate` (SES) and `signing_key`; checks what e-mail providers
// need. REQUIRES: the provider, secrets and account are read.
void read_mail_keys(KeyReader& fields, const GatewayReading& reading, Connection& connection);

// The section `mail`.
void read_mail_section(const YamlNode* node, const GatewayReading& reading, GatewayDraft& draft);

}  // namespace tapline
