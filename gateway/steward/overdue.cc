#include "gateway/steward/overdue.h"

#include <algorithm>
#include <chrono>

#include "adapters/timestamp.h"
#include "gateway/intake/records.h"
#include "gateway/redis/keys.h"
#include "redis_scripts.h"
#include "routes/overdue.h"
#include "routes/tracking_number.h"

namespace tapline {

namespace {

using redis::Reply;

constexpr std::string_view kPage = "200";
constexpr std::string_view kSweptAtOnce = "10";
constexpr std::chrono::seconds kLooksApart{10};
constexpr std::size_t kLooksMax = 720;  // two hours
constexpr std::chrono::minutes kOutageLeast{1};

// A member of `due` and where it stands.
struct Overdue {
    std::string member;  // "sales:express 1773066600210-0"
    std::string score;
    std::string lane;
    std::string queue;
    std::string entry;
};

struct EntryView {
    Time accepted_at{};
    std::optional<Time> due_at;
    Time occurred_at{};
    std::string route;
    std::string arm;
    std::string number;
};

// The envelope's `time`: the first member of that name, since quotes inside strings are escaped.
Time occurred_at(const std::string& data, Time otherwise) {
    constexpr std::string_view kTime = "\"time\":\"";
    const std::size_t at = data.find(kTime);
    if (at == std::string::npos) return otherwise;
    const std::size_t from = at + kTime.size();
    const std::size_t end = data.find('"', from);
    return time_from_iso(std::string_view(data).substr(from, end - from)).value_or(otherwise);
}

std::optional<Time> ms_time(const std::string& text) {
    if (text.empty()) return std::nullopt;
    return from_ms(number_of(text));
}

// Of an entry that is gone nothing but its id; the script takes it off.
Result<EntryView> read_entry(const Duty& duty, const Overdue& overdue) {
    static const redis::Script script = redis::make_script("entry", kScriptEntry);
    const std::string& brand = duty.brand.name;
    const auto fields =
        run_script(duty.link, script,
                   {redis::queue_key(brand, overdue.lane), redis::brand_key(brand, "unanswered")},
                   {overdue.entry, overdue.member});
    if (!fields) return tl::unexpected(fields.error());
    EntryView view;
    view.accepted_at =
        ms_time(text_of(*fields, "accepted_at")).value_or(from_ms(number_of(overdue.entry)));
    view.due_at = ms_time(text_of(*fields, "due_at"));
    view.occurred_at = occurred_at(text_of(*fields, "data"), view.accepted_at);
    view.route = text_of(*fields, "route");
    view.arm = text_of(*fields, "arm");
    view.number = text_of(*fields, "tracking_number");
    return view;
}

// Of a stream's id.
std::pair<std::int64_t, std::int64_t> numbers_of(const std::string& id) {
    const std::size_t dash = std::min(id.find('-'), id.size());
    return {number_of(id.substr(0, dash)), number_of(id.substr(std::min(dash + 1, id.size())))};
}

Result<bool> was_delivered(const Duty& duty, const Overdue& overdue) {
    const auto groups =
        ask(duty.link, {"XINFO", "GROUPS", redis::queue_key(duty.brand.name, overdue.lane)});
    if (!groups && groups.error().code == ErrorCode::unavailable) {
        return tl::unexpected(groups.error());
    }
    if (!groups) return false;  // no stream
    return std::any_of(groups->items.begin(), groups->items.end(), [&](const Reply& one) {
        return text_of(one, "name") == overdue.queue &&
               numbers_of(text_of(one, "last-delivered-id")) >= numbers_of(overdue.entry);
    });
}

// Whether anybody but the gateway itself asked for entries of the lane since the entry is there: it
// was given to somebody, or a consumer came after it.
Result<bool> was_read(const Duty& duty, const Overdue& overdue, Time when) {
    auto delivered = was_delivered(duty, overdue);
    if (!delivered || *delivered) return delivered;
    const auto consumers =
        ask(duty.link,
            {"XINFO", "CONSUMERS", redis::queue_key(duty.brand.name, overdue.lane), overdue.queue});
    if (!consumers && consumers.error().code == ErrorCode::unavailable) {
        return tl::unexpected(consumers.error());
    }
    if (!consumers) return false;  // no stream, no group
    // Redis counts `idle` up to its answer, which is later than the duty's now.
    const auto quiet_most = (duty.state.acceptor->parts().clock() - when).count();
    return std::any_of(consumers->items.begin(), consumers->items.end(), [&](const Reply& one) {
        const Reply* idle = value_of(one, "idle");
        return text_of(one, "name") != "tapline" && idle != nullptr && idle->integer <= quiet_most;
    });
}

Result<LateReason> reason_of(const Duty& duty, const Overdue& overdue, const EntryView& entry,
                             const Finished& finished) {
    LateCase late{entry.occurred_at, entry.accepted_at, entry.due_at.value_or(duty.now)};
    const auto read = was_read(duty, overdue, entry.accepted_at);
    if (!read) return tl::unexpected(read.error());
    late.was_read = *read;
    const auto length = ask(duty.link, {"XLEN", redis::queue_key(duty.brand.name, overdue.lane)});
    if (!length) return tl::unexpected(length.error());
    late.waiting = length->integer;
    late.finished = finished.since(overdue.lane, entry.accepted_at);
    return late_reason(late);
}

std::string time_text(const std::optional<Time>& time) {
    return time ? std::to_string(to_ms(*time)) : std::string();
}

std::string pilot_of(const Brand& brand, const EntryView& entry) {
    if (entry.arm.empty()) return {};
    const auto route = std::find_if(brand.routes.begin(), brand.routes.end(),
                                    [&](const Route& one) { return one.name == entry.route; });
    if (route == brand.routes.end() || !route->pilot) return {};
    return route->pilot->name + " " + entry.arm;
}

const Queue& queue_in(const Brand& brand, const std::string& name) {
    // Of a queue that drains: its entries still become late, and no more.
    static const Queue removed;
    const auto found = brand.queues.find(name);
    return found == brand.queues.end() ? removed : found->second;
}

struct Call {
    std::vector<std::string> keys;
    std::vector<std::string> args;
};

// Keys of the entry's journey and of the call that founded it, if one did; others where there is
// none.
Result<std::pair<std::string, std::string>> journey_keys(const Duty& duty,
                                                         const std::string& shown_number) {
    const auto number = TrackingNumber::parse(shown_number);
    const std::string& brand = duty.brand.name;
    std::pair keys{redis::journey_key(brand, number ? number->compact() : "-"),
                   redis::call_key(brand, "-")};
    if (!number) return keys;
    const auto packed = ask(duty.link, {"GET", keys.first});
    if (!packed) return tl::unexpected(packed.error());
    const auto record = unpack_journey(*number, packed->text);
    if (record) keys.second = redis::call_key(brand, record->journey.founder);
    return keys;
}

Result<Call> call_of(const Duty& duty, const Overdue& overdue, const EntryView& entry,
                     const LadderStep& step) {
    const auto journey = journey_keys(duty, entry.number);
    if (!journey) return tl::unexpected(journey.error());
    const std::string& brand = duty.brand.name;
    const std::string& to = step.move_to.empty() ? overdue.lane : step.move_to;
    Call call;
    for (const char* name : {"due", "late", "late_reason", "feed", "pilots", "unanswered"}) {
        call.keys.push_back(redis::brand_key(brand, name));
    }
    call.keys.insert(call.keys.end(),
                     {journey->first, journey->second, redis::queue_key(brand, overdue.lane),
                      redis::about_key(brand, overdue.lane), redis::queue_key(brand, to),
                      redis::about_key(brand, to)});
    const Queue& queue = queue_in(duty.brand, overdue.queue);
    const auto next = [&](const Queue& where) {
        return time_text(next_step(duty.brand, where, entry.accepted_at, entry.due_at, step.at));
    };
    call.args = {overdue.member,
                 overdue.score,
                 overdue.lane,
                 overdue.queue,
                 overdue.entry,
                 std::to_string(to_ms(duty.now)),
                 next(queue),
                 step.is_late ? "late" : "",
                 "",
                 pilot_of(duty.brand, entry),
                 step.move_to,
                 step.move_to.empty() ? "" : next(queue_in(duty.brand, step.move_to)),
                 step.is_end ? "end" : "",
                 queue.answered_by_outcome ? "outcome" : "",
                 entry.due_at ? time_text(entry.due_at) : "null"};
    for (const std::string& alerted : step.alerts) {
        call.keys.push_back(redis::queue_key(brand, alerted));
        call.keys.push_back(redis::about_key(brand, alerted));
        call.args.push_back(alerted);
    }
    return call;
}

// The step that stands at the score. Another config may have other steps: then the first one that
// is not before it, which may lie ahead.
LadderStep step_at(const Duty& duty, const Overdue& overdue, const EntryView& entry) {
    const Time at = from_ms(number_of(overdue.score));
    LadderStep nothing;
    nothing.at = at;
    const auto steps =
        ladder(duty.brand, queue_in(duty.brand, overdue.queue), entry.accepted_at, entry.due_at);
    for (const LadderStep& step : steps) {
        if (step.at == at) return step;
        if (step.at > at) break;
    }
    return nothing;
}

void count_acts(const Duty& duty, const std::string& words) {
    std::size_t from = 0;
    while (from < words.size()) {
        const std::size_t end = std::min(words.find(' ', from), words.size());
        duty.state.metrics.overdue.add(duty.brand.name, words.substr(from, end - from));
        from = end + 1;
    }
}

constexpr std::size_t kReasonArg = 8;

// Does the step that stands at the entry's score.
Result<void> act(const Duty& duty, const Overdue& overdue, const Finished& finished) {
    static const redis::Script script = redis::make_script("overdue", kScriptOverdue);
    const auto entry = read_entry(duty, overdue);
    if (!entry) return tl::unexpected(entry.error());
    const LadderStep step = step_at(duty, overdue, *entry);
    auto call = call_of(duty, overdue, *entry, step);
    if (!call) return tl::unexpected(call.error());
    if (step.is_late) {
        const auto reason = reason_of(duty, overdue, *entry, finished);
        if (!reason) return tl::unexpected(reason.error());
        call->args[kReasonArg] = to_string(*reason);
    }
    const auto done = run_script(duty.link, script, call->keys, call->args);
    if (!done) return tl::unexpected(done.error());
    if (done->items.size() == 2) count_acts(duty, done->items[1].text);
    return {};
}

std::optional<Overdue> parse_member(const std::string& member, const std::string& score) {
    const std::size_t space = member.find(' ');
    if (space == std::string::npos) return std::nullopt;
    const std::string lane = member.substr(0, space);
    return Overdue{member, score, lane, std::string(queue_of(lane)), member.substr(space + 1)};
}

}  // namespace

void Finished::note(const std::string& lane, Time when, std::int64_t removed) {
    auto& looks = counts_[lane];
    // A smaller count than before: the stream was made anew.
    if (!looks.empty() && removed < looks.back().second) looks.clear();
    if (looks.size() >= 2 && when - looks[looks.size() - 2].first < kLooksApart) {
        looks.back() = {when, removed};
        return;
    }
    looks.emplace_back(when, removed);
    if (looks.size() > kLooksMax) looks.pop_front();
}

std::int64_t Finished::since(const std::string& lane, Time when) const {
    const auto found = counts_.find(lane);
    if (found == counts_.end() || found->second.empty()) return 0;
    const auto& looks = found->second;
    const auto after = std::upper_bound(
        looks.begin(), looks.end(), when,
        [](Time at, const std::pair<Time, std::int64_t>& look) { return at < look.first; });
    const auto& from = after == looks.begin() ? looks.front() : *std::prev(after);
    return looks.back().second - from.second;
}

std::string_view to_string(LateReason reason) {
    switch (reason) {
        case LateReason::slipped:
            return "slipped";
        case LateReason::volume:
            return "volume";
        case LateReason::outage:
            return "outage";
        case LateReason::misroute:
            return "misroute";
    }
    return "slipped";
}

LateReason late_reason(const LateCase& late) {
    const Milliseconds half = (late.due_at - late.accepted_at) / 2;
    const Milliseconds long_after = std::max<Milliseconds>(half, kOutageLeast);
    if (late.accepted_at - late.occurred_at > long_after) return LateReason::outage;
    if (!late.was_read) return LateReason::outage;
    return late.waiting > late.finished + 1 ? LateReason::volume : LateReason::slipped;
}

Result<void> act_overdue(const Duty& duty, const Finished& finished, std::size_t& passed) {
    const std::string due = redis::brand_key(duty.brand.name, "due");
    const std::string now = std::to_string(to_ms(duty.now));
    const auto until = std::chrono::steady_clock::now() + kDutyBudget;
    Result<void> trouble;
    for (;;) {
        const auto page = ask(duty.link, {"ZRANGEBYSCORE", due, "-inf", now, "WITHSCORES", "LIMIT",
                                          std::to_string(passed), std::string(kPage)});
        if (!page) return tl::unexpected(page.error());
        if (page->items.empty()) {
            passed = 0;
            return trouble;
        }
        for (std::size_t i = 0; i + 1 < page->items.size(); i += 2) {
            const auto overdue = parse_member(page->items[i].text, page->items[i + 1].text);
            // Nothing of ours; it would be looked at for ever.
            if (!overdue) {
                const auto off = ask(duty.link, {"ZREM", due, page->items[i].text});
                if (!off) return tl::unexpected(off.error());
                continue;
            }
            auto done = act(duty, *overdue, finished);
            if (!done && done.error().code == ErrorCode::unavailable) return done;
            if (done) continue;
            trouble = std::move(done);
            ++passed;
        }
        if (std::chrono::steady_clock::now() >= until) return trouble;
    }
}

Result<void> sweep_late(const Duty& duty) {
    static const redis::Script script = redis::make_script("sweep", kScriptSweep);
    const std::string& brand = duty.brand.name;
    for (const char* notes : {"late_reason", "unanswered"}) {
        const auto some = ask(
            duty.link, {"HRANDFIELD", redis::brand_key(brand, notes), std::string(kSweptAtOnce)});
        if (!some) return tl::unexpected(some.error());
        for (const Reply& member : some->items) {
            const auto noted = parse_member(member.text, "");
            if (!noted) continue;
            std::vector<std::string> keys;
            for (const char* name : {"due", "late", "late_reason", "unanswered"}) {
                keys.push_back(redis::brand_key(brand, name));
            }
            keys.push_back(redis::queue_key(brand, noted->lane));
            const auto done = run_script(duty.link, script, keys, {noted->member, noted->entry});
            if (!done) return tl::unexpected(done.error());
        }
    }
    return {};
}

}  // namespace tapline
