#include "gateway/intake/call_steps.h"

#include <array>

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
    const auto queue = brand.queues.find(place.queue);
    if (queue == brand.queues.end() || queue->second.dial.consent.empty()) return {};
    return field(event, "dial.recording");
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
                       [identity, done = std::move(done)](Result<Reply> reply) {
                           if (!reply) return done(tl::unexpected(reply.error()));
                           if (reply->is_error()) return done(tl::unexpected(redis_error(*reply)));
                           CallRecord call;
                           const auto number =
                               TrackingNumber::parse(text_at(*reply, 0).value_or(""));
                           call.number = number.value_or(identity.number);
                           call.call = text_at(*reply, 1).value_or("");
                           call.missed = text_at(*reply, 2).value_or("");
                           done(std::move(call));
                       });
}

void record_call_step(const AcceptorParts& parts, const redis::Script& script,
                      const CallStepJob& step, Acceptor::Done done) {
    const Event& event = step.job.event;
    const Brand& brand = *step.job.brand;
    const bool is_voicemail = event.call_step->kind == CallStep::Kind::voicemail;
    const QueuePlace entry = queue_place(is_voicemail ? step.call.missed : step.call.call);
    const std::string display = step.call.number.display();
    const Time now = parts.clock();
    Mark mark;
    mark.state = "recorded";
    mark.number = display;

    const Place where = place(brand, event, std::nullopt);
    const Decision nothing;
    FactContext context{brand, event, where, nothing, display, "", now};
    const auto told = event_fact(context);
    const std::string recording = recording_of(brand, queue_place(step.call.call), event);
    context.talk = event.call_step->talk;
    context.recording = recording;
    const auto ended = event_fact(context);

    const std::string seen =
        redis::seen_key(brand.name, identify(parts.keys, brand.name, event).founder);
    const std::string replay = replay_hash(parts.keys, brand.name, event);
    const std::array<std::string, 7> keys = {
        seen,
        replay.empty() ? seen : redis::seen_key(brand.name, replay),
        redis::brand_key(brand.name, "feed"),
        call_key_of(parts.keys, brand.name, event),
        redis::brand_key(brand.name, "due"),
        redis::about_key(brand.name, entry.queue),
        redis::queue_key(brand.name, entry.queue)};
    const std::array<std::string, 11> args = {pack(mark),
                                              std::to_string(kSeenLife.count()),
                                              entry.queue,
                                              entry.entry,
                                              is_voicemail ? "missed" : "call",
                                              std::string(name_of(event)),
                                              event.event_id,
                                              display,
                                              std::to_string(to_ms(now)),
                                              told.back().second,
                                              ended.back().second};
    const std::vector<std::string_view> key_views(keys.begin(), keys.end());
    const std::vector<std::string_view> arg_views(args.begin(), args.end());
    parts.link->submit_script(script, key_views, arg_views,
                              [mark, metrics = parts.metrics, name = brand.name, is_voicemail,
                               done = std::move(done)](Result<Reply> reply) {
                                  if (!reply) return done(tl::unexpected(reply.error()));
                                  if (reply->is_error())
                                      return done(tl::unexpected(redis_error(*reply)));
                                  const auto answer = text_at(*reply, 0);
                                  if (answer != "ok" && answer != "seen")
                                      return done(tl::unexpected(odd_reply()));
                                  const bool counted = answer == "ok" && reply->items.size() == 2;
                                  if (counted && reply->items[1].integer > 0) {
                                      metrics->withdrawn.add(
                                          name, is_voicemail ? "voicemail" : "answered");
                                  }
                                  done(Accepted{answer == "seen", mark});
                              });
}

}  // namespace tapline
