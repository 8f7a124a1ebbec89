// One event on its way through the acceptor. Internal to acceptor.cc.
//
// accept_run.cc has the steps, accept_run_write.cc what is written. Lives as long as a command of
// it is under way; used by one thread at a time, the submitter's and then the link's.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/intake/accept_script.h"
#include "gateway/intake/acceptor.h"
#include "gateway/intake/customer_lookup.h"
#include "gateway/intake/gathering.h"
#include "gateway/intake/journey_lookup.h"

namespace tapline {

// The scripts of an acceptor that its runs call.
struct AcceptScripts {
    redis::Script accept;
    redis::Script gather;
    redis::Script release;
};

class AcceptRun : public std::enable_shared_from_this<AcceptRun> {
  public:
    AcceptRun(const Acceptor& acceptor, AcceptJob&& job, Acceptor::Done done);

    void start();

  private:
    // Looking up what the decision depends on.
    bool would_reply() const;
    void look_up_customer_then_begin();
    void begin();
    JourneyLookup named_journeys() const;
    OnJourney on_found();
    bool wants_open_journey();
    void look_up_open_journey();
    void take_thread_ref();

    // Deciding.
    void evaluate_and_submit();
    void decide();
    void evaluate_event();
    CustomerFacts facts() const;
    void join(const JourneyRecord& record, std::string_view packed);
    void withhold_reply();

    // A customer's posts that wait together.
    bool concerns_gathering() const;
    void look_up_gathering_then_submit();
    void on_gathering(Gathering found);
    bool belongs_to(const Gathering& gathering) const;
    bool is_part_of(const Gathering& gathering) const;
    void follow(const Gathering& gathering);
    void append(const Gathering& gathering);
    void on_appended(Result<redis::Reply> answered);
    void release(std::function<void(Result<void>)> then);

    // Writing.
    void submit();
    void note_topics();
    AcceptWrite to_write();
    void add_state(AcceptWrite& write, const EntryContext& entry) const;
    void add_call(AcceptWrite& write) const;
    GatherWrite to_gather();
    EntryContext entry_context(const std::string& display);
    void make_mark(const std::string& display);
    bool sends_reply() const;
    bool makes_reply() const;
    std::string suggested_reply(const std::string& display) const;
    std::string_view part_of_call() const;
    std::optional<Time> first_step() const;
    const Event& event_to_write();
    std::string packed_journey(const Decision& decision) const;
    std::string packed_customer() const;

    // What the script answered.
    void on_accepted(Result<redis::Reply> answered);
    void on_ok(const redis::Reply& reply);
    bool finish_seen(const redis::Reply& reply);
    void on_changed(const redis::Reply& reply);
    void on_taken(std::string_view packed);
    void note_heard() const;
    void count() const;
    void finish(Result<Accepted> result) { done_(std::move(result)); }

    const AcceptorParts& parts() const { return acceptor_.parts_; }
    const Brand& brand() const { return *job_.brand; }
    // What a journey that this contact founds is known by.
    const Identity& founding() const { return thread_ ? *thread_ : identity_; }
    bool has_number() const { return !is_recorded() || joined_; }
    bool is_contact() const { return job_.event.kind == EventKind::contact; }
    bool is_recorded() const { return job_.event.kind == EventKind::recorded; }
    // In the end the contact goes in whatever the records say: nothing is lost but a count.
    bool writes_over_any() const;

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
    std::string_view joined_by_;  // "" = named by the contact
    std::optional<Event> joined_event_;
    std::string packed_customer_read_;
    std::optional<CustomerRecord> customer_;
    CustomerAnswer answer_;
    std::string open_looked_up_;  // the number whose journey `open_` is
    FoundJourney open_;           // the customer's open journey
    std::optional<Gathering> gathering_;
    std::shared_ptr<const Situation> situation_;
    Place place_;
    Decision decision_;
    CustomerFacts facts_;  // as decided upon
    std::string suggested_;
    Mark mark_;
    int attempts_ = 0;
    int numbers_ = 0;
};

}  // namespace tapline
