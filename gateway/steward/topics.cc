#include "gateway/steward/topics.h"

#include <set>

#include "gateway/redis/keys.h"
#include "gateway/steward/made_entry.h"
#include "redis_scripts.h"
#include "routes/due.h"
#include "routes/overdue.h"

namespace tapline {

namespace {

std::string ms_text(const std::optional<Time>& time) {
    return time ? std::to_string(to_ms(*time)) : std::string();
}

std::optional<Time> due_of(const Duty& duty, const Queue& queue) {
    const auto within = respond_within(queue, {});
    if (!within) return std::nullopt;
    return due_time(duty.brand, queue, {duty.now, *within});
}

// Figures between "@" are the script's.
std::string entry_of(const Duty& duty, const Topic& topic, const std::optional<Time>& due_at) {
    MadeEntry entry;
    entry.id = "topic:" + topic.name + ":@since@:@level@";
    entry.type = "escalation.topic";
    entry.origin = "topics/" + topic.name;
    entry.route = "topic " + topic.name;
    entry.due_at = due_at;
    entry.text = "Topic " + topic.name + ": @customers@ customers, about @per_hour@ an hour";
    entry.topic = R"({"name":")" + topic.name +
                  R"(","level":@level@,"customers":@customers@,"contacts_per_hour":@per_hour@,)" +
                  R"("since":@since@})";
    return to_json(entry, duty.brand, duty.now);
}

Result<TopicFigures> watch(const Duty& duty, const Topic& topic) {
    static const redis::Script script = redis::make_script("topic", kScriptTopic);
    const std::string& brand = duty.brand.name;
    std::vector<std::string> keys = {
        redis::brand_key(brand, "topics"), redis::brand_key(brand, "topic:" + topic.name),
        redis::brand_key(brand, "feed"), redis::brand_key(brand, "due")};
    std::vector<std::string> args = {topic.name, ms_text(duty.now),
                                     std::to_string(Milliseconds(topic.within).count()),
                                     std::to_string(topic.clear_below)};
    for (const TopicStep& step : topic.steps) {
        keys.push_back(redis::queue_key(brand, step.to));
        keys.push_back(redis::about_key(brand, step.to));
        const auto queue = duty.brand.queues.find(step.to);
        if (queue == duty.brand.queues.end()) {
            return fail(ErrorCode::corrupt, "topic " + topic.name + ": no queue " + step.to);
        }
        const auto due_at = due_of(duty, queue->second);
        const auto first = next_step(duty.brand, queue->second, duty.now, due_at, {});
        args.insert(args.end(), {std::to_string(step.customers), step.to, ms_text(due_at),
                                 ms_text(first), entry_of(duty, topic, due_at)});
    }
    const auto told = run_script(duty.link, script, keys, args);
    if (!told) return tl::unexpected(told.error());
    if (told->items.size() != 3) return fail(ErrorCode::corrupt, "topic: odd answer of Redis");
    const std::string& what = told->items[2].text;
    if (!what.empty()) duty.state.metrics.topics.add(brand, what);
    return TopicFigures{told->items[0].integer, told->items[1].integer};
}

// The level of a topic that the config lost stands as long as its customers are counted, since
// another gateway may have it still and would escalate it anew.
Result<void> forget_lost(const Duty& duty) {
    const std::string& brand = duty.brand.name;
    const std::string key = redis::brand_key(brand, "topics");
    const auto names = ask(duty.link, {"HKEYS", key});
    if (!names) return tl::unexpected(names.error());
    for (const redis::Reply& name : names->items) {
        if (duty.brand.topics.contains(name.text)) continue;
        const auto counted = ask(duty.link, {"EXISTS", redis::topic_key(brand, name.text)});
        if (!counted) return tl::unexpected(counted.error());
        if (counted->integer > 0) continue;
        const auto gone = ask(duty.link, {"HDEL", key, name.text});
        if (!gone) return tl::unexpected(gone.error());
    }
    return {};
}

}  // namespace

Result<std::map<std::string, TopicFigures>> watch_topics(const Duty& duty) {
    std::map<std::string, TopicFigures> figures;
    const std::string prefix = "topic." + duty.brand.name + ".";
    std::set<std::string> names;
    for (const auto& [name, topic] : duty.brand.topics) names.insert(name);
    duty.state.alarms.clear_others(prefix, names);
    if (auto forgotten = forget_lost(duty); !forgotten) {
        return tl::unexpected(forgotten.error());
    }
    for (const auto& [name, topic] : duty.brand.topics) {
        const auto found = watch(duty, topic);
        if (!found) return tl::unexpected(found.error());
        figures[name] = *found;
        const std::string alarm = prefix + name;
        if (found->level > 0) {
            duty.state.alarms.raise(alarm,
                                    "many customers have the same concern; an entry of type "
                                    "escalation.topic says how many");
        } else {
            duty.state.alarms.clear(alarm);
        }
    }
    return figures;
}

}  // namespace tapline
