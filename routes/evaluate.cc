#include "routes/evaluate.h"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>

#include "routes/closed.h"
#include "routes/due.h"
#include "routes/pilot.h"
#include "routes/region.h"
#include "routes/reply.h"

namespace tapline {

namespace {

constexpr std::string_view kUnknownRegion = "unknown";

const Queue* find_queue(const Brand& brand, const Route* route) {
    if (brand.queues.empty()) return nullptr;
    if (route == nullptr) return &brand.queues.begin()->second;
    const auto found = brand.queues.find(route->to);
    return found == brand.queues.end() ? &brand.queues.begin()->second : &found->second;
}

std::string whisper_of(std::string text, const Place& place) {
    std::string source = place.source;
    if (!source.empty() && source[0] >= 'a' && source[0] <= 'z') {
        source[0] = static_cast<char>(source[0] - 'a' + 'A');
    }
    fill_in(text, "{source}", source);
    fill_in(text, "{campaign}", place.campaign);
    fill_in(text, "{profile}", place.profile);
    fill_in(text, "{button}", place.button);
    return text;
}

// The customer's part in the choice of an arm; who is not known is each time somebody else, but a
// call and what becomes of it are one.
std::string pilot_key(const Event& event, const CustomerFacts& customer) {
    if (!customer.key.empty()) return customer.key;
    return event.call_step ? event.call_step->call : event.event_id;
}

bool names_switch(const When& when, std::string_view name) {
    const auto inner = [name](const When& one) { return names_switch(one, name); };
    return std::any_of(when.switches.begin(), when.switches.end(),
                       [name](const std::string& one) { return one == name; }) ||
           std::any_of(when.any.begin(), when.any.end(), inner) ||
           std::any_of(when.all.begin(), when.all.end(), inner) ||
           std::any_of(when.none.begin(), when.none.end(), inner);
}

// The decision as it is made: one step after the other, in the order that the language promises.
class Deciding {
  public:
    Deciding(const Brand& brand, const Arrival& arrival, const Situation& situation, Time now)
        : brand_(brand),
          event_(arrival.event),
          place_(arrival.place),
          customer_(arrival.customer),
          situation_(situation),
          now_(now) {}

    Decision decide() {
        choose_route();
        choose_arm();
        if (queue_ != nullptr) {
            if (is_ringing()) {
                answer_call();
            } else {
                follow_hours();
            }
            set_due();
            set_reply();
        }
        be_patient();
        find_topics();
        suppress();
        return std::move(decision_);
    }

  private:
    bool is_call() const { return event_.channel == Channel::call; }
    // A caller is on the line; not the news of one who was.
    bool is_ringing() const { return is_call() && !event_.call_step; }

    void choose_route() {
        route_ = first_match(brand_, {event_, place_, customer_}, situation_, now_);
        queue_ = find_queue(brand_, route_);
        if (route_ == nullptr) return;
        decision_.route = route_->name;
        decision_.respond_within = route_->respond_within;
        decision_.copy_to = route_->copy_to;
        if (route_->is_express) decision_.priority = "express";
        if (customer_.open_journey) {
            decision_.joins_open_journey =
                route_->to_owner || route_->when.open_journey.has_value();
            if (route_->to_owner) choose_owner(customer_.open_journey->queue);
        }
        look_for_passed_switch();
    }

    void choose_owner(std::string_view owner) {
        const std::string name(owner.substr(0, owner.find(':')));  // without its express lane
        const auto found = brand_.queues.find(name);
        if (found == brand_.queues.end()) return;
        // A caller must not be sent where nothing rings.
        const bool rings = event_.channel != Channel::call || !found->second.dial.to.empty();
        if (rings) queue_ = &found->second;
    }

    // A number of "US" is of a state that its prefix does not tell.
    bool may_be_in(const std::string& region) const {
        if (region_contains(region, place_.region)) return false;  // it is
        return place_.region == kUnknownRegion || region_contains(place_.region, region);
    }

    // Asks, for each region of a switch that is on, where a customer of it would have gone.
    void look_for_passed_switch() {
        for (const auto& [name, state] : situation_.switches) {
            if (now_ >= state.until) continue;
            for (const std::string& region : state.regions) {
                if (!may_be_in(region)) continue;
                Place there = place_;
                there.region = region;
                const Route* other =
                    first_match(brand_, {event_, there, customer_}, situation_, now_);
                if (other == nullptr || other == route_ || !names_switch(other->when, name)) {
                    continue;
                }
                decision_.unknown_region_passed = name;
                return;
            }
        }
    }

    void choose_arm() {
        if (route_ == nullptr || !route_->pilot || !is_running(*route_->pilot, situation_, now_)) {
            return;
        }
        const Arm* arm = arm_of(*route_->pilot, pilot_key(event_, customer_));
        decision_.pilot = route_->pilot->name;
        decision_.arm = arm == nullptr ? std::string(kControlArm) : arm->name;
        if (arm == nullptr) return;
        const auto found = brand_.queues.find(arm->to);
        if (found != brand_.queues.end()) queue_ = &found->second;
    }

