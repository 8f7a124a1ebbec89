#include "gateway/intake/call_steps.h"

#include <array>

#include "gateway/intake/accept_script.h"
#include "gateway/intake/facts.h"
#include "gateway/intake/script_answer.h"
#include "gateway/redis/keys.h"

namespace tapline {

using redis::Reply;

namespace {

// The identity of the contact that the call was.
Identity identity_of_call(const Keys& keys, std::string_view brand, const Event& event) {
    Event call;
    call.provider = event.provider;
    call.account = event.account;
    call.event_id = event.call_step ? event.call_step->call : event.event_id;
    return identify(keys, brand, call);
}

std::string field(const Event& event, std::string_view name) {
    for (const auto& [key, value] : event.attribution) {
        if (key == name) return value;
    }
    return {};
}

std::string_view name_of(const Event& event) {
    const CallStep& step = *event.call_step;
    if (step.kind == CallStep::Kind::missed && step.never_bridged) return "never_bridged";
    if (step.kind == CallStep::Kind::answered && step.talk) return "leg_ended";
    if (event.type == "call.status" && field(event, "call.status") == "completed") return "closed";
    constexpr std::array<std::string_view, 7> kNames = {
        "other", "ringing", "answered", "ended", "leg_missed", "missed", "voicemail"};
    return kNames.at(static_cast<std::size_t>(step.kind));
}

// "sales 1773066600210-0"
struct QueuePlace {
    std::string queue;
    std::string entry;
};

QueuePlace queue_place(const std::string& text) {
    const std::size_t space = text.find(' ');
    if (space == std::string::npos) return {};
    return {text.substr(0, space), text.substr(space + 1)};
}

// Where the recording of a call is; told only where the brand asks its callers for consent.
std::string recording_of(const Brand& brand, const QueuePlace& place, const Event& event) {
    const auto queue = brand.queues.find(queue_of_lane(place.queue));
    if (queue == brand.queues.end() || queue->second.dial.consent.empty()) return {};
    return field(event, "dial.recording");
}

bool is_voicemail(const Event& event) {
    return event.call_step->kind == CallStep::Kind::voicemail;
}

}  // namespace

std::string call_key_of(const Keys& keys, std::string_view brand, const Event& event) {
    return redis::call_key(brand, identity_of_call(keys, brand, event).founder);
}

void look_up_call(const AcceptorParts& parts, const AcceptJob& job,
                  std::function<void(Result<CallRecord>)> done) {
    const std::string& brand = job.brand->name;
    const Identity identity = identity_of_call(parts.keys, brand, job.event);
    const std::string key = redis::call_key(brand, identity.founder);
    parts.link->submit(redis::encode({"HMGET", key, "number", "call", "missed"}),
                       [identity, done = std::move(done)](Result<Reply> answered) {
                           const auto reply = checked(std::move(answered));
                           if (!reply) return done(tl::unexpected(reply.error()));
                           CallRecord call;
                           const auto number =
                               TrackingNumber::parse(text_at(*reply, 0).value_or(""));
                           call.number = number.value_or(identity.number);
                           call.call = text_at(*reply, 1).value_or("");
                           call.missed = text_at(*reply, 2).value_or("");
                           done(std::move(call));
                       });
}

namespace {

// What is told of the step: bodies of its fact, and of call.ended where it ends the call.
struct Told {
    std::string body;
    std::string ended;
};

Told told_of(const CallStepJob& step, std::string_view number, Time now) {
    const Event& event = step.job.event;
    const Brand& brand = *step.job.brand;
    const Place where = place(brand, event, std::nullopt);
    const Decision nothing;
    FactContext context{brand, event, where, nothing, number, "", now};
    Told told;
    told.body = event_fact(context).back().second;
    const std::string recording = recording_of(brand, queue_place(step.call.call), event);
    context.talk = event.call_step->talk;
    context.recording = recording;
    told.ended = event_fact(context).back().second;
    return told;
}

// One call of call.lua, in the order that its header gives.
struct Words {
    std::vector<std::string> keys;
    std::vector<std::string> args;
};

Words words_of(const AcceptorParts& parts, const CallStepJob& step, const std::string& mark) {
    const Event& event = step.job.event;
    const std::string& brand = step.job.brand->name;
    const QueuePlace missed = queue_place(step.call.missed);
    const QueuePlace entry = is_voicemail(event) ? missed : queue_place(step.call.call);
    const std::string display = step.call.number.display();
    const Time now = parts.clock();
    const Told told = told_of(step, display, now);
    const std::string seen = redis::seen_key(brand, identify(parts.keys, brand, event).founder);
    const std::string replay = replay_hash(parts.keys, brand, event);
    return Words{
        {seen, replay.empty() ? seen : redis::seen_key(brand, replay),
         redis::brand_key(brand, "feed"), call_key_of(parts.keys, brand, event),
         redis::brand_key(brand, "due"), redis::about_key(brand, entry.queue),
         redis::queue_key(brand, entry.queue), redis::about_key(brand, missed.queue),
         redis::queue_key(brand, missed.queue)},
        {mark, std::to_string(kSeenLife.count()), entry.queue, entry.entry,
         is_voicemail(event) ? "missed" : "call", std::string(name_of(event)), event.event_id,
         display, std::to_string(to_ms(now)), told.body, told.ended, missed.queue, missed.entry}};
}

}  // namespace

void record_call_step(const AcceptorParts& parts, const redis::Script& script,
                      const CallStepJob& step, Acceptor::Done done) {
    Mark mark;
    mark.state = "recorded";
    mark.number = step.call.number.display();
    const Words words = words_of(parts, step, pack(mark));
    const std::vector<std::string_view> keys(words.keys.begin(), words.keys.end());
    const std::vector<std::string_view> args(words.args.begin(), words.args.end());
    const std::string_view why = is_voicemail(step.job.event) ? "voicemail" : "answered";
    const auto on_reply = [mark, metrics = parts.metrics, name = step.job.brand->name, why,
                           done = std::move(done)](Result<Reply> answered) {
        const auto reply = checked(std::move(answered));
        if (!reply) return done(tl::unexpected(reply.error()));
        const auto answer = text_at(*reply, 0);
        if (answer != "ok" && answer != "seen") return done(tl::unexpected(odd_reply()));
        const bool counts = answer == "ok" && reply->items.size() == 2;
        const auto withdrawn = counts ? reply->items[1].integer : 0;
        if (withdrawn > 0) metrics->withdrawn.add(name, why, static_cast<std::uint64_t>(withdrawn));
        done(Accepted{answer == "seen", mark});
    };
    parts.link->submit_script(script, keys, args, on_reply);
}

}  // namespace tapline
