#include "config/notes/replies.h"

#include <algorithm>
#include <set>

#include "config/checks/reach.h"
#include "config/report.h"

namespace tapline {

namespace {

bool has_reply(const Closed& closed) {
    const auto says = [](const std::optional<ClosedOther>& one) {
        return one && !one->reply.empty();
    };
    return says(closed.other) ||
           std::any_of(closed.by_channel.begin(), closed.by_channel.end(), says);
}

// The channels, other than call and text, of the contacts that the route sees.
void collect_channels(const Brand& brand, const When& when, std::set<std::string>& channels) {
    for (const Channel channel : {Channel::email, Channel::dm, Channel::chat, Channel::post}) {
        if (chance_of(brand, when, channel) != Chance::never) channels.emplace(to_string(channel));
    }
}

}  // namespace

std::vector<std::string> reply_notes(const Config& config) {
    std::vector<std::string> notes;
    for (const auto& [name, brand] : config.brands) {
        std::set<std::string> queues;
        std::set<std::string> channels;
        for (const Route& route : brand->routes) {
            const auto queue = brand->queues.find(route.to);
            if (queue == brand->queues.end()) continue;
            const bool replies = !route.reply.empty() || has_reply(route.closed) ||
                                 !queue->second.reply.empty() || has_reply(queue->second.closed);
            if (!replies) continue;
            queues.insert(route.to);
            collect_channels(*brand, route.when, channels);
        }
        if (channels.empty()) continue;
        notes.push_back("brand " + name + ": replies of " + listed({queues.begin(), queues.end()}) +
                        " are sent to callers and texts; for " +
                        listed({channels.begin(), channels.end()}) +
                        " they stand in the entry's reply.suggested, for the backend to send");
    }
    return notes;
}

}  // namespace tapline
