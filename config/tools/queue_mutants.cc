// Mutants of queues, hours and topics.
#include <algorithm>
#include <array>
#include <set>
#include <string>

#include "config/tools/local_time.h"
#include "config/tools/mutants.h"

namespace tapline {

namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr minutes kShift{30};
constexpr std::array<std::string_view, 7> kDays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                   "Thursday", "Friday", "Saturday"};

// The channels of contacts that a route leads to the queue, as far as its conditions tell.
std::set<Channel> channels_to(const Brand& brand, const std::string& queue) {
    std::set<Channel> channels;
    for (const Route& route : brand.routes) {
        const bool by_pilot =
            route.pilot && std::any_of(route.pilot->arms.begin(), route.pilot->arms.end(),
                                       [&](const Arm& arm) { return arm.to == queue; });
        if (route.to != queue && !by_pilot && !route.to_owner) continue;
        for (int i = 0; i < kChannels; ++i) {
            const auto channel = static_cast<Channel>(i);
            const auto& named = route.when.channel;
            const bool fits =
                named.empty() || std::find(named.begin(), named.end(), channel) != named.end();
            const bool shown_by_button =
                route.when.button.empty() ||
                std::any_of(route.when.button.begin(), route.when.button.end(),
                            [&](const std::string& name) {
                                const auto button = brand.buttons.find(name);
                                return button != brand.buttons.end() &&
                                       button->second.channel == channel;
                            });
            if (fits && shown_by_button) channels.insert(channel);
        }
    }
    return channels;
}

class QueueMutants {
  public:
    QueueMutants(const Brand& brand, const Queue& queue, const BrandTests& tests,
                 std::vector<Mutant>& mutants)
        : queue_(queue),
          tests_(tests),
          channels_(channels_to(brand, queue.name)),
          mutants_(mutants) {}

    void add_all() {
        if (channels_.empty()) return;
        add_times();
        add_calls();
        add_closed();
        if (!queue_.hours.empty()) {
            edit("hours", "is always open", [](Queue& queue) { queue.hours.clear(); });
        }
        const bool replies = channels_.contains(Channel::text) || channels_.size() > 1;
        if (!queue_.reply.empty() && replies) {
            edit("reply", "has no reply", [](Queue& queue) { queue.reply.clear(); });
        }
    }

  private:
    void edit(const std::string& kind, const std::string& what,
              std::function<void(Queue&)> change) {
        Where where = tests_.at(kind, queue_.name);
        if (where.line == 0) where = tests_.at("queue", queue_.name);
        mutants_.push_back({"queue " + shown(queue_.name) + " " + what, where,
                            [name = queue_.name, change = std::move(change)](Brand& brand) {
                                change(brand.queues.at(name));
                            }});
    }

    void add_times() {
        bool default_counts = false;
        for (const Channel channel : channels_) {
            const auto i = static_cast<std::size_t>(channel);
            const auto within = queue_.respond_within_by_channel.at(i);
            default_counts = default_counts || !within;
            if (!within) continue;
            const seconds twice = *within * 2;
            edit("respond_within",
                 "responds to " + std::string(to_string(channel)) + " within " +
                     duration_text(twice),
                 [i, twice](Queue& queue) { queue.respond_within_by_channel.at(i) = twice; });
        }
        if (queue_.respond_within && default_counts) {
            const seconds twice = *queue_.respond_within * 2;
            edit("respond_within", "responds within " + duration_text(twice),
                 [twice](Queue& queue) { queue.respond_within = twice; });
        }
        if (queue_.respond_within_missed_call && channels_.contains(Channel::call)) {
            const seconds twice = *queue_.respond_within_missed_call * 2;
            edit("respond_within", "responds to a missed call within " + duration_text(twice),
                 [twice](Queue& queue) { queue.respond_within_missed_call = twice; });
        }
    }

    void add_calls() {
        if (!channels_.contains(Channel::call) || queue_.dial.to.empty()) return;
        edit("dial", "rings no phone", [](Queue& queue) { queue.dial.to.clear(); });
    }

    void add_closed() {
        const Closed& closed = queue_.closed;
        if (closed.call && channels_.contains(Channel::call)) {
            const bool machine = closed.call->then == ClosedCall::Then::voicemail;
            edit("closed", machine ? "hangs up when closed" : "takes a message when closed",
                 [machine](Queue& queue) {
                     queue.closed.call->then =
                         machine ? ClosedCall::Then::hangup : ClosedCall::Then::voicemail;
                 });
        }
        for (const Channel channel : channels_) {
            const auto i = static_cast<std::size_t>(channel);
            if (channel == Channel::call || !closed.by_channel.at(i)) continue;
            add_closed_other(
                "of channel " + std::string(to_string(channel)),
                [i](Queue& queue) { return &*queue.closed.by_channel.at(i); },
                *closed.by_channel.at(i));
        }
        const bool others = std::any_of(channels_.begin(), channels_.end(), [&](Channel channel) {
            return channel != Channel::call &&
                   !closed.by_channel.at(static_cast<std::size_t>(channel));
        });
        if (closed.other && others) {
            add_closed_other(
                "", [](Queue& queue) { return &*queue.closed.other; }, *closed.other);
        }
    }

