// Accepting one event: identity, records, route, and the one atomic script.
//
//     acceptor.accept({brand, std::move(event), make_reply}, [](Result<Accepted> result) { ... });
//
// The path of one event:
//
//     names a number?  --yes-->  look up those journeys
//        |                          |
//        v                          v
//     place, evaluate (pure)  ->  accept.lua  --"changed"--> evaluate again with what it returned
//                                     |       --"taken"----> derive another tracking number
//                                     v
//                               "ok" or "seen"
//
// A contact that is to wait is a held entry (held.h) in place of one on the queue. A post for which
// its customer's earlier ones wait is added to them by gather.lua, and what must not wait behind
// them releases them first (gathering.h). Before the first evaluation the customer is looked up
// where an opt-out or suppression can count (customer_lookup.h), after it the journey of the last
// contact, where a route asks for it.
//
// A step of a call (Event::call_step) joins the journey of the call that it names: a fact by
// call.lua (call_steps.h), a missed call or voicemail as a contact. A customer's STOP is a fact and
// a mark (opt_outs.h), and before an automatic reply is made it is looked for.
//
// A decision is made at most three times; after that only the records are read and written again.
// The script itself finds the seen mark and compares the records that were evaluated with those
// that stand, so a first contact costs one round trip (docs/decisions/0004).
//
// Completions run on the link's thread. An Error of code unavailable means that the caller must not
// acknowledge: nothing is known to be written, and the same event may be accepted again. The spool
// takes over at that point.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "gateway/clock.h"
#include "gateway/intake/heard.h"
#include "gateway/intake/identity.h"
#include "gateway/intake/records.h"
#include "gateway/metrics.h"
#include "gateway/redis/link.h"
#include "routes/brand.h"
#include "routes/situation.h"

namespace tapline {

// A message belongs to the thread that its customer opened by a link at most this long before.
inline constexpr Milliseconds kThreadRefLife = std::chrono::hours(24);

struct AcceptJob {
    std::shared_ptr<const Brand> brand;
    Event event;
    // Makes the answer that is kept in the seen mark; may be empty.
    std::function<std::string(const Event&, const Decision&, const std::string& number)> make_reply;
    // The journey that the event belongs to, known before it is evaluated; founded where it is not
    // live any more.
    std::optional<TrackingNumber> journey = {};
};

struct Accepted {
    bool seen = false;  // answered from its mark
    Mark mark;
};

struct AcceptorParts {
    redis::Link* link = nullptr;
    Metrics* metrics = nullptr;
    Keys keys;
    Clock clock;
    Random random;
    Heard* heard = nullptr;  // told of each new contact and tap
    // What holds for the brand now (routes/situation.h); no function: nothing. It answers null
    // where that was not read yet, and then contacts are refused as unavailable. Any thread.
    std::function<std::shared_ptr<const Situation>(const std::string& brand)> situation = {};
};

struct AcceptScripts;
class BrandNeedsCache;

class Acceptor {
  public:
    using Done = std::function<void(Result<Accepted>)>;

    explicit Acceptor(AcceptorParts parts);

    void accept(AcceptJob&& job, Done done) const;

    // Keeps raw bytes that were authentic but could not be used. Error full: one of the bounds is
    // reached. Both hold for what is there before, so the last one kept may exceed bytes_max.
    struct Quarantined {
        std::string brand;  // redis::kNoBrand when it belongs to none
        std::string connection;
        std::string provider;
        std::string reason;
        std::string raw;
        std::size_t entries_max = 0;
        std::size_t bytes_max = 0;  // of the memory that Redis has for the stream
        // Without a proof anybody may have sent it: such items get half of either bound, so that a
        // flood of them leaves room for what providers sign.
        bool is_proven = true;
        // What makes it the same when it comes again; "" = the raw bytes.
        std::string identity;
    };
    void quarantine(const Quarantined& item, Done done) const;

    const AcceptorParts& parts() const { return parts_; }

  private:
    void run(AcceptJob&& job, Done done) const;

    AcceptorParts parts_;
    std::shared_ptr<const AcceptScripts> scripts_;
    std::shared_ptr<BrandNeedsCache> brand_needs_;
    redis::Script quarantine_script_;
    redis::Script call_script_;
    redis::Script opt_out_script_;

    friend class AcceptRun;
};

// What to say where the quarantine of `brand` has reached a bound: the key, and how to empty it.
std::string quarantine_full_text(std::string_view brand);

// The decision for an event when nothing can be looked up: what a caller is connected to while
// Redis is away.
Decision decide_without_records(const Brand& brand, const Event& event, Time now);

}  // namespace tapline
