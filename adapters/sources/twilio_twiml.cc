#include "adapters/sources/twilio_twiml.h"

#include <algorithm>

#include "adapters/sources/twilio_form.h"
#include "adapters/utf8.h"
#include "adapters/xml.h"

namespace tapline {
namespace {

constexpr std::string_view kHead = R"(<?xml version="1.0" encoding="UTF-8"?><Response>)";
constexpr std::string_view kTail = "</Response>";
constexpr std::string_view kLegEvents = "initiated ringing answered completed";
constexpr std::size_t kDialledMax = 10;
constexpr std::size_t kMessageCharactersMax = 1600;

std::string attribute(std::string_view name, std::string_view value) {
    return ' ' + std::string(name) + "=\"" + xml_escape(value) + '"';
}

std::string filled(std::string text, std::string_view name, std::string_view value) {
    std::size_t at = text.find(name);
    while (at != std::string::npos) {
        text.replace(at, name.size(), value);
        at = text.find(name, at + value.size());
    }
    return text;
}

// The prefix of at most `most` characters (not bytes).
std::string_view characters_prefix(std::string_view text, std::size_t most) {
    std::size_t count = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool begins = (static_cast<unsigned char>(text[i]) & 0xC0) != 0x80;
        if (begins && ++count > most) return text.substr(0, i);
    }
    return text;
}

std::string say_nobody(const ReplyContext& context) {
    return std::string(kHead) + "<Say>Thank you for calling " + xml_escape(context.shown_name()) +
           ". We cannot connect your call at the moment. Please try again later.</Say><Hangup/>" +
           std::string(kTail);
}

// "https://hooks.acme.example/hooks/acme-tel/dial/acme"
std::string callback(const ReplyContext& context, std::string_view step) {
    std::string url = context.connection_url;
    url += step;
    if (is_twilio_brand(context.brand_name)) url += '/' + context.brand_name;
    return url;
}

std::string dial(const ReplyContext& context) {
    const Dial& plan = context.decision.dial;
    if (plan.to.empty()) return say_nobody(context);
    const std::string caller_id = plan.caller_id.empty() ? context.event.line : plan.caller_id;
    std::string xml = std::string(kHead) + "<Dial";
    xml += attribute("answerOnBridge", "true") + attribute("timeout", "20");
    if (plan.to.size() > 1) xml += attribute("sequential", "true");
    if (!caller_id.empty()) xml += attribute("callerId", caller_id);
    xml += attribute("action", callback(context, "/dial")) + attribute("method", "POST") + '>';
    for (std::size_t i = 0; i < std::min(plan.to.size(), kDialledMax); ++i) {
        const std::string& to = plan.to[i];
        const bool is_sip = to.starts_with("sip:") || to.starts_with("sips:");
        const std::string_view element = is_sip ? "Sip" : "Number";
        xml += '<';
        xml += element;
        xml += attribute("statusCallback", callback(context, "/number")) +
               attribute("statusCallbackEvent", kLegEvents) + '>' + xml_escape(to) + "</";
        xml += element;
        xml += '>';
    }
    return xml + "</Dial>" + std::string(kTail);
}

std::string message(const ReplyContext& context) {
    const Fields& facts = context.event.attribution;
    const bool twilio_answers =
        std::any_of(facts.begin(), facts.end(), [](const auto& f) { return f.first == "opt_out"; });
    if (context.decision.reply.empty() || context.event.customer.phone.empty() || twilio_answers) {
        return std::string(kEmptyTwiml);
    }
    std::string text = filled(context.decision.reply, "{brand}", context.shown_name());
    text = filled(std::move(text), "{tracking_number}", context.tracking_number);
    return std::string(kHead) + "<Message>" +
           xml_escape(characters_prefix(text, kMessageCharactersMax)) + "</Message>" +
           std::string(kTail);
}

}  // namespace

std::string twilio_reply(const ReplyContext& context) {
    if (context.event.kind != EventKind::contact) return {};
    if (context.event.channel == Channel::call) return dial(context);
    return message(context);
}

}  // namespace tapline
