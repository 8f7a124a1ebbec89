#include "gateway/steward/outcomes.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <map>

#include "adapters/json_writer.h"
#include "adapters/utf8.h"
#include "gateway/intake/records.h"
#include "gateway/redis/keys.h"
#include "gateway/steward/duty.h"
#include "gateway/steward/made_entry.h"
#include "gateway/steward/reported.h"
#include "redis_scripts.h"
#include "routes/due.h"
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

using redis::Reply;
using Report = std::map<std::string, std::string, std::less<>>;

struct OutcomeCall {
    GatewayState& state;
    redis::Link& link;
    const Brand& brand;
    Time now{};
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
        // A contact may be handed on more than once.
        if (value(report, "outcome") == "transferred") {
            identity += "\n" + value(report, "entry") + "\n" + value(report, "queue");
        }
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

std::string ms_text(const std::optional<Time>& time) {
    return time ? std::to_string(to_ms(*time)) : std::string();
}

// The entry that an outcome makes beside its fact. Nothing: none.
struct Made {
    std::string action;  // as outcome.lua says
    std::string from;    // the journey's queue
    std::string to;
    std::optional<Time> due_at;
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

using EntryFields = std::vector<std::pair<std::string, std::string>>;

std::string field(const EntryFields& fields, std::string_view name) {
    const auto found = std::find_if(fields.begin(), fields.end(),
                                    [name](const auto& one) { return one.first == name; });
    return found == fields.end() ? std::string() : found->second;
}

// Of a call nobody waits on the line any more, whatever it was when it came.
std::optional<Time> due_of_transfer(const OutcomeCall& call, const Queue& queue,
                                    const EntryFields& original) {
    const auto channel = parse_channel(field(original, "channel"));
    const auto within = respond_within(queue, {channel, channel == Channel::call});
    if (!within) return std::nullopt;
    DueTerms terms{call.now, *within};
    const std::string reply_before = field(original, "reply_before");
    if (!reply_before.empty()) terms.reply_before = from_ms(number_of(reply_before));
    return due_time(call.brand, queue, terms);
}

// The original under another due time, as JSON: names and values.
std::string transferred_copy(const OutcomeCall& call, const Made& made,
                             const EntryFields& original) {
    const std::map<std::string, std::string, std::less<>> changed = {
        {"id", field(original, "id") + ":to:" + made.to},
        {"accepted_at", std::to_string(to_ms(call.now))},
        {"due_at", ms_text(made.due_at)},
        {"copy_of", ""},
        {"priority", "normal"}};
    JsonWriter json;
    json.open('[');
    for (const auto& [name, value] : original) {
        const auto other = changed.find(name);
        json.value(name).value(other == changed.end() ? value : other->second);
    }
    json.close(']');
    return json.take();
}

Made transfer(const OutcomeCall& call, const Report& report, MadeEntry entry,
              const EntryFields& original) {
    const Queue& queue = call.brand.queues.at(value(report, "queue"));
    Made made{"transfer", {}, queue.name, due_of_transfer(call, queue, original), {}};
    if (!original.empty()) {
        made.entry = transferred_copy(call, made, original);
        return made;
    }
    entry.type = "contact.transferred";
    entry.id =
        "transfer:" + entry.tracking_number + ":" + capped(report, "id") + ":to:" + queue.name;
    entry.due_at = made.due_at;
    made.entry = to_json(entry, call.brand, call.now);
    return made;
}

Made follow_up(const OutcomeCall& call, const Report& report, const Queue& queue, MadeEntry entry) {
    entry.type = "followup.close_publicly";
    entry.id = "followup:" + entry.tracking_number;
    entry.channel = "post";
    entry.is_public = true;
    entry.last_outcome = value(report, "outcome");
    entry.due_at = due_time(call.brand, queue, {call.now, *queue.close_publicly});
    return {"follow_up", {}, queue.name, entry.due_at, to_json(entry, call.brand, call.now)};
}

constexpr std::size_t kJourneyFields = 14;
constexpr std::size_t kQueueField = 8;
constexpr std::size_t kPublicPostField = 15;
constexpr std::size_t kClosedField = 16;

bool transfers(const OutcomeCall& call, const Report& report) {
    return value(report, "outcome") == "transferred" &&
           call.brand.queues.contains(value(report, "queue"));
}

bool may_close(const OutcomeCall& call, const Report& report) {
    return resolves(value(report, "outcome")) && closes_publicly(call.brand);
}

// What the outcome makes for the journey as it stands.
Made made_by(const OutcomeCall& call, const Report& report, const ReportedEntry& about) {
    const auto number = TrackingNumber::parse(value(report, "tracking_number"));
    const auto journey = fields_of(about.journey);
    if (!number || journey.size() < kJourneyFields) return Made{};
    MadeEntry entry = entry_of_journey(journey, *number);
    const std::string& owner = journey[kQueueField];
    Made made;
    if (transfers(call, report)) {
        const std::string to = value(report, "queue");
        // The journey may be there already for a later contact, and this one not.
        const bool is_there = about.lane.empty() || queue_of(about.lane) == to;
        if (owner == to && is_there) return Made{};
        made = transfer(call, report, std::move(entry), about.fields);
    } else if (may_close(call, report) && journey.size() > kClosedField &&
               !journey[kPublicPostField].empty() && journey[kClosedField].empty()) {
        const auto queue = call.brand.queues.find(owner);
        const bool asked = queue != call.brand.queues.end() && queue->second.close_publicly;
        if (!asked) return Made{};
        const auto post = unpack_public_post(journey[kPublicPostField]).value_or(PublicPost{});
        entry.post_url = post.url;
        entry.reply = post.reply;
        made = follow_up(call, report, queue->second, std::move(entry));
    } else {
        return Made{};
    }
    made.from = owner;
    return made;
}

std::string first_step(const OutcomeCall& call, const Made& made) {
    if (made.action.empty()) return {};
    return ms_text(next_step(call.brand, call.brand.queues.at(made.to), call.now, made.due_at, {}));
}

std::vector<std::string> keys_of(const OutcomeCall& call, const Report& report,
                                 const ReportedEntry& about, const Made& made) {
    const auto number = TrackingNumber::parse(value(report, "tracking_number"));
    const std::string& name = call.brand.name;
    const std::string any = redis::brand_key(name, "outcomes");
    std::vector<std::string> keys = {any,
                                     redis::brand_key(name, "feed"),
                                     redis::journey_key(name, number ? number->compact() : "-"),
                                     redis::brand_key(name, "due"),
                                     mark_of(call, report),
                                     redis::brand_key(name, "late"),
                                     redis::brand_key(name, "late_reason"),
                                     redis::brand_key(name, "unanswered")};
    const auto record = number ? unpack_journey(*number, about.journey) : std::nullopt;
    const bool found = !about.lane.empty();
    keys.insert(keys.end(), {found ? redis::queue_key(name, about.lane) : any,
                             found ? redis::about_key(name, about.lane) : any,
                             made.action.empty() ? any : redis::queue_key(name, made.to),
                             redis::call_key(name, record ? record->journey.founder : "-")});
    return keys;
}

ScriptCall script_call(const OutcomeCall& call, const std::string& stream_id, const Report& report,
                       const ReportedEntry& about) {
    const auto number = TrackingNumber::parse(value(report, "tracking_number"));
    const std::string trouble = trouble_of(call.brand, report, number);
    const Made made = trouble.empty() ? made_by(call, report, about) : Made{};
    return {
        keys_of(call, report, about, made),
        {std::string(kGroup), stream_id, trouble.empty() ? value(report, "outcome") : std::string(),
         value(report, "entry"), std::to_string(kJourneyLife.count()),
         std::to_string(kSeenLife.count()), std::to_string(to_ms(call.now)), capped(report, "id"),
         number ? number->display() : std::string(), fact_body(report, trouble),
         fact_body(report, "no live journey has this tracking number"), made.action, made.from,
         made.to, first_step(call, made), made.entry, about.lane,
         std::string(queue_of(about.lane))}};
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

// What each report is about. Redis is asked only of those for which it matters; one whose journey
// cannot be read is the script's to tell.
Result<std::vector<ReportedEntry>> look_up(const OutcomeCall& call,
                                           const std::vector<Report>& reports) {
    std::vector<ReportedEntry> found(reports.size());
    std::vector<std::size_t> asked;
    std::vector<ReportQuestion> questions;
    for (std::size_t i = 0; i < reports.size(); ++i) {
        const Report& report = reports[i];
        const auto number = TrackingNumber::parse(value(report, "tracking_number"));
        const std::string entry = value(report, "entry");
        const bool moves = transfers(call, report);
        if (!number || (entry.empty() && !moves && !may_close(call, report))) continue;
        asked.push_back(i);
        questions.push_back({number->compact(), number->display(), entry, moves});
    }
    if (questions.empty()) return found;
    const auto lanes = lanes_with_entries(call.link, call.brand);
    if (!lanes) return tl::unexpected(lanes.error());
    auto answers =
        look_up_reported({call.state, call.link, call.brand, call.now}, *lanes, questions);
    for (std::size_t i = 0; i < asked.size(); ++i) {
        auto& answer = answers[i];
        if (!answer && answer.error().code == ErrorCode::unavailable) {
            return tl::unexpected(answer.error());
        }
        if (answer) found[asked[i]] = std::move(*answer);
    }
    return found;
}

struct Page {
    std::size_t reports = 0;
    std::string last_id;
    std::optional<Error> trouble;  // of a report that stays on the stream
};

// Sends all reports of a page at once: two round trips for all of them.
Result<Page> record(const OutcomeCall& call, const std::vector<Reply>& entries) {
    std::vector<Report> reports(entries.size());
    for (std::size_t i = 0; i < entries.size(); ++i) {
        if (entries[i].items.size() == 2) reports[i] = report_of(entries[i].items[1]);
    }
    const auto about = look_up(call, reports);
    if (!about) return tl::unexpected(about.error());
    std::vector<ScriptCall> calls;
    for (std::size_t i = 0; i < entries.size(); ++i) {
        const Reply& entry = entries[i];
        const std::string id = entry.items.empty() ? std::string("0-0") : entry.items[0].text;
        calls.push_back(script_call(call, id, reports[i], (*about)[i]));
    }
    const auto replies = run_at_once(call.link, call.script, calls);
    Page page{entries.size(), {}, std::nullopt};
    for (std::size_t i = 0; i < entries.size(); ++i) {
        const auto& reply = replies[i];
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
    const OutcomeCall call{state, link, brand, state.acceptor->parts().clock()};
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
