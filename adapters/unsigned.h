// Requests without any signature, where the config accepts them: `unsigned: accept`.
//
// What is accepted is the absence of a signature: no header, and no member of the body, in which
// the provider's scheme carries one. A request that claims a signature is held to it, so a wrong
// secret still shows as refusals instead of hiding behind the exception. This is no protection
// against a stranger, who leaves the signature out; the config's `because` says what is.
//
// Pure; safe from any thread.
#pragma once

#include "adapters/source.h"

namespace tapline {

// Whether the request carries any signature, key or password of the provider's scheme, right or
// wrong: a header with "signature" in its name, webhook-* or svix-*, Authorization; Meta's
// signed_request; in the body, what Mailgun and SNS (provider "ses") put there.
bool claims_signature(std::string_view provider, const SourceRequest& request);

}  // namespace tapline
