// Whether a department is away for longer than the platform lets a brand answer.
#include <algorithm>
#include <set>

#include "config/cross_checks.h"

namespace tapline {

namespace {

using std::chrono::hours;

// Meta's standard messaging window, for direct messages of Instagram, Messenger and WhatsApp:
// https://developers.facebook.com/docs/messenger-platform/policy/policy-overview
constexpr std::chrono::seconds kStandardWindow = hours(24);

bool has_window(const std::string& provider) {
    return provider == "instagram" || provider == "messenger" || provider == "whatsapp";
}

// The shortest window among the brand's profiles whose messages can take the route.
struct Window {
    std::string profile;
    std::chrono::seconds length{0};
};

std::optional<Window> shortest_window(const GatewayDraft& gateway, const Brand& brand,
                                      const When& when) {
    const bool messages =
        when.channel.empty() ||
        std::find(when.channel.begin(), when.channel.end(), Channel::dm) != when.channel.end();
    if (!messages) return std::nullopt;
    std::optional<Window> shortest;
    for (const auto& [name, profile] : brand.profiles) {
        const bool meant =
            when.profile.empty() ||
            std::find(when.profile.begin(), when.profile.end(), name) != when.profile.end();
        const auto connection = gateway.config.connections.find(profile.connection);
        if (!meant || connection == gateway.config.connections.end() ||
            !has_window(connection->second.provider)) {
            continue;
        }
        const auto set = connection->second.reply_window;
        const auto length = set.count() == 0 ? kStandardWindow : set;
        if (!shortest || length < shortest->length) shortest = Window{name, length};
    }
    return shortest;
}

// Whether the messages wait for the queue to open, and are not another queue's meanwhile.
bool waits(const Route& route, const Queue& queue) {
    const ClosedOther* said = route.closed.of(Channel::dm);
    if (said == nullptr) said = queue.closed.of(Channel::dm);
    return said == nullptr || said->queue.empty();
}

std::string in_hours(std::chrono::seconds time) {
    return std::to_string(std::chrono::ceil<hours>(time).count()) + " h";
}

}  // namespace

void check_windows(const GatewayDraft& gateway, const BrandDraft& draft, Report& report) {
    const Brand& brand = draft.brand;
    std::set<std::string> told;
    for (const Route& route : brand.routes) {
        const auto queue = brand.queues.find(route.to);
        if (queue == brand.queues.end() || !waits(route, queue->second)) continue;
        const auto open = brand.hours.find(queue->second.hours);
        if (open == brand.hours.end()) continue;
        const auto gap = longest_closed_gap(open->second);
        const auto window = shortest_window(gateway, brand, route.when);
        if (!gap || !window || *gap <= window->length || !told.insert(route.to).second) continue;
        report.warning(draft.at("queue hours", route.to),
                       "queue " + shown(route.to) + " is closed for up to " + in_hours(*gap) +
                           ", and messages to profile " + shown(window->profile) +
                           " can be answered for " + in_hours(window->length) +
                           " only, so some can never be answered; hand them to a queue that is "
                           "open: closed: {dm: {queue: NAME}}");
    }
}

}  // namespace tapline
