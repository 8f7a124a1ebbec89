// What a run writes: the words of the scripts, made of the event, its place and the decision.
#include <algorithm>

#include "adapters/backends/stream.h"
#include "gateway/intake/accept_run.h"
#include "gateway/intake/call_steps.h"
#include "gateway/intake/facts.h"
#include "gateway/redis/keys.h"
#include "routes/overdue.h"
#include "routes/route_index.h"

namespace tapline {

namespace {

constexpr std::string_view kDurability = "redis";
// Beside the time that the topic looks back: the steward's turn, and clocks that differ.
constexpr Milliseconds kTopicSlack = std::chrono::hours(1);

std::string filled(std::string text, std::string_view name, std::string_view value) {
    for (std::size_t at = text.find(name); at != std::string::npos;
         at = text.find(name, at + value.size())) {
        text.replace(at, name.size(), value);
    }
    return text;
}

// How the posts of a route wait. One that has lost its patience meanwhile waits for nothing.
Patience patience_of(const Brand& brand, const std::string& name) {
    const auto route = std::find_if(brand.routes.begin(), brand.routes.end(),
                                    [&](const Route& one) { return one.name == name; });
    return route == brand.routes.end() ? Patience{} : route->patience.value_or(Patience{});
}

bool is_skipped(const Patience& patience, const Event& event) {
    if (patience.skip.empty()) return false;
    const std::string words = folded_words(event);
    return std::any_of(patience.skip.begin(), patience.skip.end(),
                       [&](const WordPattern& one) { return one.matches(words); });
}

// A part is its gathering's, whatever route it would have taken by itself.
Decision part_of(const HeldEntry& held, Decision decision) {
    if (decision.route != held.route) {
        decision.pilot.clear();
        decision.arm.clear();
    }
    decision.route = held.route;
    decision.queue = held.queue;
    decision.release_at.reset();
    decision.due_at.reset();
    if (!held.due_at.empty()) {
        decision.due_at = from_ms(std::strtoll(held.due_at.c_str(), nullptr, 10));
    }
    return decision;
}

}  // namespace

// What the journey knows of clicks stands behind what the event itself says, for routes and entry.
// A copy, because the placing must not take the journey's campaign for the event's own.
const Event& AcceptRun::event_to_write() {
    if (!joined_ && !answer_.opted_out) return job_.event;
    joined_event_ = job_.event;
    if (joined_) merge_attribution(joined_event_->attribution, joined_->attribution);
    // Whoever answers learns of it; it is not the journey's, since a START ends it.
    if (answer_.opted_out) joined_event_->attribution.emplace_back("opted_out", "yes");
    return *joined_event_;
}

// What the entry is to a call that callbacks will tell of; "" for everything else.
std::string_view AcceptRun::part_of_call() const {
    const Event& event = job_.event;
    if (!is_contact() || event.channel != Channel::call) return {};
    if (!event.call_step) return event.caller_waits ? "call" : "";
    return event.call_step->kind == CallStep::Kind::voicemail ? "voicemail" : "missed";
}

// A written answer, sent or suggested.
bool AcceptRun::makes_reply() const {
    return is_contact() && !decision_.reply.empty() && job_.event.channel != Channel::call &&
           decision_.state != Decision::State::suppressed;
}

// The provider takes it from the answer to its own request.
bool AcceptRun::sends_reply() const {
    return makes_reply() && would_reply();
}

std::string AcceptRun::suggested_reply(const std::string& display) const {
    if (!makes_reply() || sends_reply()) return {};
    return filled(filled(decision_.reply, "{brand}", brand().shown_name()), "{tracking_number}",
                  display);
}

std::optional<Time> AcceptRun::first_step() const {
    const auto queue = brand().queues.find(decision_.queue);
    if (queue == brand().queues.end()) return decision_.due_at;
    return next_step(brand(), queue->second, now_, decision_.due_at, {});
}

// Once the contact is written: an event that is told twice does not make its topic last longer. A
// note that is lost with the connection is only a count.
void AcceptRun::note_topics() {
    if (!customer_hash_ || decision_.state == Decision::State::suppressed) return;
    for (const std::string& name : decision_.topics) {
        const auto topic = brand().topics.find(name);
        if (topic == brand().topics.end()) continue;
        const std::string key = redis::topic_key(brand().name, name);
        const Milliseconds life = 2 * Milliseconds(topic->second.within) + kTopicSlack;
        const auto ignore = [](const Result<redis::Reply>&) {};
        parts().link->submit(
            redis::encode({"ZADD", key, "GT", std::to_string(to_ms(now_)), *customer_hash_}),
            ignore);
        parts().link->submit(redis::encode({"PEXPIRE", key, std::to_string(life.count())}), ignore);
    }
}

void AcceptRun::submit() {
    const AcceptWrite write = to_write();
    const AcceptWords words(write);
    parts().link->submit_script(acceptor_.scripts_->accept, words.keys(), words.args(),
                                [self = shared_from_this()](Result<redis::Reply> reply) {
                                    self->on_accepted(std::move(reply));
                                });
}

AcceptWrite AcceptRun::to_write() {
    const std::string display = number_.display();
    make_mark(display);
    const Event& event = event_to_write();
    const bool any = writes_over_any();

    AcceptWrite write;
    write.brand = brand().name;
    write.founder = identity_.founder;
    write.replay_hash = replay_hash_;
    write.compact_number = number_.compact();
    write.customer_hash = customer_hash_ ? std::string_view(*customer_hash_) : "";
    write.queue = decision_.queue;
    write.mark = pack(mark_);
    write.journey_read = packed_journey_read_;
    if (!is_recorded()) write.journey = packed_journey(decision_);
    write.any_journey = is_recorded() || (any && joined_);
    write.journey_life = is_contact() ? kJourneyLife : kTapLife;
    write.customer_read = packed_customer_read_;
    if (customer_hash_) write.customer = packed_customer();
    write.any_customer = any;
    write.fact = event_fact({brand(), event, place_, decision_, has_number() ? display : "",
                             write.customer_hash, now_});
    if (is_contact() && decision_.state != Decision::State::suppressed) {
        const EntryContext entry = entry_context(display);
        write.entry = stream_entry(entry);
        add_state(write, entry);
        add_call(write);
    }
    return write;
}

EntryContext AcceptRun::entry_context(const std::string& display) {
    suggested_ = suggested_reply(display);
    const std::string_view outcome =
        joined_ ? std::string_view(joined_->journey.last_outcome) : std::string_view();
    return {brand(), event_to_write(), place_, decision_,   facts_,
            display, outcome,          now_,   kDurability, suggested_};
}

void AcceptRun::add_state(AcceptWrite& write, const EntryContext& entry) const {
    const auto queue = brand().queues.find(decision_.queue);
    if (decision_.priority == "express") {
        write.express_cap =
            queue == brand().queues.end() ? Queue{}.express_cap : queue->second.express_cap;
    }
    if (!decision_.pilot.empty()) {
        write.pilot_counter = decision_.pilot + ' ' + decision_.arm + " entries";
    }
    if (decision_.state == Decision::State::queued) {
        write.first_step = first_step();
        write.copies = decision_.copy_to;
        return;
    }
    write.hold = hold_of(
        {entry, identity_.founder, write.compact_number, write.customer_hash, first_step()});
    // The data of a gathering is held in pieces.
    if (decision_.state == Decision::State::gathering) write.entry.back().second.clear();
}

void AcceptRun::add_call(AcceptWrite& write) const {
    write.part_of_call = part_of_call();
    if (write.part_of_call.empty()) return;
    write.call_key = call_key_of(parts().keys, brand().name, job_.event);
    write.unless_answered = write.part_of_call == "missed" && !job_.event.call_step->never_bridged;
}

GatherWrite AcceptRun::to_gather() {
    const HeldEntry& held = *gathering_->held;
    const std::string display = number_.display();
    make_mark(display);
    const Decision decision = part_of(held, decision_);
    mark_.state = "merged";
    mark_.route = decision.route;
    mark_.queue = decision.queue;
    mark_.due_at = decision.due_at;
    GatherWrite write;
    write.brand = brand().name;
    write.founder = identity_.founder;
    write.replay_hash = replay_hash_;
    write.ident = held.ident;
    write.compact_number = number_.compact();
    write.customer_hash = *customer_hash_;
    write.mark = pack(mark_);
    write.journey_read = packed_journey_read_;
    write.journey = packed_journey(decision);
    write.any_journey = writes_over_any();
    write.customer_read = packed_customer_read_;
    write.customer = packed_customer();
    write.any_customer = writes_over_any();
    write.now = now_;
    write.patience = patience_of(brand(), held.route);
    write.pieces = post_pieces(job_.event);
    write.reply_before = job_.event.reply_before;
    write.flush = decision_.flushes || is_skipped(write.patience, job_.event);
    FactContext fact{brand(), event_to_write(), place_, decision, display, *customer_hash_, now_};
    fact.name = "merged";
    write.fact = event_fact(fact);
    return write;
}

void AcceptRun::make_mark(const std::string& display) {
    mark_ = Mark{};
    mark_.state = is_contact() ? to_string(decision_.state) : "recorded";
    if (has_number()) mark_.number = display;
    mark_.queue = decision_.queue;
    mark_.route = decision_.route;
    mark_.due_at = decision_.due_at;
    mark_.body_hash = job_.event.body_hash;
    if (job_.make_reply) mark_.reply = job_.make_reply(job_.event, decision_, display);
}

std::string AcceptRun::packed_journey(const Decision& decision) const {
    JourneyRecord record = joined_.value_or(JourneyRecord{});
    if (!joined_) record = found_journey(founding().founder, job_.event, place_, now_);
    if (is_contact()) count_contact(record, decision);
    if (makes_reply()) record.replied_at = now_;
    if (record.customer.empty()) record.customer = customer_hash_.value_or("");
    record.last_at = now_;
    return pack(record);
}

std::string AcceptRun::packed_customer() const {
    CustomerRecord record = customer_.value_or(CustomerRecord{});
    if (!is_recorded()) {
        count_contact(record, number_, now_);
        // Of this contact or of none: what comes after it came by no link of before.
        record.thread_ref.clear();
        record.thread_attribution.clear();
    } else {
        record.thread_ref = job_.event.ref;
        record.thread_attribution = pack_attribution(job_.event.attribution);
        record.thread_ref_at = now_;
    }
    return pack(record);
}

}  // namespace tapline
