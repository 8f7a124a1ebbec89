#include "gateway/steward/reported.h"

#include <set>

#include "gateway/redis/keys.h"
#include "redis_scripts.h"

namespace tapline {

namespace {

using redis::Reply;

Result<ReportedEntry> reported_of(const Result<Reply>& reply) {
    if (!reply) return tl::unexpected(reply.error());
    if (reply->items.size() < 2) return fail(ErrorCode::corrupt, "reported: odd answer of Redis");
    ReportedEntry reported{reply->items[0].text, reply->items[1].text, {}};
    for (std::size_t i = 2; i + 1 < reply->items.size(); i += 2) {
        reported.fields.emplace_back(reply->items[i].text, reply->items[i + 1].text);
    }
    return reported;
}

}  // namespace

Result<std::vector<std::string>> lanes_with_entries(redis::Link& link, const Brand& brand) {
    const auto known = ask(link, {"SMEMBERS", redis::brand_key(brand.name, "queues")});
    if (!known) return tl::unexpected(known.error());
    std::set<std::string> lanes;
    for (const auto& [name, queue] : brand.queues) {
        lanes.insert(name);
        lanes.insert(name + std::string(kExpressLane));
    }
    for (const Reply& lane : known->items) lanes.insert(lane.text);
    return std::vector<std::string>(lanes.begin(), lanes.end());
}

std::vector<Result<ReportedEntry>> look_up_reported(const Duty& duty,
                                                    const std::vector<std::string>& lanes,
                                                    const std::vector<ReportQuestion>& questions) {
    static const redis::Script script = redis::make_script("reported", kScriptReported);
    const std::string& brand = duty.brand.name;
    std::vector<ScriptCall> calls;
    for (const ReportQuestion& question : questions) {
        ScriptCall call;
        call.keys = {redis::journey_key(brand, question.compact_number),
                     redis::brand_key(brand, "unanswered"), acknowledged_key(brand, duty.now),
                     acknowledged_key(brand, duty.now - kAcknowledgedTurn)};
        call.args = {question.entry, question.shown_number, question.wants_fields ? "fields" : ""};
        if (!question.entry.empty()) {
            for (const std::string& lane : lanes) {
                call.keys.push_back(redis::queue_key(brand, lane));
                call.args.push_back(lane);
            }
        }
        calls.push_back(std::move(call));
    }
    std::vector<Result<ReportedEntry>> answers;
    for (const auto& reply : run_at_once(duty.link, script, calls)) {
        answers.push_back(reported_of(reply));
    }
    return answers;
}

std::string acknowledged_key(const std::string& brand, Time now) {
    const auto turn = to_ms(now) / kAcknowledgedTurn.count() % 2;
    return redis::brand_key(brand, "acknowledged:" + std::to_string(turn));
}

Milliseconds acknowledged_life(Time now) {
    return 2 * kAcknowledgedTurn - Milliseconds(to_ms(now) % kAcknowledgedTurn.count());
}

}  // namespace tapline
