// Standard Webhooks: signatures over "id.timestamp.body" with a shared secret.
//
// https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
//
//     webhook-id: msg_2b6f0
//     webhook-timestamp: 1755779280
//     webhook-signature: v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4= v1,...
//
// Secrets are "whsec_" and base64; the prefix may be missing. Pure; safe from any thread.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "adapters/source.h"

namespace tapline {

inline constexpr std::chrono::minutes kWebhookTolerance{5};
inline constexpr std::size_t kWebhookKeyBytesMin = 16;

// The key in a secret. Nothing when it is not base64 or shorter than kWebhookKeyBytesMin.
std::optional<std::string> webhook_key(std::string_view secret);

// "v1," and the MAC. REQUIRES: webhook_key(secret).
std::string webhook_signature(std::string_view secret, std::string_view id,
                              std::string_view timestamp, std::string_view body);

// Whether the request carries any header of the scheme, in either spelling (webhook-*, svix-*).
bool has_webhook_headers(const SourceRequest& request);

// The number of the secret that matched, from 1. Every listed "v1," signature is tried with every
// secret; other versions are passed over. The webhook-* spelling is read when one of its headers is
// there, else svix-*. Error unauthorized: a header is missing, repeated or malformed (an id is 1 to
// 256 printable characters without "."), the time is more than kWebhookTolerance away, or nothing
// matches; the message of a wrong time says so, since a wrong clock is the usual mistake.
Result<std::size_t> verify_webhook(const SourceRequest& request,
                                   std::span<const std::string> secrets, Time now);

}  // namespace tapline
