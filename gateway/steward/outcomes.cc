#include "gateway/steward/outcomes.h"

#include <algorithm>
#include <array>
#include <map>

#include "adapters/json_writer.h"
#include "gateway/log.h"
#include "gateway/redis/keys.h"
#include "redis_scripts.h"

namespace tapline {

namespace {

constexpr std::string_view kGroup = "tapline";
constexpr std::string_view kConsumer = "steward";
constexpr int kRetriesMax = 5;

constexpr std::array<std::string_view, 11> kOutcomes = {
    "answered", "booked", "declined", "no_answer", "partial",    "quote",
    "resolved", "sale",   "saved",    "spam",      "transferred"};

using redis::Reply;
using Report = std::map<std::string, std::string, std::less<>>;

struct OutcomeCall {
    GatewayState& state;
    redis::Link& link;
    const Brand& brand;
    redis::Script script = redis::make_script("outcome", kScriptOutcome);
};

std::string value(const Report& report, std::string_view name) {
    const auto found = report.find(name);
    return found == report.end() ? std::string() : found->second;
}

Result<Reply> checked(Result<Reply> reply) {
    if (reply && reply->is_error()) return fail(ErrorCode::unavailable, reply->text);
    return reply;
}

std::string fact_body(const Report& report, std::string_view refused) {
    JsonWriter json;
    json.open('{');
    for (const std::string_view name :
         {"outcome", "value", "currency", "agent", "reason", "entry"}) {
        const std::string text = value(report, name);
        if (!text.empty()) json.key(name).value(text.substr(0, 256));
    }
    if (!refused.empty()) json.key("refused").value(refused);
    json.close('}');
    return json.take();
}

std::string mark_of(const OutcomeCall& call, const Report& report) {
    std::string identity = value(report, "outcome_id");
    if (identity.empty()) {
        identity = value(report, "tracking_number") + "\n" + value(report, "outcome") + "\n" +
                   value(report, "id");
    }
    return redis::seen_key(call.brand.name, keyed_hash(call.state.acceptor->parts().keys, "outcome",
                                                       call.brand.name + "\n" + identity));
}

// Why a report cannot be used; empty when it can.
std::string trouble_of(const Report& report, const std::optional<TrackingNumber>& number) {
    if (!number) return "tracking_number is missing or mistyped";
    if (!is_outcome(value(report, "outcome"))) return "outcome is not one of the known ones";
    return {};
}

// One attempt against the journey as it was read. Gives the script's answer, and the journey that
// stands when the answer is "changed".
Result<Reply> attempt(const OutcomeCall& call, const std::string& stream_id, const Report& report,
                      const std::string& packed) {
    const auto number = TrackingNumber::parse(value(report, "tracking_number"));
    std::string trouble = trouble_of(report, number);
    std::string changed;
    std::string due_member;
    if (trouble.empty()) {
        auto record = unpack_journey(*number, packed);
        if (record) {
            record->journey.last_outcome = value(report, "outcome");
            record->last_at = call.state.acceptor->parts().clock();
            changed = pack(*record);
            const std::string entry = value(report, "entry");
            if (!entry.empty()) due_member = record->journey.queue + " " + entry;
        } else {
            trouble = "no live journey has this tracking number";
        }
    }
    const std::string& name = call.brand.name;
    const std::string journey_name = number ? number->compact() : "-";
    const std::array keys = {redis::brand_key(name, "outcomes"), redis::brand_key(name, "feed"),
                             redis::journey_key(name, journey_name), redis::brand_key(name, "due"),
                             mark_of(call, report)};
    const std::vector<std::string_view> key_views(keys.begin(), keys.end());
    const std::string journey_life = std::to_string(kJourneyLife.count());
    const std::string mark_life = std::to_string(kSeenLife.count());
    const std::string now = std::to_string(to_ms(call.state.acceptor->parts().clock()));
    const std::string body = fact_body(report, trouble);
    const std::string id = value(report, "id");
    const std::string display = number ? number->display() : "";
    const std::array<std::string_view, 17> args = {
        kGroup,
        stream_id,
        packed,
        changed.empty() ? std::string_view(packed) : changed,
        journey_life,
        due_member,
        mark_life,
        "fact",
        trouble.empty() ? "outcome" : "outcome_refused",
        "id",
        id,
        "tracking_number",
        display,
        "at",
        now,
        "body",
        body};
    return checked(call.link.call_script(call.script, key_views, args));
}

Result<void> record(const OutcomeCall& call, const std::string& stream_id, const Report& report) {
    std::string packed;
    if (const auto number = TrackingNumber::parse(value(report, "tracking_number"))) {
        auto read = checked(call.link.call(
            redis::encode({"GET", redis::journey_key(call.brand.name, number->compact())})));
        if (!read) return tl::unexpected(read.error());
        packed = read->text;
    }
    for (int i = 0; i < kRetriesMax; ++i) {
        auto reply = attempt(call, stream_id, report, packed);
        if (!reply) return tl::unexpected(reply.error());
        if (reply->items.empty()) return fail(ErrorCode::corrupt, "outcome: odd answer of Redis");
        if (reply->items[0].text != "changed" || reply->items.size() < 2) {
            const std::string outcome = value(report, "outcome");
            if (reply->items[0].text != "ok") return {};
            call.state.metrics.outcomes.add(call.brand.name,
                                            is_outcome(outcome) ? outcome : "unknown");
            return {};
        }
        packed = reply->items[1].text;
    }
    return {};  // it stays pending and is read again at the next turn
}

Report report_of(const Reply& fields) {
    Report report;
    for (std::size_t i = 0; i + 1 < fields.items.size(); i += 2) {
        report[fields.items[i].text] = fields.items[i + 1].text;
    }
    return report;
}

// Reads and records one round; gives how many reports it held.
Result<std::size_t> round(const OutcomeCall& call, const std::string& stream,
                          std::string_view from) {
    auto read = call.link.call(redis::encode(
        {"XREADGROUP", "GROUP", kGroup, kConsumer, "COUNT", "200", "STREAMS", stream, from}));
    if (read && read->is_error("NOGROUP")) {
        auto made = checked(
            call.link.call(redis::encode({"XGROUP", "CREATE", stream, kGroup, "0", "MKSTREAM"})));
        if (!made) return tl::unexpected(made.error());
        return std::size_t{0};
    }
    read = checked(std::move(read));
    if (!read) return tl::unexpected(read.error());
    if (read->items.empty() || read->items[0].items.size() != 2) return std::size_t{0};
    const Reply& entries = read->items[0].items[1];
    for (const Reply& entry : entries.items) {
        if (entry.items.size() != 2) continue;
        auto done = record(call, entry.items[0].text, report_of(entry.items[1]));
        if (!done) return tl::unexpected(done.error());
    }
    return entries.items.size();
}

}  // namespace

bool is_outcome(std::string_view name) {
    return std::binary_search(kOutcomes.begin(), kOutcomes.end(), name);
}

Result<void> record_outcomes(GatewayState& state, redis::Link& link, const Brand& brand) {
    const OutcomeCall call{state, link, brand};
    const std::string stream = redis::brand_key(brand.name, "outcomes");
    // "0" first: what an earlier turn read and did not finish.
    for (const std::string_view from : {"0", ">"}) {
        auto taken = round(call, stream, from);
        if (!taken) return tl::unexpected(taken.error());
    }
    return {};
}

}  // namespace tapline
