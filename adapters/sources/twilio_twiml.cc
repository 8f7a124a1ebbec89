#include "adapters/sources/twilio_twiml.h"

#include <algorithm>

#include "adapters/crypto.h"
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
constexpr std::string_view kGreeting =
    "Nobody can take your call at the moment. Please leave a message after the tone.";
// In seconds: the longest message, and the silence that ends it.
constexpr std::string_view kVoicemailLength = "180";
constexpr std::string_view kVoicemailSilence = "5";

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

std::string say(const ReplyContext& context, std::string text) {
    if (text.empty()) return {};
    text = filled(std::move(text), "{tracking_number}", context.tracking_number);
    return "<Say>" + xml_escape(filled(std::move(text), "{brand}", context.shown_name())) +
           "</Say>";
}

// ".../whisper/acme/SW5zdGFncmFtIGNhbGw": the text stands in the URL, so that the answer needs
// nothing else, and Twilio's signature covers it.
std::string whisper_url(const ReplyContext& context) {
    const std::string& text = context.decision.dial.whisper;
    if (text.empty() || !is_twilio_brand(context.brand_name)) return {};
    std::string url = callback(context, "/whisper") + '/';
    for (const char c : base64_encode(text)) {
        if (c != '=') url += c == '+' ? '-' : c == '/' ? '_' : c;
    }
    return url;
}

std::string leg(const ReplyContext& context, const std::string& to, const std::string& whisper) {
    const bool is_sip = to.starts_with("sip:") || to.starts_with("sips:");
    const std::string element = is_sip ? "Sip" : "Number";
    std::string xml = '<' + element;
    if (!whisper.empty()) xml += attribute("url", whisper);
    xml += attribute("statusCallback", callback(context, "/number")) +
           attribute("statusCallbackEvent", kLegEvents) + '>' + xml_escape(to);
    return xml + "</" + element + '>';
}

std::string dial(const ReplyContext& context) {
    const Dial& plan = context.decision.dial;
    if (plan.to.empty()) return say_nobody(context);
    const std::string caller_id = plan.caller_id.empty() ? context.event.line : plan.caller_id;
    std::string xml =
        std::string(kHead) + say(context, plan.greeting) + say(context, plan.consent) + "<Dial";
    xml += attribute("answerOnBridge", "true") +
           attribute("timeout", std::to_string(plan.ring.count()));
    const bool in_turn = plan.order == Dial::Order::in_turn && plan.to.size() > 1;
    if (in_turn) xml += attribute("sequential", "true");
    if (!plan.consent.empty()) xml += attribute("record", "record-from-answer-dual");
    if (!caller_id.empty()) xml += attribute("callerId", caller_id);
    xml += attribute("action", callback(context, "/dial")) + attribute("method", "POST") + '>';
    const std::string whisper = whisper_url(context);
    for (std::size_t i = 0; i < std::min(plan.to.size(), kDialledMax); ++i) {
        xml += leg(context, plan.to[i], whisper);
    }
    return xml + "</Dial>" + std::string(kTail);
}

std::string nobody_answered(const ReplyContext& context) {
    const Dial& plan = context.decision.dial;
    const bool silent = !plan.voicemail && plan.say.empty();
    if (silent && plan.greeting.empty()) return std::string(kEmptyTwiml);
    std::string xml = std::string(kHead) + say(context, plan.greeting);
    if (!silent) xml += say(context, plan.say.empty() ? std::string(kGreeting) : plan.say);
    if (plan.voicemail) {
        xml += "<Record" + attribute("action", callback(context, "/voicemail")) +
               attribute("method", "POST") + attribute("maxLength", kVoicemailLength) +
               attribute("timeout", kVoicemailSilence) + attribute("playBeep", "true") +
               attribute("finishOnKey", "#") + "/>";
    }
    return xml + "<Hangup/>" + std::string(kTail);
}

std::string message(const ReplyContext& context) {
    const Fields& facts = context.event.attribution;
    const bool twilio_answers =
        std::any_of(facts.begin(), facts.end(), [](const auto& f) { return f.first == "opt_out"; });
    // A user of WhatsApp may have no number.
    const bool reachable =
        !context.event.customer.phone.empty() || context.event.reply.how == "whatsapp";
    if (context.decision.reply.empty() || !reachable || twilio_answers) {
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
    const auto& step = context.event.call_step;
    // What the call's own end brings is heard by nobody.
    const bool is_heard = context.event.caller_waits;
    if (step && step->kind == CallStep::Kind::missed && is_heard) return nobody_answered(context);
    if (step) return {};
    if (context.event.channel == Channel::call) {
        const bool rings = !context.decision.closed || !context.decision.dial.to.empty();
        return rings ? dial(context) : nobody_answered(context);
    }
    return message(context);
}

std::string twilio_whisper(std::string_view text) {
    std::string xml = std::string(kHead) + "<Say>";
    xml += xml_escape(text);
    return xml + "</Say>" + std::string(kTail);
}

}  // namespace tapline
