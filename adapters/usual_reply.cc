#include "adapters/usual_reply.h"

#include "adapters/sources/meta_item.h"

namespace tapline {

namespace {

struct Row {
    std::string_view provider;
    std::string_view how;
    std::optional<std::chrono::seconds> window;
    Channel channel;
    bool by_config = false;  // the connection may say another
};

constexpr Row kRows[] = {
    {"instagram", "instagram_dm", meta::kReplyWindow, Channel::dm, true},
    {"instagram", "instagram_comment", meta::kPrivateReplyWindow, Channel::post},
    {"messenger", "messenger", meta::kReplyWindow, Channel::dm, true},
    {"messenger", "facebook_comment", meta::kPrivateReplyWindow, Channel::post},
    {"whatsapp", "whatsapp", meta::kReplyWindow, Channel::dm, true},
    {"twilio", "whatsapp", meta::kReplyWindow, Channel::dm},
    {"x", "x_dm", std::nullopt, Channel::dm},
    {"x", "x_post", std::nullopt, Channel::post},
    {"chat", "chat", std::nullopt, Channel::chat},
};

}  // namespace

UsualReply usual_reply(std::string_view provider, Channel channel,
                       std::chrono::seconds reply_window) {
    for (const Row& row : kRows) {
        if (row.provider != provider || row.channel != channel) continue;
        const bool is_set = row.by_config && reply_window.count() > 0;
        return {row.how, is_set ? std::optional(reply_window) : row.window};
    }
    if (channel == Channel::call) return {"call", std::nullopt};
    if (channel == Channel::text) return {"sms", std::nullopt};
    if (channel == Channel::email) return {"email", std::nullopt};
    return {};
}

}  // namespace tapline
