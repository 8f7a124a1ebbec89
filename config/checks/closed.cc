// That no department is silent outside its hours: each channel that can reach it is told of.
#include <array>
#include <map>
#include <set>

#include "config/checks/brand.h"
#include "config/checks/reach.h"

namespace tapline {

namespace {

using Channels = std::array<bool, kChannels>;

// What each queue is silent about, by the first route that shows it.
class Silence {
  public:
    Silence(const BrandDraft& draft, Report& report) : draft_(draft), report_(report) {}

    void look(const Route& route, const Queue& first, const Channels& channels) {
        std::map<const Queue*, std::vector<std::string>> missing;
        for (int i = 0; i < kChannels; ++i) {
            if (!channels.at(static_cast<std::size_t>(i))) continue;
            const auto channel = static_cast<Channel>(i);
            for (const ClosedStop& stop : closed_stops(draft_.brand, route, first, channel)) {
                if (!stop.says) missing[stop.queue].emplace_back(to_string(channel));
            }
        }
        for (const auto& [queue, names] : missing) {
            if (told_.insert(queue->name).second) tell(route, *queue, names);
        }
    }

  private:
    void tell(const Route& route, const Queue& queue, const std::vector<std::string>& missing) {
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

// The departments that contacts of any channel come to while they are closed.
std::set<const Queue*> stops_of(const Brand& brand, const Route& route, const Queue& first) {
    std::set<const Queue*> queues;
    for (int i = 0; i < kChannels; ++i) {
        for (const auto& stop : closed_stops(brand, route, first, static_cast<Channel>(i))) {
            queues.insert(stop.queue);
        }
    }
    return queues;
}

// Who may own a journey: where routes, closed departments and overdue steps send contacts.
std::vector<const Queue*> owners_of(const Brand& brand) {
    std::set<const Queue*> owners;
    const auto add = [&](const std::string& name) {
        const auto found = brand.queues.find(name);
        if (found != brand.queues.end()) owners.insert(&found->second);
    };
    for (const Route& route : brand.routes) {
        for (const Queue* queue : queues_of(brand, route)) {
            owners.insert(queue);
            const auto stops = stops_of(brand, route, *queue);
            owners.insert(stops.begin(), stops.end());
        }
    }
    for (const auto& [name, queue] : brand.queues) {
        for (const OverdueStep& step : queue.overdue) {
            if (step.act == OverdueStep::Act::move) add(step.queue);
        }
    }
    return {owners.begin(), owners.end()};
}

void check_silence(const BrandDraft& draft, Report& report) {
    const Brand& brand = draft.brand;
    const auto owners = owners_of(brand);
    Silence silence(draft, report);
    Channels taken{};
    for (const Route& route : brand.routes) {
        if (draft.places.contains({"faulty route", route.name})) continue;
        Channels channels{};
        Channels always{};
        for (std::size_t i = 0; i < channels.size(); ++i) {
            const Chance chance = chance_of(brand, route.when, static_cast<Channel>(i));
            channels.at(i) = chance != Chance::never && !taken.at(i);
            always.at(i) = chance == Chance::always;
        }
        for (const Queue* queue : route.to_owner ? owners : queues_of(brand, route)) {
            silence.look(route, *queue, channels);
        }
        // No later route sees those.
        for (std::size_t i = 0; i < taken.size(); ++i) {
            taken.at(i) = taken.at(i) || always.at(i);
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
