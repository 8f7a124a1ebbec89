#include "gateway/intake/acceptor.h"

#include <algorithm>

#include "adapters/backends/stream.h"
#include "gateway/intake/accept_script.h"
#include "gateway/intake/call_steps.h"
#include "gateway/intake/facts.h"
#include "gateway/intake/journey_lookup.h"
#include "gateway/intake/opt_outs.h"
#include "gateway/intake/script_answer.h"
#include "gateway/redis/keys.h"
#include "redis_scripts.h"
#include "routes/named_numbers.h"

namespace tapline {

using redis::Reply;

namespace {

constexpr int kEvaluationsMax = 3;
// Each attempt that finds a record moved means that another one got through.
constexpr int kAttemptsMax = 64;
constexpr std::string_view kDurability = "redis";
constexpr int kNumbersMax = 8;

}  // namespace

// One event on its way. Lives as long as a command of it is under way.
class AcceptRun : public std::enable_shared_from_this<AcceptRun> {
  public:
    AcceptRun(const Acceptor& acceptor, AcceptJob&& job, Acceptor::Done done)
        : acceptor_(acceptor), job_(std::move(job)), done_(std::move(done)) {}

    void start();

  private:
    bool would_reply() const;
    void look_up_opt_out();
    void begin();
    JourneyLookup named_journeys() const;
    OnJourney on_found();
    void evaluate_and_submit();
    void submit();
    void make_mark(const std::string& display);
    void withhold_reply();
    std::string_view part_of_call() const;
    AcceptWrite to_write();
    void on_accepted(Result<Reply> answered);
    void note_heard() const;
    void on_changed(const Reply& reply);
    void on_taken(std::string_view packed);
    void take_thread_ref();
    const Event& event_to_write();
    std::string packed_journey() const;
    std::string packed_customer() const;
    void finish(Result<Accepted> result) { done_(std::move(result)); }

    const AcceptorParts& parts() const { return acceptor_.parts_; }
    const Brand& brand() const { return *job_.brand; }
    // What a journey that this contact founds is known by.
    const Identity& founding() const { return thread_ ? *thread_ : identity_; }
    bool has_number() const { return !is_recorded() || joined_; }
    bool is_contact() const { return job_.event.kind == EventKind::contact; }
    bool is_recorded() const { return job_.event.kind == EventKind::recorded; }

    const Acceptor& acceptor_;
    AcceptJob job_;
    Acceptor::Done done_;

