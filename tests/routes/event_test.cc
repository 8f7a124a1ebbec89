#include "routes/event.h"

#include <string_view>

#include <doctest/doctest.h>

namespace tapline {
namespace {

TEST_CASE("event: channels have names that read back") {
    const std::string_view names[kChannels] = {"call", "text", "email", "dm", "chat", "post"};
    for (int i = 0; i < kChannels; ++i) {
        const auto channel = static_cast<Channel>(i);
        CHECK(to_string(channel) == names[i]);
        CHECK(parse_channel(names[i]) == channel);
    }
}

TEST_CASE("event: other names are no channels") {
    for (const std::string_view name : {"", "Call", "sms", "call ", "dms"}) {
        CAPTURE(name);
        CHECK_FALSE(parse_channel(name));
    }
}

}  // namespace
}  // namespace tapline
