#include "gateway/steward/outcomes.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <latch>
#include <map>
#include <memory>

#include "adapters/json_writer.h"
#include "adapters/utf8.h"
#include "gateway/redis/keys.h"
#include "gateway/steward/duty.h"
#include "gateway/steward/made_entry.h"
#include "redis_scripts.h"
#include "routes/overdue.h"

namespace tapline {

namespace {

constexpr std::string_view kGroup = "tapline";
constexpr std::string_view kConsumer = "steward";
constexpr std::size_t kPage = 500;
constexpr std::size_t kFieldBytesMax = 256;
// Of one turn; what is left then waits for the next one, so that other brands have their turn too.
constexpr std::chrono::milliseconds kTurnBudget{500};

constexpr std::array<std::string_view, 11> kOutcomes = {
    "answered", "booked", "declined", "no_answer", "partial",    "quote",
    "resolved", "sale",   "saved",    "spam",      "transferred"};

using redis::Link;
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

std::string capped(const Report& report, std::string_view name) {
    return std::string(utf8_prefix(value(report, name), kFieldBytesMax));
}

// unavailable means that Redis is away; an answer that it gives is something else.
Result<Reply> checked(Result<Reply> reply) {
    if (reply && reply->is_error()) return fail(ErrorCode::corrupt, "outcomes: " + reply->text);
    return reply;
}

std::string fact_body(const Report& report, std::string_view refused) {
    JsonWriter json;
    json.open('{');
    for (const std::string_view name :
         {"outcome", "value", "currency", "agent", "reason", "entry", "queue"}) {
        const std::string text = capped(report, name);
        if (!text.empty()) json.key(name).value(text);
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

// Why a report cannot be used, as far as it says itself; empty when it can.
std::string trouble_of(const Brand& brand, const Report& report,
                       const std::optional<TrackingNumber>& number) {
    if (!number) return "tracking_number is missing or mistyped";
    if (!is_outcome(value(report, "outcome"))) return "outcome is not one of the known ones";
    const std::string queue = value(report, "queue");
    const bool unknown_queue = value(report, "outcome") == "transferred" && !queue.empty() &&
                               !brand.queues.contains(queue);
    if (unknown_queue) return "the brand has no such queue";
    return {};
}

// Outcomes after which nothing is left to do for the customer.
constexpr std::array<std::string_view, 4> kResolving = {"booked", "resolved", "sale", "saved"};

bool resolves(std::string_view outcome) {
    return std::binary_search(kResolving.begin(), kResolving.end(), outcome);
}

bool closes_publicly(const Brand& brand) {
    return std::any_of(brand.queues.begin(), brand.queues.end(),
                       [](const auto& queue) { return queue.second.close_publicly.has_value(); });
}

// The entry that an outcome makes beside its fact. Nothing: none.
struct Made {
    std::string action;  // as outcome.lua says
    std::string from;    // the journey's queue
    std::string to;
    std::optional<Time> due_at;
    std::optional<Time> first_step;
    std::string entry;
};

// The fields of a packed journey (records.h); the script looks at the same ones again.
std::vector<std::string> fields_of(const std::string& packed) {
    std::vector<std::string> fields;
    std::size_t from = 0;
    for (;;) {
        const std::size_t end = packed.find('\t', from);
        fields.push_back(packed.substr(from, end - from));
        if (end == std::string::npos) return fields;
        from = end + 1;
    }
}

MadeEntry entry_of_journey(const std::vector<std::string>& journey, const TrackingNumber& number) {
    MadeEntry entry;
    entry.tracking_number = number.display();
    entry.origin = "journeys/" + number.compact();
    entry.source = journey[3];
    entry.profile = journey[4];
    entry.button = journey[5];
    entry.campaign = journey[6];
    entry.campaign_by = journey[7];
    entry.route = journey[9];
    return entry;
}

Made transfer(const OutcomeCall& call, const Report& report, MadeEntry entry, Time now) {
    const Queue& queue = call.brand.queues.at(value(report, "queue"));
    entry.type = "contact.transferred";
    entry.id =
        "transfer:" + entry.tracking_number + ":" + capped(report, "id") + ":to:" + queue.name;
    entry.due_at = due_on(call.brand, queue, now, queue.respond_within);
    return {"transfer", {}, queue.name, entry.due_at, {}, to_json(entry, call.brand, now)};
}

Made follow_up(const OutcomeCall& call, const Report& report, const Queue& queue, MadeEntry entry,
               Time now) {
    entry.type = "followup.close_publicly";
    entry.id = "followup:" + entry.tracking_number;
    entry.channel = "post";
    entry.last_outcome = value(report, "outcome");
    entry.due_at = due_on(call.brand, queue, now, queue.close_publicly);
    return {"follow_up", {}, queue.name, entry.due_at, {}, to_json(entry, call.brand, now)};
}

constexpr std::size_t kJourneyFields = 14;
constexpr std::size_t kQueueField = 8;
constexpr std::size_t kPublicUrlField = 15;
constexpr std::size_t kClosedField = 16;

// What the outcome makes for the journey as it stands. Asks Redis only where it may make anything.
Result<Made> made_by(const OutcomeCall& call, const Report& report) {
    const auto number = TrackingNumber::parse(value(report, "tracking_number"));
    const std::string outcome = value(report, "outcome");
    const bool transfers = outcome == "transferred" && !value(report, "queue").empty();
    const bool closes = resolves(outcome) && closes_publicly(call.brand);
    if (!number || !(transfers || closes)) return Made{};
    if (transfers && !call.brand.queues.contains(value(report, "queue"))) return Made{};
    const auto packed =
        ask(call.link, {"GET", redis::journey_key(call.brand.name, number->compact())});
    if (!packed) return tl::unexpected(packed.error());
    const auto journey = fields_of(packed->text);
    if (journey.size() < kJourneyFields) return Made{};
    const Time now = call.state.acceptor->parts().clock();
    MadeEntry entry = entry_of_journey(journey, *number);
    const std::string& owner = journey[kQueueField];
    Made made;
    if (transfers && owner != value(report, "queue")) {
        made = transfer(call, report, std::move(entry), now);
    } else if (closes && journey.size() > kClosedField && !journey[kPublicUrlField].empty() &&
               journey[kClosedField].empty()) {
        const auto queue = call.brand.queues.find(owner);
        const bool asked = queue != call.brand.queues.end() && queue->second.close_publicly;
        if (!asked) return Made{};
        entry.post_url = journey[kPublicUrlField];
        made = follow_up(call, report, queue->second, std::move(entry), now);
    } else {
        return Made{};
    }
    made.from = owner;
    made.first_step =
        next_step(call.brand, call.brand.queues.at(made.to), now, made.due_at, std::nullopt);
    return made;
}

// The replies of one page's scripts; each completion writes into its own place.
struct Answers {
    explicit Answers(std::size_t count)
        : replies(count), arrived(static_cast<std::ptrdiff_t>(count)) {}
    std::vector<Result<Reply>> replies;
    std::latch arrived;
};

std::string ms_text(const std::optional<Time>& time) {
    return time ? std::to_string(to_ms(*time)) : std::string();
}

std::vector<std::string> keys_of(const OutcomeCall& call, const Report& report, const Made& made,
                                 const std::optional<TrackingNumber>& number) {
    const std::string& name = call.brand.name;
    std::vector<std::string> keys = {redis::brand_key(name, "outcomes"),
                                     redis::brand_key(name, "feed"),
                                     redis::journey_key(name, number ? number->compact() : "-"),
                                     redis::brand_key(name, "due"),
                                     mark_of(call, report),
                                     redis::brand_key(name, "late"),
                                     redis::brand_key(name, "late_reason"),
                                     redis::brand_key(name, "unanswered")};
    if (made.action.empty()) return keys;
    keys.insert(keys.end(), {redis::queue_key(name, made.to), redis::about_key(name, made.to),
                             redis::queue_key(name, made.from),
                             redis::queue_key(name, made.from + std::string(kExpressLane))});
    return keys;
}

void submit(const OutcomeCall& call, const std::string& stream_id, const Report& report,
            const Made& made, Link::Completion done) {
    const auto number = TrackingNumber::parse(value(report, "tracking_number"));
    const std::string trouble = trouble_of(call.brand, report, number);
    const std::vector<std::string> keys = keys_of(call, report, made, number);
    const std::vector<std::string_view> key_views(keys.begin(), keys.end());
    const std::vector<std::string> args = {
        std::string(kGroup),
        stream_id,
        trouble.empty() ? value(report, "outcome") : std::string(),
        value(report, "entry"),
        std::to_string(kJourneyLife.count()),
        std::to_string(kSeenLife.count()),
        std::to_string(to_ms(call.state.acceptor->parts().clock())),
        capped(report, "id"),
        number ? number->display() : std::string(),
        fact_body(report, trouble),
        fact_body(report, "no live journey has this tracking number"),
        trouble.empty() ? made.action : std::string(),
        made.from,
        made.to,
        ms_text(made.due_at),
        ms_text(made.first_step),
        made.entry};
    const std::vector<std::string_view> arg_views(args.begin(), args.end());
    call.link.submit_script(call.script, key_views, arg_views, std::move(done));
}

void count(const OutcomeCall& call, const Report& report, const Reply& reply) {
    if (reply.items.empty()) return;
    const std::string& answer = reply.items[0].text;
    if (answer != "ok" && answer != "refused") return;
    const std::string outcome = value(report, "outcome");
    call.state.metrics.outcomes.add(call.brand.name, is_outcome(outcome) ? outcome : "unknown");
}

Report report_of(const Reply& fields) {
    Report report;
    for (std::size_t i = 0; i + 1 < fields.items.size(); i += 2) {
        report[fields.items[i].text] = fields.items[i + 1].text;
    }
    return report;
}

struct Page {
    std::size_t reports = 0;
    std::string last_id;
    std::optional<Error> trouble;  // of a report that stays on the stream
};

// Sends all reports of a page at once: one round trip for all of them.
Result<Page> record(const OutcomeCall& call, const std::vector<Reply>& entries) {
    const auto answers = std::make_shared<Answers>(entries.size());
    std::vector<Report> reports(entries.size());
    // Asked before anything is sent: what fails then leaves no answer to wait for.
    std::vector<Made> made(entries.size());
    for (std::size_t i = 0; i < entries.size(); ++i) {
        if (entries[i].items.size() == 2) reports[i] = report_of(entries[i].items[1]);
        auto found = made_by(call, reports[i]);
        if (!found && found.error().code == ErrorCode::unavailable) {
            return tl::unexpected(found.error());
        }
        // A journey that cannot be read is the script's to tell.
        if (found) made[i] = std::move(*found);
    }
    for (std::size_t i = 0; i < entries.size(); ++i) {
        const Reply& entry = entries[i];
        const std::string id = entry.items.empty() ? std::string("0-0") : entry.items[0].text;
        submit(call, id, reports[i], made[i], [answers, i](Result<Reply> reply) {
            answers->replies[i] = checked(std::move(reply));
            answers->arrived.count_down();
        });
    }
    answers->arrived.wait();
    Page page{entries.size(), {}, std::nullopt};
    for (std::size_t i = 0; i < entries.size(); ++i) {
        const auto& reply = answers->replies[i];
        if (reply) {
            count(call, reports[i], *reply);
        } else if (reply.error().code == ErrorCode::unavailable) {
            return tl::unexpected(reply.error());
        } else {
            page.trouble = reply.error();
        }
        if (!entries[i].items.empty()) page.last_id = entries[i].items[0].text;
    }
    return page;
}

Result<Page> take_page(const OutcomeCall& call, const std::string& stream,
                       const std::string& from) {
    auto read = call.link.call(redis::encode({"XREADGROUP", "GROUP", kGroup, kConsumer, "COUNT",
                                              std::to_string(kPage), "STREAMS", stream, from}));
    if (read && read->is_error("NOGROUP")) {
        auto made = checked(
            call.link.call(redis::encode({"XGROUP", "CREATE", stream, kGroup, "0", "MKSTREAM"})));
        if (!made) return tl::unexpected(made.error());
        return Page{};
    }
    read = checked(std::move(read));
    if (!read) return tl::unexpected(read.error());
    if (read->items.empty() || read->items[0].items.size() != 2) return Page{};
    return record(call, read->items[0].items[1].items);
}

}  // namespace

bool is_outcome(std::string_view name) {
    return std::binary_search(kOutcomes.begin(), kOutcomes.end(), name);
}

Result<void> record_outcomes(GatewayState& state, redis::Link& link, const Brand& brand) {
    const OutcomeCall call{state, link, brand};
    const std::string stream = redis::brand_key(brand.name, "outcomes");
    const auto until = std::chrono::steady_clock::now() + kTurnBudget;
    std::optional<Error> trouble;
    // "0" first: what an earlier turn read and did not finish. Reading on from the page's last id
    // goes past reports that fail again and again.
    for (const bool again : {true, false}) {
        std::string from = again ? "0" : ">";
        for (;;) {
            auto page = take_page(call, stream, from);
            if (!page) return tl::unexpected(page.error());
            if (page->trouble) trouble = page->trouble;
            if (page->reports < kPage || std::chrono::steady_clock::now() >= until) break;
            if (again) from = page->last_id;
        }
    }
    if (trouble) return tl::unexpected(*trouble);
    return {};
}

}  // namespace tapline
