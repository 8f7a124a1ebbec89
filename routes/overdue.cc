#include "routes/overdue.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace tapline {

namespace {

using std::chrono::seconds;

const Hours* hours_of(const Brand& brand, const Queue& queue) {
    const auto found = brand.hours.find(queue.hours);
    return found == brand.hours.end() ? nullptr : &found->second;
}

// Open time between two moments, found by halving, to the second: nothing measures it directly.
seconds open_time(const Hours& hours, Time from, Time until) {
    seconds low{0};
    seconds high = std::chrono::ceil<seconds>(until - from);
    while (low < high) {
        const seconds middle = low + (high - low) / 2;
        const auto reached = after_business_time(hours, from, middle);
        if (reached && *reached < until) {
            low = middle + seconds{1};
        } else {
            high = middle;
        }
    }
    return low;
}

// When shares of the time between arrival and due time have gone by.
class Shares {
  public:
    Shares(const Hours* hours, Time from, Time until) : hours_(hours), from_(from), until_(until) {
        if (hours_ == nullptr || until_ <= from_) return;
        const auto straight =
            after_business_time(*hours_, from_, std::chrono::floor<seconds>(until_ - from_));
        const bool has_gap = !straight || *straight > until_;
        if (has_gap) open_ = open_time(*hours_, from_, until_);
    }

    Time at(double share) const {
        if (share == 1) return until_;
        if (!open_) return from_ + part(until_ - from_, share);
        const auto whole = std::chrono::duration_cast<seconds>(part(*open_, share));
        const auto reached = after_business_time(*hours_, from_, whole);
        return reached ? *reached : from_ + part(until_ - from_, share);
    }

  private:
    static Milliseconds part(Milliseconds whole, double share) {
        return Milliseconds(std::llround(static_cast<double>(whole.count()) * share));
    }

    const Hours* hours_;
    Time from_;
    Time until_;
    std::optional<seconds> open_;  // where closed time lies between
};

}  // namespace

std::vector<LadderStep> ladder(const Brand& brand, const Queue& queue, Time accepted_at,
                               std::optional<Time> due_at) {
    std::map<Time, LadderStep> steps;
    if (due_at) {
        steps[*due_at].is_late = true;
        const Shares shares(queue.overdue.empty() ? nullptr : hours_of(brand, queue), accepted_at,
                            *due_at);
        for (const OverdueStep& rule : queue.overdue) {
            LadderStep& step = steps[shares.at(rule.at)];
            if (rule.act == OverdueStep::Act::alert) {
                step.alerts.push_back(rule.queue);
            } else if (rule.queue != queue.name) {
                step.move_to = rule.queue;
            }
        }
    }
    if (queue.max_age.count() > 0) steps[accepted_at + queue.max_age].is_end = true;
    std::vector<LadderStep> sorted;
    for (auto& [at, step] : steps) {
        const bool does_nothing =
            !step.is_late && !step.is_end && step.alerts.empty() && step.move_to.empty();
        if (does_nothing) continue;
        sorted.push_back(std::move(step));
        sorted.back().at = at;
    }
    return sorted;
}

std::optional<Time> next_step(const Brand& brand, const Queue& queue, Time accepted_at,
                              std::optional<Time> due_at, std::optional<Time> after) {
    // What almost every entry has, without a list.
    if (queue.overdue.empty() && queue.max_age.count() == 0) {
        return due_at && (!after || *due_at > *after) ? due_at : std::nullopt;
    }
    for (const LadderStep& step : ladder(brand, queue, accepted_at, due_at)) {
        if (!after || step.at > *after) return step.at;
    }
    return std::nullopt;
}

}  // namespace tapline
