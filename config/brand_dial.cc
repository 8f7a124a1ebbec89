#include "config/brand_dial.h"

#include <algorithm>
#include <array>
#include <vector>

namespace tapline {

namespace {

constexpr std::size_t kDialTargetsMax = 10;  // what Twilio dials at once
constexpr std::size_t kSpokenBytesMax = 500;
constexpr std::size_t kWhisperBytesMax = 200;  // it stands in a URL
constexpr std::array<std::string_view, 1> kSpokenNames = {"{brand}"};
constexpr std::array<std::string_view, 2> kClosedNames = {"{brand}", "{opens_at}"};
constexpr std::array<std::string_view, 4> kWhisperNames = {"{source}", "{campaign}", "{profile}",
                                                           "{button}"};

Parsed<Dial::Order> parse_order(std::string_view written) {
    if (written == "in_turn") return Dial::Order::in_turn;
    if (written == "at_once") return Dial::Order::at_once;
    return tl::unexpected<std::string>("");
}

// What Twilio's timeout may be, as far as a caller bears it.
Parsed<std::chrono::seconds> parse_ring(std::string_view written) {
    auto ring = parse_duration(written);
    if (!ring) return ring;
    if (*ring < std::chrono::seconds(5) || *ring > std::chrono::minutes(2)) {
        return tl::unexpected<std::string>("a caller hears it ring so long");
    }
    return ring;
}

// Whether there is a voicemail.
Parsed<bool> parse_no_answer(std::string_view written) {
    if (written == "voicemail") return true;
    if (written == "hangup") return false;
    return tl::unexpected<std::string>("");
}

// What follows what a caller hears outside the hours.
Parsed<ClosedCall::Then> parse_closed_then(std::string_view written) {
    if (written == "voicemail") return ClosedCall::Then::voicemail;
    if (written == "hangup") return ClosedCall::Then::hangup;
    if (written == "callback") return ClosedCall::Then::callback;
    if (written == "dial") return ClosedCall::Then::dial;
    return tl::unexpected<std::string>(
        written == "hold" ? "nobody can be held on the line till the department opens" : "");
}

constexpr ValueKind<Dial::Order> kOrder = {"in_turn or at_once", parse_order};
constexpr ValueKind<std::chrono::seconds> kRing = {"a duration from 5s to 2m", parse_ring};
constexpr ValueKind<bool> kThen = {"voicemail or hangup", parse_no_answer};
constexpr ValueKind<ClosedCall::Then> kClosedThen = {"voicemail, hangup, callback or dial",
                                                     parse_closed_then};
constexpr ValueKind<bool> kNoAnswer = {"voicemail, hangup, or a map of \"say\" and \"then\"",
                                       parse_no_answer};

std::string quoted_list(std::span<const std::string_view> names) {
    std::string list;
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (i > 0) list += i + 1 == names.size() ? " and " : ", ";
        list += names[i];
    }
    return list;
}

// A text that is read to somebody; "" where there is none.
std::string read_spoken(const YamlNode* node, std::span<const std::string_view> names,
                        std::size_t bytes_max, Report& report) {
    const auto text = read_text(node, report);
    if (!text) return "";
    check_placeholders(*node, names, report);
    if (text->size() > bytes_max) {
        report.error(node->where, "what is said has at most " + std::to_string(bytes_max) +
                                      " bytes; shorten it");
    }
    return *text;
}

std::vector<std::string> read_targets(const YamlNode* to, BrandReading& reading) {
    Report& report = reading.report;
    std::vector<std::string> targets;
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
        targets.push_back(*target);
    }
    return targets;
}

void read_no_answer(const YamlNode* node, const std::string& what, Report& report, Dial& dial) {
    if (node == nullptr || node->kind != YamlNode::Kind::map) {
        dial.voicemail = read_value(node, kNoAnswer, report).value_or(false);
        return;
    }
    KeyReader fields(node, what + " no_answer", report);
    const YamlNode* say = fields.need("say", "add say: with what the caller hears");
    dial.say = read_spoken(say, kSpokenNames, kSpokenBytesMax, report);
    dial.voicemail = read_value(fields.find("then"), kThen, report).value_or(false);
    fields.done();
}

void read_record(const YamlNode* node, const std::string& what, Report& report, Dial& dial) {
    if (node == nullptr || node->kind == YamlNode::Kind::refused) return;
    if (node->kind != YamlNode::Kind::map) {
        report_shape(*node, "a map with the text that asks for consent",
                     "write {consent: \"This call is recorded.\"}, or leave it out", report);
        return;
    }
    KeyReader fields(node, what + " record", report);
    const YamlNode* consent =
        fields.need("consent", "add consent: with what the caller hears before the phone rings");
    dial.consent = read_spoken(consent, kSpokenNames, kSpokenBytesMax, report);
    fields.done();
}

}  // namespace

void check_placeholders(const YamlNode& node, std::span<const std::string_view> names,
                        Report& report) {
    const std::string& text = node.text;
    std::size_t open = text.find('{');
    while (open != std::string::npos) {
        const std::size_t close = text.find('}', open);
        if (close == std::string::npos) return;
        const std::string word = text.substr(open, close - open + 1);
        if (std::find(names.begin(), names.end(), word) == names.end()) {
            const std::string near =
                nearest(word, std::vector<std::string>(names.begin(), names.end()));
            report.error(node.where, "nothing is filled in for " + shown(word) +
                                         (near.empty() ? "; there is " + quoted_list(names)
                                                       : "; did you mean " + shown(near) + "?"));
        }
        open = text.find('{', close);
    }
}

void read_dial(const YamlNode* node, const std::string& what, BrandReading& reading, Dial& dial) {
    if (node == nullptr) return;
    Report& report = reading.report;
    const std::string self = what + " dial";
    KeyReader fields(node, self, report);
    dial.to = read_targets(fields.need("to", "add to: with the phones that ring"), reading);
    dial.caller_id = read_quoted(fields.find("caller_id"), kPhone, report).value_or("");
    dial.order = read_value(fields.find("order"), kOrder, report).value_or(dial.order);
    dial.ring = read_value(fields.find("ring"), kRing, report).value_or(dial.ring);
    dial.whisper = read_spoken(fields.find("whisper"), kWhisperNames, kWhisperBytesMax, report);
    read_no_answer(fields.find("no_answer"), self, report, dial);
    read_record(fields.find("record"), self, report, dial);
    fields.done();
}

void read_closed_call(const YamlNode* node, const std::string& what, BrandReading& reading,
                      ClosedCall& closed) {
    Report& report = reading.report;
    KeyReader fields(node, what, report);
    const YamlNode* say = fields.need("say", "add say: with what the caller hears");
    closed.say = read_spoken(say, kClosedNames, kSpokenBytesMax, report);
    const YamlNode* then = fields.find("then");
    closed.then = read_value(then, kClosedThen, report).value_or(ClosedCall::Then::hangup);
    const YamlNode* dial = fields.find("dial");
    closed.dial_to = read_targets(dial, reading);
    fields.done();
    const bool rings = closed.then == ClosedCall::Then::dial;
    if (rings && dial == nullptr) {
        report.error(then->where, what + " has no phones to dial; add dial: [\"+...\"]");
    }
    if (!rings && dial != nullptr) {
        report.error(fields.where("dial"), what +
                                               " has phones that nobody dials; add then: dial, "
                                               "or remove them");
    }
}

}  // namespace tapline
