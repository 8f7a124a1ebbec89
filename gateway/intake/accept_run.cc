#include "gateway/intake/accept_run.h"

#include <algorithm>

#include "gateway/intake/facts.h"
#include "gateway/intake/release.h"
#include "gateway/intake/script_answer.h"
#include "gateway/redis/keys.h"
#include "routes/named_numbers.h"

namespace tapline {

using redis::Reply;

namespace {

constexpr int kEvaluationsMax = 3;
// Each attempt that finds a record moved means that another one got through.
constexpr int kAttemptsMax = 64;
constexpr int kNumbersMax = 8;

// Null: it was not read yet.
std::shared_ptr<const Situation> situation_of(const AcceptorParts& parts,
                                              const std::string& brand) {
    static const auto nothing = std::make_shared<const Situation>();
    return parts.situation ? parts.situation(brand) : nothing;
}

}  // namespace

AcceptRun::AcceptRun(const Acceptor& acceptor, AcceptJob&& job, Acceptor::Done done)
    : acceptor_(acceptor), job_(std::move(job)), done_(std::move(done)) {}

bool AcceptRun::writes_over_any() const {
    return attempts_ > kAttemptsMax;
}

void AcceptRun::start() {
    now_ = parts().clock();
    situation_ = situation_of(parts(), brand().name);
    if (is_contact() && !situation_) {
        return finish(fail(ErrorCode::unavailable,
                           "accept: which switches are on was not read from Redis yet"));
    }
    identity_ = identify(parts().keys, brand().name, job_.event);
    number_ = job_.event.kind == EventKind::tap ? TrackingNumber::from_bits(parts().random())
                                                : identity_.number;
    // A receipt says nothing of the customer; a referral tells what opened the thread.
    if (!is_recorded() || !job_.event.ref.empty() || has_referral(job_.event.attribution)) {
        customer_hash_ = customer_hash(parts().keys, brand().name, job_.event);
    }
    replay_hash_ = replay_hash(parts().keys, brand().name, job_.event);
    if (job_.journey) number_ = *job_.journey;
    look_up_customer_then_begin();
}

// Whether the answer may hold a message to the customer; a call's never does.
bool AcceptRun::would_reply() const {
    const bool written = job_.event.channel == Channel::text || job_.event.channel == Channel::dm;
    return is_contact() && written && job_.make_reply && customer_hash_;
}

void AcceptRun::look_up_customer_then_begin() {
    const bool suppressible = is_contact() && customer_hash_ && situation_->has_suppressions;
    if (!would_reply() && !suppressible) return begin();
    const CustomerQuestion question{brand().name, *customer_hash_, would_reply(), suppressible};
    look_up_customer(parts(), question, [self = shared_from_this()](Result<CustomerAnswer> answer) {
        if (!answer) return self->finish(tl::unexpected(answer.error()));
        self->answer_ = std::move(*answer);
        const auto& suppressed = self->answer_.suppressed;
        if (suppressed && suppressed->until <= self->now_) {
            self->answer_.suppressed.reset();
        }
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
        self->joined_by_ = {};
        self->packed_journey_read_ = std::move(found->packed);
        self->evaluate_and_submit();
    };
}

// The record of a customer is known only once the script has answered with it.
bool AcceptRun::wants_open_journey() {
    return is_contact() && customer_ && attempts_ < kEvaluationsMax &&
           !customer_->latest_number.empty() && customer_->latest_number != open_looked_up_ &&
           acceptor_.brand_needs_->of(job_.brand).open_journey;
}

void AcceptRun::look_up_open_journey() {
    open_looked_up_ = customer_->latest_number;
    open_ = FoundJourney{};
    const auto number = TrackingNumber::parse(open_looked_up_);
    if (!number) return evaluate_and_submit();
    look_up_numbers(parts(), JourneyLookup{brand().name, {*number}, std::nullopt, true},
                    [self = shared_from_this()](Result<FoundJourney> found) {
                        if (!found) return self->finish(tl::unexpected(found.error()));
                        if (found->record && is_open(*found->record)) self->open_ = *found;
                        self->evaluate_and_submit();
                    });
}

void AcceptRun::evaluate_and_submit() {
    if (wants_open_journey()) return look_up_open_journey();
    // Also where the decision stands: the entry tells what is known now.
    if (is_contact()) facts_ = facts();
    if (++attempts_ <= kEvaluationsMax) decide();
    if (concerns_gathering()) return look_up_gathering_then_submit();
    submit();
}

void AcceptRun::decide() {
    evaluate_event();
    if (!decision_.joins_open_journey || joined_ || !open_.record) return;
    // What we said in that journey counts for this contact, too.
    join(*open_.record, open_.packed);
    joined_by_ = "open_journey";
    evaluate_event();
}

void AcceptRun::join(const JourneyRecord& record, std::string_view packed) {
    joined_ = record;
    packed_journey_read_ = packed;
    number_ = record.journey.number;
}

void AcceptRun::evaluate_event() {
    const auto journey = joined_ ? std::optional(joined_->journey) : std::nullopt;
    place_ = place(brand(), job_.event, journey);
    if (!is_contact()) return;
    facts_ = facts();
    decision_ = evaluate(brand(), {event_to_write(), place_, facts_}, *situation_, now_);
    withhold_reply();
    // Posts wait for one another only where it is known whose they are.
    const bool gathers = decision_.state == Decision::State::gathering;
    if (gathers && (!customer_hash_ || !decision_.patience)) {
        decision_.state = Decision::State::queued;
    }
}

CustomerFacts AcceptRun::facts() const {
    CustomerFacts facts = facts_of(customer_);
    if (open_.record) facts.open_journey = open_journey_of(*open_.record);
    facts.key = customer_hash_.value_or("");
    facts.opted_out = answer_.opted_out;
    facts.suppressed = answer_.suppressed;
    if (joined_) facts.replied_at = joined_->replied_at;
    return facts;
}

// Whatever the routes say: who wants no messages gets none.
void AcceptRun::withhold_reply() {
    if (!answer_.opted_out || decision_.reply.empty()) return;
    decision_.reply.clear();
    decision_.reply_withheld = "opted_out";
}

bool AcceptRun::concerns_gathering() const {
    return is_contact() && customer_hash_ && decision_.state != Decision::State::suppressed &&
           acceptor_.brand_needs_->of(job_.brand).patience;
}

void AcceptRun::look_up_gathering_then_submit() {
    look_up_gathering(parts(), brand().name, *customer_hash_,
                      [self = shared_from_this()](Result<std::optional<Gathering>> found) {
                          if (!found) return self->finish(tl::unexpected(found.error()));
                          self->gathering_.reset();
                          if (!*found) return self->submit();
                          self->on_gathering(std::move(**found));
                      });
}

// A number or conversation that the contact names itself goes before what is gathered.
bool AcceptRun::belongs_to(const Gathering& gathering) const {
    const bool named = joined_ && joined_by_ != "open_journey";
    if (named || job_.journey) return number_ == gathering.number;
    return !thread_ || number_ == gathering.number;
}

// Whatever route it takes itself: what was begun is one entry, and no post overtakes another.
bool AcceptRun::is_part_of(const Gathering& gathering) const {
    return gathering.held && decision_.held_by.empty() && belongs_to(gathering) &&
           !job_.event.call_step && gathering.held->place == place_of(job_.event) &&
           decision_.priority == "normal";
}

void AcceptRun::on_gathering(Gathering found) {
    gathering_ = std::move(found);
    follow(*gathering_);
    if (is_part_of(*gathering_)) return append(*gathering_);
    if (!gathering_->held) return submit();
    release([self = shared_from_this()](const Result<void>& released) {
        if (!released) return self->finish(tl::unexpected(released.error()));
        self->submit();
    });
}

// A contact after the customer's gathered ones is of their journey, and what was answered in it
// counts. Who only writes elsewhere meanwhile may write of something else.
void AcceptRun::follow(const Gathering& gathering) {
    if (!gathering.journey || (joined_ && number_ == gathering.number) || !belongs_to(gathering)) {
        return;
    }
    const bool is_next = decision_.flushes || decision_.state == Decision::State::gathering ||
                         (gathering.held && gathering.held->place == place_of(job_.event));
    if (!is_next) return;
    join(*gathering.journey, gathering.packed_journey);
    joined_by_ = "gathering";
    if (attempts_ <= kEvaluationsMax) evaluate_event();
}

void AcceptRun::append(const Gathering& gathering) {
    number_ = gathering.number;
    joined_ = gathering.journey;
    packed_journey_read_ = gathering.packed_journey;
    const GatherWrite write = to_gather();
    const GatherWords words(write);
    parts().link->submit_script(
        acceptor_.scripts_->gather, words.keys(), words.args(),
        [self = shared_from_this()](Result<Reply> reply) { self->on_appended(std::move(reply)); });
}

void AcceptRun::on_appended(Result<Reply> answered) {
    const auto reply = checked(std::move(answered));
    if (!reply) return finish(tl::unexpected(reply.error()));
    const auto answer = text_at(*reply, 0);
    if (answer == "gone") return evaluate_and_submit();
    if (answer == "seen" && finish_seen(*reply)) return;
    if (answer == "changed") return on_changed(*reply);
    if (answer != "ok") return finish(tl::unexpected(odd_reply()));
    note_heard();
    note_topics();
    count();
    if (text_at(*reply, 1) != "due") return finish(Accepted{false, mark_});
    // The post is safe; should this fail, the steward releases what is due.
    release([self = shared_from_this()](const Result<void>&) {
        self->finish(Accepted{false, self->mark_});
    });
}

void AcceptRun::release(std::function<void(Result<void>)> then) {
    const ReleaseWords words(brand(), *gathering_->held, now_, std::nullopt);
    parts().link->submit_script(
        acceptor_.scripts_->release, words.keys(), words.args(),
        [self = shared_from_this(), then = std::move(then)](Result<Reply> reply) {
            const auto released = released_of(std::move(reply));
            if (!released) return then(tl::unexpected(released.error()));
            if (released->end == Released::End::released) {
                self->parts().metrics->released.add(self->brand().name,
                                                    self->gathering_->held->kind);
            }
            then({});
        });
}

void AcceptRun::on_accepted(Result<Reply> answered) {
    const auto reply = checked(std::move(answered));
    if (!reply) return finish(tl::unexpected(reply.error()));
    const auto answer = text_at(*reply, 0);
    const auto detail = text_at(*reply, 1);
    if (answer == "ok") return on_ok(*reply);
    if (answer == "seen" && finish_seen(*reply)) return;
    if (answer == "answered") {
        mark_ = Mark{};
        mark_.state = "recorded";
        mark_.number = number_.display();
        return finish(Accepted{true, mark_});
    }
    if (answer == "changed" && detail) return on_changed(*reply);
    if (answer == "taken" && detail) return on_taken(*detail);
    finish(tl::unexpected(odd_reply()));
}

void AcceptRun::on_ok(const Reply& reply) {
    note_heard();
    note_topics();
    count();
    const bool express = decision_.priority == "express" && mark_.state == "queued";
    if (express && text_at(reply, 2) == std::string_view(decision_.queue)) {
        parts().metrics->express_over_cap.add(brand().name, decision_.queue);
    }
    finish(Accepted{false, mark_});
}

bool AcceptRun::finish_seen(const Reply& reply) {
    const auto mark = unpack_mark(text_at(reply, 1).value_or(""));
    if (!mark) return false;
    finish(Accepted{true, *mark});
    return true;
}

// Receipts and echoes show that a connection works, not that customers still find the button.
void AcceptRun::note_heard() const {
    if (parts().heard == nullptr || is_recorded()) return;
    parts().heard->note(brand().name, HeardKind::profile, place_.profile, now_);
    parts().heard->note(brand().name, HeardKind::button, place_.button, now_);
}

void AcceptRun::count() const {
    if (!is_contact()) return;
    Metrics& metrics = *parts().metrics;
    const std::string& name = brand().name;
    metrics.contacts.add(name, mark_.state);
    if (!joined_by_.empty()) metrics.joined.add(name, joined_by_);
    if (!decision_.unknown_region_passed.empty()) {
        metrics.unknown_region_passed.add(name, decision_.unknown_region_passed);
        // For `tapline switch`; a count that is lost with the connection is only a count.
        const std::string passed = redis::brand_key(name, "switch_passed");
        parts().link->submit(
            redis::encode({"HINCRBY", passed, decision_.unknown_region_passed, "1"}),
            [](const Result<Reply>&) {});
    }
    if (!decision_.pilot.empty() && mark_.state != "merged" && mark_.state != "suppressed") {
        metrics.pilot_arms.add(name, decision_.pilot + "/" + decision_.arm);
    }
    if (decision_.reply_withheld.empty()) return;
    metrics.replies_withheld.add(name, decision_.reply_withheld);
    if (decision_.reply_withheld == "opted_out") metrics.opt_outs.add(name, "reply withheld");
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
        const bool closed = joined_ && joined_by_ == "open_journey" && !is_open(*joined_);
        if (closed) joined_.reset();
        if (!joined_) {
            number_ = founding().number;
            packed_journey_read_.clear();
            joined_by_ = {};
            open_ = FoundJourney{};
        }
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

}  // namespace tapline
