#include "gateway/cli/tour.h"

#include <optional>

#include "adapters/sources/registry.h"
#include "gateway/cli/send_target.h"
#include "gateway/clock.h"
#include "gateway/intake/acceptor.h"

namespace tapline {

namespace {

constexpr const char* kText = "Is this in blue?";

struct Try {
    SendOptions options;
    std::string brand;
    std::string queue;
    Channel channel = Channel::dm;
};

// What would become of it; nothing when it cannot be sent or no brand would have it.
std::optional<Try> tried(const Config& config, const SendOptions& options) {
    const auto target = find_target(config, options);
    if (!target) return std::nullopt;
    const auto request = sign_event(config, *target, options, "");
    if (!request) return std::nullopt;
    const Placed placed = events_of(config, *target, *request);
    if (placed.events.empty()) return std::nullopt;
    const auto& [brand, event] = placed.events.front();
    const Decision decision = decide_without_records(*brand, event, system_clock()());
    if (decision.queue.empty()) return std::nullopt;
    return Try{options, brand->name, decision.queue, event.channel};
}

std::optional<Try> hook_try(const Config& config) {
    std::optional<Try> other;
    for (const Source& source : sources()) {
        SendOptions options;
        options.provider = source.provider;
        options.text = kText;
        if (options.provider == "events") continue;
        auto found = tried(config, options);
        if (!found) continue;
        if (found->channel == Channel::dm) return found;
        if (!other) other = std::move(found);
    }
    return other;
}

std::optional<Try> events_try(const Config& config) {
    for (const auto& [name, brand] : config.brands) {
        SendOptions options;
        options.provider = "events";
        options.text = kText;
        if (config.brands.size() > 1) options.brand = name;
        if (!brand->buttons.empty()) options.to = brand->buttons.begin()->first;
        if (auto found = tried(config, options)) return found;
    }
    return std::nullopt;
}

std::string send_command(const SendOptions& options) {
    std::string command = "send " + options.provider + " --text '" + options.text + "'";
    if (!options.to.empty()) command += " --to " + options.to;
    if (!options.brand.empty()) command += " --brand " + options.brand;
    return command;
}

std::string tail_command(const Config& config, const Try& found) {
    std::size_t brands = 0;
    for (const auto& [name, brand] : config.brands) {
        brands += brand->queues.contains(found.queue) ? 1 : 0;
    }
    return "tail " + found.queue + (brands > 1 ? " --brand " + found.brand : "");
}

}  // namespace

std::vector<std::string> tour(const Config& config, const std::string& program) {
    auto found = hook_try(config);
    if (!found) found = events_try(config);
    if (!found) return {program + " doctor"};
    return {program + " " + send_command(found->options),
            program + " " + tail_command(config, *found), program + " track NUMBER"};
}

}  // namespace tapline
