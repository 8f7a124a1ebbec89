#include "adapters/usual_reply.h"

#include "adapters/sources/meta_item.h"

namespace tapline {

namespace {

struct Row {
    std::string_view provider;
    Channel channel;
    std::string_view how;
    std::optional<std::chrono::seconds> window;
    bool by_config = false;  // the connection may say another
};

constexpr Row kRows[] = {
    {"instagram", Channel::dm, "instagram_dm", meta::kReplyWindow, true},
    {"instagram", Channel::post, "instagram_comment", meta::kPrivateReplyWindow},
    {"messenger", Channel::dm, "messenger", meta::kReplyWindow, true},
    {"messenger", Channel::post, "facebook_comment", meta::kPrivateReplyWindow},
    {"whatsapp", Channel::dm, "whatsapp", meta::kReplyWindow, true},
    {"twilio", Channel::dm, "whatsapp", meta::kReplyWindow},
    {"x", Channel::dm, "x_dm", std::nullopt},
    {"x", Channel::post, "x_post", std::nullopt},
    {"chat", Channel::chat, "chat", std::nullopt},
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
