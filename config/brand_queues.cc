// The section of a brand that says who answers: queues.
#include <array>

#include "config/brand_dial.h"

namespace tapline {

namespace {

constexpr std::size_t kReplyBytesMax = 1'600;  // what Twilio takes as one message

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
    queue.respond_within_missed_call = read_value(fields.find("missed_call"), kDuration, report);
    fields.done();
}

void read_reply(const YamlNode* node, Report& report, Queue& queue) {
    const auto reply = read_text(node, report);
    if (!reply) return;
    constexpr std::array<std::string_view, 2> kNames = {"{tracking_number}", "{brand}"};
    check_placeholders(*node, kNames, report);
    if (reply->size() > kReplyBytesMax) {
        report.error(node->where, "a reply has at most 1600 bytes; shorten it");
    }
    queue.reply = *reply;
}

// The name of the hours, and what a caller hears outside them: one is nothing without the other.
void read_closed(KeyReader& fields, const std::string& what, BrandReading& reading, Queue& queue) {
    Report& report = reading.report;
    const YamlNode* hours = fields.find("hours");
    const YamlNode* closed = fields.find("closed");
    queue.hours = read_reference(hours, "hours", reading.hours, report);
    if (closed == nullptr) {
        if (hours != nullptr) {
            report.error(hours->where,
                         what +
                             " has hours, and nothing says what a caller hears outside them; "
                             "add closed: {call: {say: \"We open at {opens_at}.\"}}");
        }
        return;
    }
    if (hours == nullptr) {
        report.error(closed->where, what + " has \"closed\" and no \"hours\"; add hours: NAME");
    }
    KeyReader kinds(closed, what + " closed", report);
    const YamlNode* call = kinds.need("call", "add call: {say: ..., then: voicemail}");
    kinds.done();
    if (call != nullptr)
        read_closed_call(call, what + " closed call", report, queue.closed.call.emplace());
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
        read_closed(fields, what, reading, queue);
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
