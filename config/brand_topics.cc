// The sections of a brand that are about many customers at once: topics and switches.
#include <utility>

#include "config/brand_file.h"
#include "config/brand_words.h"

namespace tapline {

namespace {

constexpr std::size_t kReleasePerSecondMax = 1'000;

TopicStep read_step(KeyReader& fields, BrandReading& reading) {
    TopicStep step;
    const auto customers = read_value(fields.need("customers", "add customers: how many it takes"),
                                      kCount, reading.report);
    step.customers = static_cast<int>(customers.value_or(0));
    step.to = read_reference(fields.need("to", "add to: the queue that gets the escalation"),
                             "queue", reading.queues, reading.report);
    return step;
}

void read_steps(const YamlNode& node, const std::string& what, BrandReading& reading,
                Topic& topic) {
    for (const YamlNode* item :
         read_items(&node, "a list of {customers: N, to: QUEUE}", reading.report)) {
        KeyReader fields(item, what + " step", reading.report);
        const TopicStep step = read_step(fields, reading);
        fields.done();
        const bool falls = !topic.steps.empty() && step.customers != 0 &&
                           step.customers <= topic.steps.back().customers;
        if (falls) {
            reading.report.error(item->where, what +
                                                  " has steps that do not rise; write them by "
                                                  "customers, the smallest first");
        }
        topic.steps.push_back(step);
    }
}

void read_topic(const Entry& entry, BrandReading& reading) {
    Report& report = reading.report;
    const std::string what = "topic " + shown(entry.key);
    Topic topic;
    topic.name = entry.key;
    KeyReader fields(&entry.value, what, report);
    topic.text = read_words(fields.need("text", "add text: words that tell it"), report);
    topic.within = read_value(fields.need("within", "add within: the time in which, like 2h"),
                              kDuration, report)
                       .value_or(std::chrono::hours(1));
    if (const YamlNode* steps = fields.find("steps")) {
        for (const char* key : {"customers", "to"}) {
            if (fields.find(key) == nullptr) continue;
            report.error(fields.where(key),
                         what + " has \"steps\" and " + shown(key) + "; write it in the steps");
        }
        read_steps(*steps, what, reading, topic);
    } else {
        topic.steps.push_back(read_step(fields, reading));
    }
    const YamlNode* clear =
        fields.need("clear_below", "add clear_below: the customers below which it is over");
    topic.clear_below = static_cast<int>(read_value(clear, kCount, report).value_or(0));
    fields.done();
    const int first = topic.steps.empty() ? 0 : topic.steps.front().customers;
    if (first != 0 && topic.clear_below >= first) {
        report.error(clear->where, what +
                                       " would be over before it begins; clear_below is less "
                                       "than the " +
                                       std::to_string(first) + " customers of its first step");
    }
    reading.draft.places[{"topic", entry.key}] = entry.where;
    reading.draft.brand.topics[entry.key] = std::move(topic);
}

Parsed<std::size_t> parse_rate(std::string_view written) {
    auto rate = parse_count(written);
    if (!rate || *rate <= kReleasePerSecondMax) return rate;
    return tl::unexpected<std::string>("people answer what it releases");
}

constexpr ValueKind<std::size_t> kRate = {"a whole number from 1 to 1000", parse_rate};

}  // namespace

void read_topics(const YamlNode* section, BrandReading& reading) {
    for (const Entry* entry : read_named(section, "topic", reading.report)) {
        read_topic(*entry, reading);
    }
}

void read_switches(const YamlNode* section, BrandReading& reading) {
    for (const Entry* entry : read_named(section, "switch", reading.report)) {
        Switch one;
        one.name = entry->key;
        if (entry->value.kind != YamlNode::Kind::nothing) {
            KeyReader fields(&entry->value, "switch " + shown(entry->key), reading.report);
            one.about = read_text(fields.find("about"), reading.report).value_or("");
            one.release_per_second = static_cast<int>(
                read_value(fields.find("release_per_second"), kRate, reading.report).value_or(10));
            fields.done();
        }
        reading.draft.places[{"switch", entry->key}] = entry->where;
        reading.draft.brand.switches[entry->key] = std::move(one);
    }
}

}  // namespace tapline