    template <class Find>
    void add_closed_other(const std::string& which, Find find, const ClosedOther& closed) {
        const std::string what = which.empty() ? "" : " " + which;
        if (!closed.reply.empty()) {
            edit("closed", "says nothing when closed" + what,
                 [find](Queue& queue) { find(queue)->reply.clear(); });
        }
        if (!closed.queue.empty()) {
            edit("closed", "holds contacts" + what + " when closed",
                 [find](Queue& queue) { find(queue)->queue.clear(); });
        }
    }

    const Queue& queue_;
    const BrandTests& tests_;
    std::set<Channel> channels_;
    std::vector<Mutant>& mutants_;
};

bool same_day(const std::vector<OpenInterval>& a, const std::vector<OpenInterval>& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
        return x.from == y.from && x.until == y.until;
    });
}

void names_in(const std::vector<When>& all, std::set<std::string>& names);
void names_in(const When& when, std::set<std::string>& names) {
    names.insert(when.time.begin(), when.time.end());
    for (const auto* list : {&when.any, &when.all, &when.none}) names_in(*list, names);
}
void names_in(const std::vector<When>& all, std::set<std::string>& names) {
    for (const When& one : all) names_in(one, names);
}

std::set<std::string> hours_in_use(const Brand& brand) {
    std::set<std::string> names;
    for (const auto& entry : brand.queues) {
        if (!channels_to(brand, entry.first).empty()) names.insert(entry.second.hours);
    }
    for (const Route& route : brand.routes) names_in(route.when, names);
    return names;
}

std::string names_of(const std::vector<std::size_t>& days) {
    std::vector<std::string> names;
    names.reserve(days.size());
    for (const std::size_t day : days) names.emplace_back(kDays.at(day));
    return listed(names);
}

// Moves one end of the same part of several days.
std::function<void(Brand&)> shifted(const std::string& hours, const std::vector<std::size_t>& days,
                                    std::size_t part, minutes OpenInterval::*end, minutes by) {
    return [=](Brand& brand) {
        for (const std::size_t day : days) brand.hours.at(hours).days.at(day).at(part).*end += by;
    };
}

// Days that are alike are changed together, as they were written.
void add_hours_mutants(const std::string& name, const Hours& hours, const BrandTests& tests,
                       std::vector<Mutant>& mutants) {
    const Where where = tests.at("hours", name);
    std::set<std::size_t> done;
    for (std::size_t day = 0; day < kDays.size(); ++day) {
        std::vector<std::size_t> alike;
        for (std::size_t other = day; other < kDays.size(); ++other) {
            const bool same = same_day(hours.days.at(day), hours.days.at(other));
            if (same && done.insert(other).second) alike.push_back(other);
        }
        if (alike.empty()) continue;
        const std::string days = names_of(alike);
        const auto& parts = hours.days.at(day);
        for (std::size_t i = 0; i < parts.size(); ++i) {
            const auto length = parts.at(i).until - parts.at(i).from;
            if (length >= minutes(24 * 60) || length <= kShift) continue;
            const std::string part = parts.size() > 1 ? ", part " + std::to_string(i + 1) : "";
            const auto moved = [&](const char* change) {
                std::string text = "hours ";
                return text.append(shown(name)).append(change).append(days).append(part);
            };
            mutants.push_back({moved(" open half an hour later on "), where,
                               shifted(name, alike, i, &OpenInterval::from, kShift)});
            mutants.push_back({moved(" close half an hour earlier on "), where,
                               shifted(name, alike, i, &OpenInterval::until, -kShift)});
        }
    }
    if (hours.special.empty()) return;
    mutants.push_back({"hours " + shown(name) + " have no special days", where,
                       [name](Brand& brand) { brand.hours.at(name).special.clear(); }});
}

}  // namespace

void add_queue_mutants(const Brand& brand, const BrandTests& tests, std::vector<Mutant>& mutants) {
    for (const auto& entry : brand.queues) {
        QueueMutants(brand, entry.second, tests, mutants).add_all();
    }
    const auto used = hours_in_use(brand);
    for (const auto& entry : brand.hours) {
        if (used.contains(entry.first))
            add_hours_mutants(entry.first, entry.second, tests, mutants);
    }
    for (const auto& entry : brand.topics) {
        mutants.push_back({"topic " + shown(entry.first) + " is gone",
                           tests.at("topic", entry.first),
                           [name = entry.first](Brand& changed) { changed.topics.erase(name); }});
    }
}

}  // namespace tapline
