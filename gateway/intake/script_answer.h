// Reading what the scripts of the intake answer: a list that begins with a word.
#pragma once

#include <optional>
#include <string_view>

#include "gateway/redis/reply.h"
#include "routes/error.h"

namespace tapline {

// The reply, or what kept it from coming: the link's error, or as unavailable the error that Redis
// answered, so nothing was written; its text is cut at 200 bytes.
Result<redis::Reply> checked(Result<redis::Reply> reply);

// corrupt: the answer is not of our script.
Error odd_reply();

// Text number `i` of a script's answer, or nothing.
std::optional<std::string_view> text_at(const redis::Reply& reply, std::size_t i);

}  // namespace tapline