    void answer_call() {
        const Hours* hours = hours_of(brand_, *queue_);
        decision_.closed = hours != nullptr && !is_open(*hours, now_);
        if (decision_.closed) {
            const auto& own = route_ == nullptr ? std::nullopt : route_->closed.call;
            const ClosedCall said = own ? *own : queue_->closed.call.value_or(ClosedCall{});
            decision_.dial = closed_dial(said, *queue_, *hours, now_);
            decision_.call_back = said.then == ClosedCall::Then::callback;
        } else {
            decision_.dial = queue_->dial;
        }
        fill_whisper();
    }

    void fill_whisper() {
        if (decision_.dial.whisper.empty()) return;
        decision_.dial.whisper = whisper_of(std::move(decision_.dial.whisper), place_);
    }

    void follow_hours() {
        decision_.dial = queue_->dial;
        fill_whisper();
        // What became of a call is on the queue of the call.
        if (is_call()) return;
        at_ = find_open_queue(brand_, route_, *queue_, event_.channel, now_);
        decision_.closed = at_.closed;
        if (route_ != nullptr && !route_->hold_by.empty()) {
            decision_.state = Decision::State::held;
            decision_.held_by = route_->hold_by;
            return;
        }
        queue_ = at_.queue;
        decision_.handed_on_by = at_.passed;
        if (!at_.closed || at_.said == nullptr) return;
        const auto opens = next_open(*at_.hours, now_);
        // Who never opens again would hold it for ever.
        if (!opens) return;
        decision_.state = Decision::State::held;
        decision_.release_at = *opens;
    }

    void set_due() {
        decision_.queue = queue_->name;
        if (!decision_.respond_within) {
            const bool missed = event_.call_step || (decision_.closed && is_call());
            decision_.respond_within = respond_within(*queue_, {event_.channel, missed});
        }
        if (!decision_.respond_within) return;
        decision_.due_at =
            due_time(brand_, *queue_, {now_, *decision_.respond_within, event_.reply_before});
    }

    void set_reply() {
        std::string text = route_ == nullptr ? "" : route_->reply;
        if (is_call()) {
            if (is_ringing() && !text.empty()) {
                fill_names(text, "");
                decision_.dial.greeting =
                    decision_.dial.greeting.empty() ? text : text + " " + decision_.dial.greeting;
            }
            return;
        }
        if (text.empty() && at_.said != nullptr) text = at_.said->reply;
        if (text.empty()) text = queue_->reply;
        if (text.empty()) return;
        decision_.reply_withheld = withheld(event_, customer_, now_);
        if (!decision_.reply_withheld.empty()) return;
        fill_names(text, at_.opens_at);
        decision_.reply = std::move(text);
    }

    void fill_names(std::string& text, std::string_view opens) const {
        fill_in(text, "{opens_at}", opens);
        fill_in(text, "{respond_within}",
                decision_.respond_within ? spoken(*decision_.respond_within) : "");
        fill_in(text, "{brand}", brand_.shown_name());
    }

    void be_patient() {
        decision_.flushes = is_call() || decision_.priority == "express";
        if (route_ == nullptr || !route_->patience || decision_.flushes) return;
        if (is_said(route_->patience->skip)) {
            decision_.flushes = true;
        } else if (decision_.state == Decision::State::queued && !customer_.key.empty()) {
            decision_.state = Decision::State::gathering;
            decision_.patience = route_->patience;
        }
    }

    void find_topics() {
        for (const auto& [name, topic] : brand_.topics) {
            if (is_said(topic.text)) decision_.topics.push_back(name);
        }
    }

    bool is_said(const std::vector<WordPattern>& patterns) {
        if (patterns.empty()) return false;
        if (!folded_) folded_ = folded_words(event_);
        return std::any_of(patterns.begin(), patterns.end(),
                           [this](const auto& one) { return one.matches(*folded_); });
    }

    // The caller is still connected: it is the entry that nobody shall see.
    void suppress() {
        const auto& suppressed = customer_.suppressed;
        if (!suppressed || now_ >= suppressed->until) return;
        decision_.state = Decision::State::suppressed;
        decision_.suppressed_because = suppressed->reason;
        if (!decision_.reply.empty()) decision_.reply_withheld = "suppressed";
        decision_.reply.clear();
        decision_.due_at.reset();
        decision_.release_at.reset();
        decision_.held_by.clear();
        decision_.patience.reset();
        decision_.flushes = false;
        decision_.copy_to.clear();
        decision_.topics.clear();
    }

    const Brand& brand_;
    const Event& event_;
    const Place& place_;
    const CustomerFacts& customer_;
    const Situation& situation_;
    const Time now_;
    const Route* route_ = nullptr;
    const Queue* queue_ = nullptr;
    OpenQueue at_;
    std::optional<std::string> folded_;
    Decision decision_;
};

}  // namespace

Decision evaluate(const Brand& brand, const Arrival& arrival, const Situation& situation,
                  Time now) {
    return Deciding(brand, arrival, situation, now).decide();
}

}  // namespace tapline
