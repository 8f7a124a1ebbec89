#include "routes/event.h"

#include <array>

namespace tapline {

namespace {

constexpr std::array<std::string_view, kChannels> kChannelNames = {"call", "text", "email",
                                                                   "dm",   "chat", "post"};

}  // namespace

std::string_view to_string(Channel channel) {
    return kChannelNames.at(static_cast<std::size_t>(channel));
}

std::optional<Channel> parse_channel(std::string_view name) {
    for (std::size_t i = 0; i < kChannelNames.size(); ++i) {
        if (kChannelNames.at(i) == name) return static_cast<Channel>(i);
    }
    return std::nullopt;
}

}  // namespace tapline
