#include "gateway/intake/opt_outs.h"

#include <array>

#include "gateway/intake/facts.h"
#include "gateway/intake/script_answer.h"
#include "gateway/redis/keys.h"

namespace tapline {

void record_opt_out(const AcceptorParts& parts, const redis::Script& script, const AcceptJob& job,
                    Acceptor::Done done) {
    const Event& event = job.event;
    const std::string& brand = job.brand->name;
    const bool stops = *event.opt_out == OptOut::stop;
    const std::string customer = customer_hash(parts.keys, brand, event).value_or("");
    const Time now = parts.clock();
    Mark mark;
    mark.state = "recorded";
    const Place where = place(*job.brand, event, std::nullopt);
    const Decision nothing;
    const auto fact = event_fact({*job.brand, event, where, nothing, "", customer, now});
    const std::string seen = redis::seen_key(brand, identify(parts.keys, brand, event).founder);
    const std::string replay = replay_hash(parts.keys, brand, event);
    const std::array<std::string, 4> keys = {
        seen, replay.empty() ? seen : redis::seen_key(brand, replay),
        redis::brand_key(brand, "feed"), redis::brand_key(brand, "optouts")};
    const std::array<std::string, 8> args = {pack(mark),
                                             std::to_string(kSeenLife.count()),
                                             customer,
                                             stops ? "stop" : "start",
                                             stops ? "opt_out" : "opt_in",
                                             event.event_id,
                                             std::to_string(to_ms(now)),
                                             fact.back().second};
    const std::vector<std::string_view> key_views(keys.begin(), keys.end());
    const std::vector<std::string_view> arg_views(args.begin(), args.end());
    parts.link->submit_script(script, key_views, arg_views,
                              [mark, stops, brand, metrics = parts.metrics,
                               done = std::move(done)](Result<redis::Reply> answered) {
                                  const auto reply = checked(std::move(answered));
                                  if (!reply) return done(tl::unexpected(reply.error()));
                                  const auto answer = text_at(*reply, 0);
                                  if (answer != "ok" && answer != "seen")
                                      return done(tl::unexpected(odd_reply()));
                                  if (answer == "ok")
                                      metrics->opt_outs.add(brand, stops ? "stop" : "start");
                                  done(Accepted{answer == "seen", mark});
                              });
}

}  // namespace tapline
