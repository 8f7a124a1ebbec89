#include "gateway/intake/acceptor.h"

#include "gateway/intake/accept_run.h"
#include "gateway/intake/call_steps.h"
#include "gateway/intake/opt_outs.h"
#include "gateway/intake/release.h"
#include "redis_scripts.h"

namespace tapline {

Acceptor::Acceptor(AcceptorParts parts)
    : parts_(std::move(parts)),
      scripts_(std::make_shared<AcceptScripts>(
          AcceptScripts{redis::make_script("accept", kScriptAccept),
                        redis::make_script("gather", kScriptGather), release_script()})),
      brand_needs_(std::make_shared<BrandNeedsCache>()),
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
    return evaluate(brand, {event, place(brand, event, std::nullopt), CustomerFacts{}}, Situation{},
                    now);
}

}  // namespace tapline
