#include "config/brand_closed.h"

#include <array>

#include "config/brand_dial.h"
#include "config/brand_words.h"

namespace tapline {

namespace {

constexpr std::array<std::string_view, 4> kClosedReplyNames = {
    "{brand}", "{opens_at}", "{respond_within}", "{tracking_number}"};

Parsed<std::string> parse_then(std::string_view written) {
    if (written == "hold" || written == "queue") return std::string(written);
    return tl::unexpected<std::string>("");
}

constexpr ValueKind<std::string> kThen = {"hold, or queue: NAME", parse_then};

ClosedOther read_other(const YamlNode& node, const std::string& what, BrandReading& reading) {
    Report& report = reading.report;
    ClosedOther closed;
    KeyReader fields(&node, what, report);
    closed.reply = read_reply(fields.find("reply"), kClosedReplyNames, report);
    const YamlNode* queue = fields.find("queue");
    closed.queue = read_reference(queue, "queue", reading.queues, report);
    const YamlNode* then = fields.find("then");
    if (then != nullptr && then->kind == YamlNode::Kind::map) {
        KeyReader inner(then, what + " then", report);
        queue = inner.need("queue", "add queue: the one that answers instead, or write then: hold");
        closed.queue = read_reference(queue, "queue", reading.queues, report);
        inner.done();
    } else if (const auto written = read_value(then, kThen, report)) {
        if (*written == "hold" && queue != nullptr) {
            report.error(then->where, what + " holds contacts and names a queue too; keep one");
        } else if (*written == "queue" && queue == nullptr) {
            report.error(then->where, what + " names no queue; write queue: NAME");
        }
    } else if (then == nullptr && queue == nullptr && fields.is_map()) {
        report.error(node.where, what +
                                     " does not say what becomes of the contact; add then: hold"
                                     ", or queue: the one that answers instead");
    }
    fields.done();
    return closed;
}

}  // namespace

Closed read_closed(const YamlNode* node, const std::string& what, BrandReading& reading) {
    Closed closed;
    if (node == nullptr) return closed;
    const std::string self = what + " closed";
    KeyReader kinds(node, self, reading.report);
    if (const YamlNode* call = kinds.find("call")) {
        read_closed_call(call, self + " call", reading, closed.call.emplace());
    }
    for (int i = 0; i < kChannels; ++i) {
        const auto channel = static_cast<Channel>(i);
        if (channel == Channel::call) continue;
        const std::string name(to_string(channel));
        if (const YamlNode* one = kinds.find(name)) {
            std::string what_closed = self;
            what_closed.append(" ").append(name);
            closed.by_channel.at(static_cast<std::size_t>(i)) =
                read_other(*one, what_closed, reading);
        }
    }
    if (const YamlNode* other = kinds.find("other")) {
        closed.other = read_other(*other, self + " other", reading);
    }
    kinds.done();
    if (kinds.is_map() && node->entries.empty()) {
        reading.report.error(node->where, self +
                                              " says nothing; write {call: {say: ..., then: "
                                              "voicemail}, other: {reply: ..., then: hold}}");
    }
    return closed;
}

}  // namespace tapline
