// That no department is silent outside its hours: each channel that can reach it is told of.
#include <algorithm>
#include <array>
#include <set>

#include "config/brand_checks.h"
#include "config/brand_closed.h"
#include "config/brand_route_keys.h"

namespace tapline {

namespace {

using Channels = std::array<bool, kChannels>;

std::size_t index_of(Channel channel) {
    return static_cast<std::size_t>(channel);
}

// Whether the condition asks for nothing but channels: then no later route sees those.
bool is_channels_only(const When& when) {
    When rest = when;
    rest.channel.clear();
    return rest.empty();
}

Channels channels_of(const Brand& brand, const When& when) {
    Channels channels{};
    for (int i = 0; i < kChannels; ++i) {
        const auto channel = static_cast<Channel>(i);
        const bool allowed =
            when.channel.empty() ||
            std::find(when.channel.begin(), when.channel.end(), channel) != when.channel.end();
        channels.at(index_of(channel)) =
            allowed && (channel != Channel::call || may_take_calls(brand, when));
    }
    return channels;
}

// The queues that the route itself can choose.
std::set<std::string> queues_of(const Route& route) {
    std::set<std::string> queues = {route.to};
    if (route.pilot) {
        for (const Arm& arm : route.pilot->arms) queues.insert(arm.to);
    }
    return queues;
}

bool never_closes(const Brand& brand, const Queue& queue) {
    const auto hours = brand.hours.find(queue.hours);
    if (hours == brand.hours.end()) return queue.hours.empty();
    return longest_closed_gap(hours->second) == std::chrono::seconds(0);
}

// What each queue is silent about, by the first route that shows it.
class Silence {
  public:
    Silence(const BrandDraft& draft, Report& report) : draft_(draft), report_(report) {}

    void look(const Route& route, const std::string& name, const Channels& channels) {
        const auto found = draft_.brand.queues.find(name);
        if (found == draft_.brand.queues.end()) return;
        const Queue& queue = found->second;
        if (never_closes(draft_.brand, queue)) return;
        std::vector<std::string> missing;
        for (int i = 0; i < kChannels; ++i) {
            const auto channel = static_cast<Channel>(i);
            if (channels.at(index_of(channel)) && !says(route, queue, channel)) {
                missing.emplace_back(to_string(channel));
            }
        }
        if (missing.empty() || !told_.insert(name).second) return;
        tell(route, queue, missing);
    }

  private:
    static bool says(const Route& route, const Queue& queue, Channel channel) {
        if (channel == Channel::call) return route.closed.call || queue.closed.call;
        return route.closed.of(channel) != nullptr || queue.closed.of(channel) != nullptr;
    }

    void tell(const Route& route, const Queue& queue, std::vector<std::string> missing) {
        std::string mend;
        if (missing.front() == "call") mend = R"(call: {say: "We open {opens_at}."})";
        if (missing.back() != "call") {
            if (!mend.empty()) mend += ", ";
            mend += R"(other: {reply: "We open {opens_at}.", then: hold})";
        }
        report_.error(draft_.at("queue hours", queue.name),
                      "queue " + shown(queue.name) +
                          " has hours, and nothing says what becomes of " + listed(missing) +
                          " outside them, which route " + shown(route.name) +
                          " brings; add closed: {" + mend + "}");
    }

    const BrandDraft& draft_;
    Report& report_;
    std::set<std::string> told_;
};

void check_silence(const BrandDraft& draft, Report& report) {
    const Brand& brand = draft.brand;
    std::set<std::string> owners;
    for (const Route& route : brand.routes) owners.merge(queues_of(route));
    Silence silence(draft, report);
    Channels taken{};
    for (const Route& route : brand.routes) {
        if (draft.places.contains({"faulty route", route.name})) continue;
        Channels channels = channels_of(brand, route.when);
        for (std::size_t i = 0; i < channels.size(); ++i) {
            channels.at(i) = channels.at(i) && !taken.at(i);
        }
        for (const std::string& name : route.to_owner ? owners : queues_of(route)) {
            silence.look(route, name, channels);
        }
        if (!is_channels_only(route.when)) continue;
        for (std::size_t i = 0; i < channels.size(); ++i) {
            taken.at(i) = taken.at(i) || channels.at(i);
        }
    }
}

}  // namespace

void check_closed(const BrandDraft& draft, Report& report) {
    for (const auto& [name, queue] : draft.brand.queues) {
        if (queue.closed.empty() || !queue.hours.empty()) continue;
        // A name that is wrong has its own mistake, and so has one of a queue that never closes.
        if (draft.places.contains({"queue hours", name})) continue;
        report.error(draft.at("closed", name),
                     "queue " + shown(name) + " has \"closed\" and no \"hours\"; add hours: NAME");
    }
    for (const auto& [name, queue] : draft.brand.queues) {
        if (queue.hours.empty()) continue;
        for (std::size_t i = 0; i <= queue.closed.by_channel.size(); ++i) {
            const auto& one = i < queue.closed.by_channel.size() ? queue.closed.by_channel.at(i)
                                                                 : queue.closed.other;
            if (!one || one->queue != name) continue;
            report.error(draft.at("closed", name),
                         "queue " + shown(name) +
                             " hands its contacts to itself while it is closed; write then: hold, "
                             "or name another queue");
            break;
        }
    }
    check_silence(draft, report);
}

}  // namespace tapline