    Time now_{};
    Identity identity_;
    std::optional<Identity> thread_;  // of the event's conversation
    TrackingNumber number_ = TrackingNumber::from_bits(0);
    std::optional<std::string> customer_hash_;
    std::string replay_hash_;
    std::string packed_journey_read_;  // "" = none
    std::optional<JourneyRecord> joined_;
    std::optional<Event> joined_event_;
    std::string packed_customer_read_;
    std::optional<CustomerRecord> customer_;
    Place place_;
    Decision decision_;
    Mark mark_;
    int attempts_ = 0;
    int numbers_ = 0;
    bool opted_out_ = false;
};

void AcceptRun::start() {
    now_ = parts().clock();
    identity_ = identify(parts().keys, brand().name, job_.event);
    number_ = job_.event.kind == EventKind::tap ? TrackingNumber::from_bits(parts().random())
                                                : identity_.number;
    // A receipt says nothing of the customer; a referral tells what opened the thread.
    if (!is_recorded() || !job_.event.ref.empty() || has_referral(job_.event.attribution)) {
        customer_hash_ = customer_hash(parts().keys, brand().name, job_.event);
    }
    replay_hash_ = replay_hash(parts().keys, brand().name, job_.event);
    if (job_.journey) number_ = *job_.journey;
    if (would_reply()) return look_up_opt_out();
    begin();
}

// Whether the answer may hold a message to the customer; a call's never does.
bool AcceptRun::would_reply() const {
    const bool written = job_.event.channel == Channel::text || job_.event.channel == Channel::dm;
    return is_contact() && written && job_.make_reply && customer_hash_;
}

void AcceptRun::look_up_opt_out() {
    const std::string key = redis::brand_key(brand().name, "optouts");
    parts().link->submit(redis::encode({"ZSCORE", key, *customer_hash_}),
                         [self = shared_from_this()](Result<Reply> answered) {
                             const auto reply = checked(std::move(answered));
                             if (!reply) return self->finish(tl::unexpected(reply.error()));
                             self->opted_out_ = reply->kind == Reply::Kind::text;
                             self->begin();
                         });
}

void AcceptRun::begin() {
    if (!job_.event.thread.empty()) {
        thread_ = identify_thread(parts().keys, brand().name, job_.event);
    }
    look_up_journey(parts(), named_journeys(), on_found());
}

JourneyLookup AcceptRun::named_journeys() const {
    JourneyLookup query{brand().name, {}, thread_, is_contact()};
    if (!is_contact()) return query;
    query.numbers = job_.journey ? std::vector{*job_.journey} : named_numbers(job_.event);
    return query;
}

OnJourney AcceptRun::on_found() {
    return [self = shared_from_this()](Result<FoundJourney> found) {
        if (!found) return self->finish(tl::unexpected(found.error()));
        if (found->number) self->number_ = *found->number;
        self->joined_ = std::move(found->record);
        self->packed_journey_read_ = std::move(found->packed);
        self->evaluate_and_submit();
    };
}

// What the journey knows of clicks stands behind what the event itself says, for routes and entry.
// A copy, because the placing must not take the journey's campaign for the event's own.
const Event& AcceptRun::event_to_write() {
    if (!joined_ && !opted_out_) return job_.event;
    joined_event_ = job_.event;
    if (joined_) merge_attribution(joined_event_->attribution, joined_->attribution);
    // Whoever answers learns of it; it is not the journey's, since a START ends it.
    if (opted_out_) joined_event_->attribution.emplace_back("opted_out", "yes");
    return *joined_event_;
}

void AcceptRun::evaluate_and_submit() {
    if (++attempts_ <= kEvaluationsMax) {
        const auto journey = joined_ ? std::optional(joined_->journey) : std::nullopt;
        place_ = place(brand(), job_.event, journey);
        if (is_contact()) {
            decision_ =
                evaluate(brand(), event_to_write(), place_, facts_of(customer_), Situation{}, now_);
            if (opted_out_) withhold_reply();
        }
    }
    submit();
}

void AcceptRun::withhold_reply() {
    if (decision_.reply.empty()) return;
    if (attempts_ == 1) parts().metrics->opt_outs.add(brand().name, "reply withheld");
    decision_.reply.clear();
}

// What the entry is to a call that callbacks will tell of; "" for everything else.
std::string_view AcceptRun::part_of_call() const {
    const Event& event = job_.event;
    if (!is_contact() || event.channel != Channel::call) return {};
    if (!event.call_step) return event.caller_waits ? "call" : "";
    return event.call_step->kind == CallStep::Kind::voicemail ? "voicemail" : "missed";
}

void AcceptRun::submit() {
    const AcceptWrite write = to_write();
    const AcceptWords words(write);
    parts().link->submit_script(
        acceptor_.accept_script_, words.keys(), words.args(),
        [self = shared_from_this()](Result<Reply> reply) { self->on_accepted(std::move(reply)); });
}

AcceptWrite AcceptRun::to_write() {
    const std::string display = number_.display();
    make_mark(display);
    const Event& event = event_to_write();
    // In the end the contact goes in whatever the records say: nothing is lost but a count.
    const bool any = attempts_ > kAttemptsMax;

    AcceptWrite write;
    write.brand = brand().name;
    write.founder = identity_.founder;
    write.replay_hash = replay_hash_;
    write.compact_number = number_.compact();
    write.customer_hash = customer_hash_ ? std::string_view(*customer_hash_) : "";
    write.queue = decision_.queue;
    write.due_at = decision_.due_at;
    write.mark = pack(mark_);
    write.journey_read = packed_journey_read_;
    if (!is_recorded()) write.journey = packed_journey();
    write.any_journey = is_recorded() || (any && joined_);
    write.journey_life = is_contact() ? kJourneyLife : kTapLife;
    write.customer_read = packed_customer_read_;
    if (customer_hash_) write.customer = packed_customer();
    write.any_customer = any;
    write.fact = event_fact({brand(), event, place_, decision_, has_number() ? display : "",
                             write.customer_hash, now_});
    if (is_contact()) {
        const std::string_view outcome =
            joined_ ? joined_->journey.last_outcome : std::string_view();
        write.entry = stream_entry({brand(), event, place_, decision_, facts_of(customer_), display,
                                    outcome, now_, kDurability});
    }
    write.part_of_call = part_of_call();
    if (!write.part_of_call.empty()) {
        write.call_key = call_key_of(parts().keys, brand().name, job_.event);
        write.unless_answered =
            write.part_of_call == "missed" && !job_.event.call_step->never_bridged;
    }
    return write;
}

void AcceptRun::make_mark(const std::string& display) {
    mark_ = Mark{};
    mark_.state = is_contact() ? "queued" : "recorded";
    if (has_number()) mark_.number = display;
    mark_.queue = decision_.queue;
    mark_.route = decision_.route;
    mark_.due_at = decision_.due_at;
    mark_.body_hash = job_.event.body_hash;
    if (job_.make_reply) mark_.reply = job_.make_reply(job_.event, decision_, display);
}

std::string AcceptRun::packed_journey() const {
    JourneyRecord record = joined_.value_or(JourneyRecord{});
    if (!joined_) record = found_journey(founding().founder, job_.event, place_, now_);
    if (is_contact()) count_contact(record, decision_);
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

void AcceptRun::on_accepted(Result<Reply> answered) {
    const auto reply = checked(std::move(answered));
    if (!reply) return finish(tl::unexpected(reply.error()));
    const auto answer = text_at(*reply, 0);
    const auto detail = text_at(*reply, 1);
    if (!answer) return finish(tl::unexpected(odd_reply()));
    if (*answer == "ok") {
        note_heard();
        return finish(Accepted{false, mark_});
    }
    if (*answer == "seen" && detail) {
        const auto mark = unpack_mark(*detail);
        if (!mark) return finish(tl::unexpected(odd_reply()));
        return finish(Accepted{true, *mark});
    }
    if (*answer == "answered") {
        mark_ = Mark{};
        mark_.state = "recorded";
        mark_.number = number_.display();
        return finish(Accepted{true, mark_});
    }
    if (*answer == "changed" && detail) return on_changed(*reply);
    if (*answer == "taken" && detail) return on_taken(*detail);
    finish(tl::unexpected(odd_reply()));
}

// Receipts and echoes show that a connection works, not that customers still find the button.
void AcceptRun::note_heard() const {
    if (parts().heard == nullptr || is_recorded()) return;
    parts().heard->note(brand().name, HeardKind::profile, place_.profile, now_);
    parts().heard->note(brand().name, HeardKind::button, place_.button, now_);
}

void AcceptRun::on_changed(const Reply& reply) {
    parts().metrics->retries.add("changed",
                                 std::to_string(std::min(attempts_, kEvaluationsMax + 1)));
    const auto journey = text_at(reply, 1);
    const auto customer = text_at(reply, 2);
    if (!journey || !customer) return finish(tl::unexpected(odd_reply()));
    if (joined_) {
        packed_journey_read_ = *journey;
        joined_ = unpack_journey(number_, *journey);
        // The journey ended between the look-up and the script: the contact founds its own.
        if (!joined_) number_ = founding().number;
    }
    packed_customer_read_ = *customer;
    customer_ = unpack_customer(*customer);
    take_thread_ref();
}

// A customer who came by a link or an ad opens a thread that tells of it once; the message that
// follows in that thread does not repeat it.
void AcceptRun::take_thread_ref() {
    const bool fresh = is_contact() && job_.event.ref.empty() && !joined_ && customer_ &&
                       now_ - customer_->thread_ref_at < kThreadRefLife;
    if (!fresh) return evaluate_and_submit();
    // Two referrals are not mixed.
    if (!has_referral(job_.event.attribution)) {
        merge_attribution(job_.event.attribution, customer_->thread_attribution);
    }
    job_.event.ref = customer_->thread_ref;
    if (job_.event.ref.empty()) return evaluate_and_submit();
    look_up_numbers(parts(), named_journeys(), on_found());
}

void AcceptRun::on_taken(std::string_view packed) {
    auto record = unpack_journey(number_, packed);
    if (record && record->journey.founder == founding().founder) {
        // Our own journey: of an earlier message of the conversation, or it outlived the seen mark.
        joined_ = std::move(record);
        packed_journey_read_ = packed;
        return evaluate_and_submit();
    }
    if (++numbers_ > kNumbersMax) {
        return finish(fail(ErrorCode::unavailable, "accept: no free tracking number was found"));
    }
    parts().metrics->retries.add("number_taken", std::to_string(numbers_));
    number_ = derive_again(parts().keys, founding(), numbers_);
    submit();
}

Acceptor::Acceptor(AcceptorParts parts)
    : parts_(std::move(parts)),
      accept_script_(redis::make_script("accept", kScriptAccept)),
      quarantine_script_(redis::make_script("quarantine", kScriptQuarantine)),
      call_script_(redis::make_script("call", kScriptCall)),
      opt_out_script_(redis::make_script("optout", kScriptOptout)) {}

void Acceptor::accept(AcceptJob&& job, Done done) const {
    const bool is_contact = job.event.kind == EventKind::contact;
    if (!is_contact && job.event.opt_out) {
        return record_opt_out(parts_, opt_out_script_, job, std::move(done));
    }
    if (!job.event.call_step) return run(std::move(job), std::move(done));
    auto kept = std::make_shared<AcceptJob>(std::move(job));
    look_up_call(parts_, *kept, [this, kept, is_contact, done](Result<CallRecord> call) {
        if (!call) return done(tl::unexpected(call.error()));
        if (!is_contact) return record_call_step(parts_, call_script_, {*kept, *call}, done);
        kept->journey = call->number;
        run(std::move(*kept), done);
    });
}

void Acceptor::run(AcceptJob&& job, Done done) const {
    std::make_shared<AcceptRun>(*this, std::move(job), std::move(done))->start();
}

Decision decide_without_records(const Brand& brand, const Event& event, Time now) {
    return evaluate(brand, event, place(brand, event, std::nullopt), CustomerFacts{}, Situation{},
                    now);
}

}  // namespace tapline
