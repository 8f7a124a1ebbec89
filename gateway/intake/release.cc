#include "gateway/intake/release.h"

#include "gateway/intake/script_answer.h"
#include "gateway/redis/keys.h"
#include "redis_scripts.h"

namespace tapline {

namespace {

constexpr int kReadsMax = 3;

std::string cap_of(const Brand& brand, const HeldEntry& held) {
    if (held.lane == held.queue) return {};
    const auto queue = brand.queues.find(held.queue);
    return std::to_string(queue == brand.queues.end() ? Queue{}.express_cap
                                                      : queue->second.express_cap);
}

std::vector<std::string> keys_of(const Brand& brand, const HeldEntry& held) {
    const std::string& name = brand.name;
    std::vector<std::string> keys = {
        redis::held_key(name, held.ident),  timer_key(name, held.switch_name),
        redis::brand_key(name, "feed"),     redis::brand_key(name, "due"),
        redis::queue_key(name, held.lane),  redis::about_key(name, held.lane),
        redis::queue_key(name, held.queue), redis::about_key(name, held.queue),
        redis::brand_key(name, "queues")};
    for (const auto& copy : held.copies) {
        keys.push_back(redis::queue_key(name, copy));
        keys.push_back(redis::about_key(name, copy));
    }
    return keys;
}

std::vector<std::string> args_of(const Brand& brand, const HeldEntry& held, Time now,
                                 std::optional<Time> latest) {
    std::vector<std::string> args = {held.member,
                                     std::to_string(to_ms(now)),
                                     latest ? std::to_string(to_ms(*latest)) : std::string(),
                                     held.lane,
                                     held.queue,
                                     cap_of(brand, held)};
    args.insert(args.end(), held.copies.begin(), held.copies.end());
    return args;
}

// Who releases many tells one that cannot be released from a Redis that is away.
Result<redis::Reply> answered(Result<redis::Reply> reply) {
    if (!reply || !reply->is_error()) return reply;
    return fail(ErrorCode::corrupt, "release: Redis answered " + reply->text.substr(0, 200));
}

}  // namespace

redis::Script release_script() {
    return redis::make_script("release", kScriptRelease);
}

ReleaseWords::ReleaseWords(const Brand& brand, const HeldEntry& held, Time now,
                           std::optional<Time> latest)
    : owned_keys_(keys_of(brand, held)),
      owned_args_(args_of(brand, held, now, latest)),
      keys_(owned_keys_.begin(), owned_keys_.end()),
      args_(owned_args_.begin(), owned_args_.end()) {}

Result<Released> released_of(Result<redis::Reply> answered) {
    const auto reply = checked(std::move(answered));
    if (!reply) return tl::unexpected(reply.error());
    const auto answer = text_at(*reply, 0);
    Released released;
    if (answer == "gone") return released;
    if (answer == "early") {
        released.end = Released::End::early;
    } else if (answer == "changed") {
        released.end = Released::End::changed;
    } else if (answer == "ok" && text_at(*reply, 2)) {
        released.end = Released::End::released;
        released.lane = *text_at(*reply, 1);
        released.entry = *text_at(*reply, 2);
    } else {
        return tl::unexpected(odd_reply());
    }
    return released;
}

Result<Released> release_entry(redis::Link& link, const redis::Script& script, const Brand& brand,
                               const ReleaseCall& call) {
    const std::string_view ident = ident_of(call.member);
    Released released;
    for (int i = 0; i < kReadsMax; ++i) {
        const auto read = answered(link.call(held_query(brand.name, ident)));
        if (!read) return tl::unexpected(read.error());
        auto held = held_of(ident, *read);
        // The script finds nothing either and takes the member off its timer.
        if (!held) {
            held = HeldEntry{};
            held->ident = ident;
        }
        held->member = call.member;
        held->switch_name = call.switch_name;
        const ReleaseWords words(brand, *held, call.now, call.latest);
        auto tried = released_of(answered(link.call_script(script, words.keys(), words.args())));
        if (!tried) return tried;
        released = std::move(*tried);
        released.kind = held->kind;
        if (released.end != Released::End::changed) break;
    }
    return released;
}

}  // namespace tapline
