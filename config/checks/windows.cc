// Whether a department is away for longer than the platform lets a brand answer.
#include <algorithm>
#include <set>

#include "adapters/usual_reply.h"
#include "config/checks/cross.h"
#include "config/checks/reach.h"

namespace tapline {

namespace {

// The shortest window among the brand's profiles whose contacts of the channel can take the route.
struct Window {
    std::string profile;
    std::chrono::seconds length{0};
};

bool can_take(const Brand& brand, const When& when, const Button& button) {
    return chance_of(brand, when, {button.channel, &button, false}) != Chance::never ||
           chance_of(brand, when, {button.channel, &button, true}) != Chance::never;
}

// By one of its buttons, or by none.
bool can_come(const Brand& brand, const When& when, const std::string& profile, Channel channel) {
    Button none;
    none.profile = profile;
    none.channel = channel;
    return can_take(brand, when, none) ||
           std::any_of(brand.buttons.begin(), brand.buttons.end(), [&](const auto& one) {
               const Button& button = one.second;
               return button.profile == profile && button.channel == channel &&
                      can_take(brand, when, button);
           });
}

std::optional<Window> shortest_window(const GatewayDraft& gateway, const Brand& brand,
                                      const When& when, Channel channel) {
    std::optional<Window> shortest;
    for (const auto& [name, profile] : brand.profiles) {
        const auto found = gateway.config.connections.find(profile.connection);
        if (found == gateway.config.connections.end()) continue;
        const Connection& connection = found->second;
        const auto window =
            usual_reply(connection.provider, channel, connection.reply_window).window;
        if (!window || (shortest && shortest->length <= *window)) continue;
        if (can_come(brand, when, name, channel)) shortest = Window{name, *window};
    }
    return shortest;
}

std::string in_hours(std::chrono::seconds time) {
    return std::to_string(std::chrono::ceil<std::chrono::hours>(time).count()) + " h";
}

bool is_longer(const Brand& brand, const Queue& queue, const Window& window) {
    const auto hours = brand.hours.find(queue.hours);
    if (hours == brand.hours.end()) return false;
    const auto gap = longest_closed_gap(hours->second);
    return gap && *gap > window.length;
}

// Tells of each queue once.
class Gaps {
  public:
    Gaps(const BrandDraft& draft, Report& report) : draft_(draft), report_(report) {}

    void look(const Route& route, Channel channel, const Window& window) {
        for (const Queue* first : queues_of(draft_.brand, route)) {
            for (const ClosedStop& stop : closed_stops(draft_.brand, route, *first, channel)) {
                if (stop.holds && is_longer(draft_.brand, *stop.queue, window)) {
                    tell(*stop.queue, channel, window);
                }
            }
        }
    }

  private:
    void tell(const Queue& queue, Channel channel, const Window& window) {
        if (!told_.insert(queue.name).second) return;
        const auto gap = longest_closed_gap(draft_.brand.hours.at(queue.hours));
        const std::string what = channel == Channel::post ? "comments under" : "messages to";
        report_.warning(draft_.at("queue hours", queue.name),
                        "queue " + shown(queue.name) + " is closed for up to " + in_hours(*gap) +
                            ", and " + what + " profile " + shown(window.profile) +
                            " can be answered for " + in_hours(window.length) +
                            " only, so some can never be answered; hand them to a queue that is "
                            "open: closed: {" +
                            std::string(to_string(channel)) + ": {queue: NAME}}");
    }

    const BrandDraft& draft_;
    Report& report_;
    std::set<std::string> told_;
};

}  // namespace

void check_windows(const GatewayDraft& gateway, const BrandDraft& draft, Report& report) {
    Gaps gaps(draft, report);
    for (const Route& route : draft.brand.routes) {
        for (const Channel channel : {Channel::dm, Channel::post}) {
            const auto window = shortest_window(gateway, draft.brand, route.when, channel);
            if (window) gaps.look(route, channel, *window);
        }
    }
}

}  // namespace tapline
