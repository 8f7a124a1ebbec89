// How a contact of a provider is usually answered: what a made-up contact has, which no adapter has
// read (tests in the config, `tapline explain`).
//
//     usual_reply("instagram", Channel::dm, {})   ->  {"instagram_dm", 24h}
//     usual_reply("twilio", Channel::text, {})    ->  {"sms", nothing}
//
// The adapters say the same of what they read, and their tests hold them to it; what a single
// message changes (a live comment, which has no window) is not told here. Pure.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "routes/event.h"

namespace tapline {

struct UsualReply {
    std::string_view how;  // as ReplyAddress has it; "" where nothing says it
    // For how long the platform lets the brand answer.
    std::optional<std::chrono::seconds> window;
};

// `reply_window`: what the config says of the connection; 0 for as usual. A provider that is not
// known answers calls, texts and mail alone.
UsualReply usual_reply(std::string_view provider, Channel channel,
                       std::chrono::seconds reply_window);

}  // namespace tapline
