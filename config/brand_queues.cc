// The section of a brand that says who answers: queues.
#include <vector>

#include "config/brand_file.h"

namespace tapline {

namespace {

constexpr std::size_t kReplyBytesMax = 1'600;  // what Twilio takes as one message
constexpr std::size_t kDialTargetsMax = 10;    // what Twilio dials at once

void read_respond_within(const YamlNode* node, const std::string& what, Report& report,
                         Queue& queue) {
    if (node == nullptr || node->kind != YamlNode::Kind::map) {
        queue.respond_within = read_value(node, kDuration, report);
        return;
    }
    KeyReader fields(node, what + " respond_within", report);
    queue.respond_within = read_value(fields.find("default"), kDuration, report);
    for (int i = 0; i < kChannels; ++i) {
        const auto channel = static_cast<Channel>(i);
        queue.respond_within_by_channel.at(static_cast<std::size_t>(i)) =
            read_value(fields.find(to_string(channel)), kDuration, report);
    }
    fields.done();
}

void read_dial(const YamlNode* node, const std::string& what, BrandReading& reading, Dial& dial) {
    if (node == nullptr) return;
    Report& report = reading.report;
    KeyReader fields(node, what + " dial", report);
    const YamlNode* to = fields.need("to", "add to: with the phones that ring");
    const auto items = read_items(to, "phone numbers or sip: addresses", report);
    if (items.size() > kDialTargetsMax) {
        report.error(to->where, "more than 10 phones to dial; use a ring group of your telephony");
    }
    for (const YamlNode* item : items) {
        const auto target = read_quoted(item, kDialTarget, report);
        if (!target) continue;
        if (reading.lines.all.contains(*target)) {
            report.error(item->where, "line " + shown(*target) +
                                          " is a tracked line, so the call would come back here "
                                          "in a circle; dial the department's own number");
            continue;
        }
        dial.to.push_back(*target);
    }
    dial.caller_id = read_quoted(fields.find("caller_id"), kPhone, report).value_or("");
    fields.done();
}

// Reports a {word} in the reply that nothing is filled in for.
void check_placeholders(const YamlNode& node, Report& report) {
    const std::string& text = node.text;
    std::size_t open = text.find('{');
    while (open != std::string::npos) {
        const std::size_t close = text.find('}', open);
        if (close == std::string::npos) return;
        const std::string word = text.substr(open, close - open + 1);
        if (word != "{tracking_number}" && word != "{brand}") {
            const std::string near = nearest(word, {"{tracking_number}", "{brand}"});
            report.error(node.where, "nothing is filled in for " + shown(word) +
                                         (near.empty() ? "; there is {tracking_number} and {brand}"
                                                       : "; did you mean " + shown(near) + "?"));
        }
        open = text.find('{', close);
    }
}

void read_reply(const YamlNode* node, Report& report, Queue& queue) {
    const auto reply = read_text(node, report);
    if (!reply) return;
    check_placeholders(*node, report);
    if (reply->size() > kReplyBytesMax) {
        report.error(node->where, "a reply has at most 1600 bytes; shorten it");
    }
    queue.reply = *reply;
}

void read_queue(const Entry& entry, BrandReading& reading) {
    const std::string what = "queue " + shown(entry.key);
    Queue queue;
    queue.name = entry.key;
    if (entry.value.kind != YamlNode::Kind::nothing) {
        KeyReader fields(&entry.value, what, reading.report);
        read_respond_within(fields.find("respond_within"), what, reading.report, queue);
        const YamlNode* dial = fields.find("dial");
        read_dial(dial, what, reading, queue.dial);
        if (dial != nullptr) reading.draft.places[{"dial", entry.key}] = dial->where;
        read_reply(fields.find("reply"), reading.report, queue);
        fields.done();
    }
    reading.draft.places[{"queue", entry.key}] = entry.where;
    reading.draft.brand.queues[entry.key] = std::move(queue);
}

}  // namespace

void read_queues(const YamlNode* section, BrandReading& reading) {
    for (const Entry* entry : read_named(section, "queue", reading.report)) {
        read_queue(*entry, reading);
    }
}

}  // namespace tapline
