#include "adapters/sources/twilio_items.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "adapters/phone.h"
#include "adapters/sources/twilio_whatsapp.h"
#include "adapters/timestamp.h"
#include "adapters/utf8.h"

namespace tapline {
namespace {

constexpr int kMediaMax = 10;
constexpr std::size_t kIdBytesMax = 512;
// https://www.twilio.com/docs/api/errors/21610: the recipient has opted out.
constexpr std::string_view kRecipientOptedOut = "21610";

struct Renamed {
    std::string_view parameter;
    std::string_view field;
};

constexpr std::array<Renamed, 11> kCallerFields = {{{"CallStatus", "call.status"},
                                                    {"Direction", "call.direction"},
                                                    {"ForwardedFrom", "call.forwarded_from"},
                                                    {"StirVerstat", "call.stir"},
                                                    {"FromCity", "caller.city"},
                                                    {"FromState", "caller.state"},
                                                    {"FromZip", "caller.zip"},
                                                    {"FromCountry", "caller.country"},
                                                    {"OptOutType", "opt_out"},
                                                    {"ErrorCode", "twilio.error"},
                                                    {"MessagingServiceSid", "message.service"}}};

constexpr std::array<Renamed, 14> kProgressFields = {{{"CallStatus", "call.status"},
                                                      {"CallDuration", "call.duration_s"},
                                                      {"SequenceNumber", "call.sequence"},
                                                      {"SipResponseCode", "call.sip_response"},
                                                      {"AnsweredBy", "call.answered_by"},
                                                      {"Direction", "call.direction"},
                                                      {"DialCallSid", "dial.sid"},
                                                      {"DialCallStatus", "dial.status"},
                                                      {"DialCallDuration", "dial.duration_s"},
                                                      {"DialBridged", "dial.bridged"},
                                                      {"RecordingUrl", "dial.recording"},
                                                      {"RecordingDuration", "voicemail.duration_s"},
                                                      {"MessageStatus", "message.status"},
                                                      {"ErrorCode", "twilio.error"}}};

template <std::size_t N>
void keep(const TwilioForm& form, const std::array<Renamed, N>& names, Event& event) {
    for (const auto& [parameter, field] : names) {
        const std::string_view value = form[parameter];
        if (!value.empty()) event.attribution.emplace_back(field, to_valid_utf8(value));
    }
}

std::string lower(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return out;
}

// "+266696687" is ANONYMOUS on a phone's keys, and so on for RESTRICTED, BLOCKED, UNKNOWN,
// UNAVAILABLE: withheld numbers as some carriers pass them. Behind a PBX the word stands in a URI:
// "sip:anonymous@anonymous.invalid" (RFC 3261, 8.1.1.3).
bool is_withheld(std::string_view from) {
    constexpr std::array<std::string_view, 5> kSpelled = {"+266696687", "+7378742833", "+2562533",
                                                          "+8656696", "+86282452253"};
    constexpr std::array<std::string_view, 7> kWords = {
        "anonymous", "restricted", "blocked", "unknown", "unavailable", "private", "withheld"};
    if (std::find(kSpelled.begin(), kSpelled.end(), from) != kSpelled.end()) return true;
    const std::string party = lower(from);
    std::string_view word = party;
    word.remove_prefix(word.find(':') + 1);  // none: npos + 1 is 0
    const std::size_t at = word.find('@');
    const std::string_view host = at == std::string_view::npos ? "" : word.substr(at + 1);
    word = word.substr(0, at);
    while (!word.empty() && (word.front() == '+' || word.front() == '"')) word.remove_prefix(1);
    return word.empty() || host.starts_with("anonymous.invalid") ||
           std::find(kWords.begin(), kWords.end(), word) != kWords.end();
}

bool is_lost(std::string_view status) {
    constexpr std::array<std::string_view, 4> kLost = {"busy", "failed", "no-answer", "canceled"};
    return std::find(kLost.begin(), kLost.end(), status) != kLost.end();
}

bool is_final(std::string_view call_status) {
    return call_status == "completed" || is_lost(call_status);
}

std::optional<std::chrono::seconds> seconds_of(std::string_view text) {
    std::int64_t seconds = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    const bool whole = error == std::errc() && end == text.data() + text.size();
    if (!whole || seconds < 0 || seconds > 1'000'000'000) return std::nullopt;
    return std::chrono::seconds(seconds);
}

// "+18005550102" of "whatsapp:+18005550102" as of itself; "" of what is no phone number.
std::string phone_of(std::string_view party) {
    constexpr std::string_view kWhatsapp = "whatsapp:";
    if (party.starts_with(kWhatsapp)) party.remove_prefix(kWhatsapp.size());
    return is_e164(party) ? std::string(party) : std::string();
}

// Where an answer goes: the phone, else the short code, RCS or SIP address that wrote or called.
std::string sender_of(const TwilioForm& form) {
    const std::string_view from = form["From"];
    return is_withheld(from) ? std::string() : to_valid_utf8(from);
}

// RFC 2822 in forms, ISO 8601 in JSON. An incoming form has none: it comes when it happens.
Time time_of(const TwilioForm& form, Time now) {
    const std::string_view written = form["Timestamp"];
    if (const auto time = time_from_rfc2822(written)) return *time;
    return time_from_text(written).value_or(now);
}

Event event_of(const TwilioForm& form, const SourceSecrets& secrets, Time now) {
    Event event;
    event.provider = "twilio";
    event.connection = secrets.connection;
    event.auth = "signature";
    event.occurred_at = time_of(form, now);
    const std::string_view from = form["From"];
    if (!is_withheld(from)) {
        if (is_e164(from)) {
            event.customer.phone = from;
        } else if (from.find(':') != std::string_view::npos) {
            event.customer.platform_id = to_valid_utf8(from);
        }
        if (phone_of(from).empty()) {
            event.attribution.emplace_back("twilio.from", to_valid_utf8(from));
        }
    }
    event.brand = form.brand;
    // Short codes, sip: and client: addresses are no lines that a brand declares.
    const std::string_view to = form["To"];
    if (is_e164(to)) {
        event.line = to;
    } else if (!to.empty()) {
        event.attribution.emplace_back("twilio.to", to_valid_utf8(to));
    }
    return event;
}

Event incoming_call(const TwilioForm& form, const SourceSecrets& secrets, Time now) {
    Event event = event_of(form, secrets, now);
    event.type = "contact.call";
    event.channel = Channel::call;
    event.event_id = form["CallSid"];
    event.customer.name = to_valid_utf8(form["CallerName"]);
    event.caller_waits = true;
    event.reply = {"call", std::string(form["To"]), sender_of(form)};
    event.attribution.emplace_back("call.sid", event.event_id);
    keep(form, kCallerFields, event);
    return event;
}

// What Twilio says that it took the message for, else the words of its default list that nobody
// writes for another reason: a customer's CANCEL, END, QUIT or YES may be an answer.
// https://www.twilio.com/docs/messaging/tutorials/advanced-opt-out
std::optional<OptOut> opt_out_of(const TwilioForm& form) {
    const std::string_view type = form["OptOutType"];
    if (type == "STOP") return OptOut::stop;
    if (type == "START") return OptOut::start;
    if (!type.empty() || !form["MediaUrl0"].empty()) return std::nullopt;
    std::string word = lower(form["Body"]);
    std::erase_if(word, [](char c) { return c == ' ' || c == '.' || c == '!' || c == '\n'; });
    constexpr std::array<std::string_view, 5> kStop = {"stop", "stopall", "unsubscribe", "optout",
                                                       "revoke"};
    if (std::find(kStop.begin(), kStop.end(), word) != kStop.end()) return OptOut::stop;
    if (word == "start" || word == "unstop") return OptOut::start;
    return std::nullopt;
}

Event incoming_message(const TwilioForm& form, const SourceSecrets& secrets, Time now) {
    Event event = event_of(form, secrets, now);
    event.type = "contact.text";
    event.channel = Channel::text;
    event.event_id = form["MessageSid"];
    event.text = to_valid_utf8(form["Body"]);
    event.reply = {"sms", std::string(form["To"]), sender_of(form)};
    if (is_whatsapp(form)) read_whatsapp(form, event);
    for (int i = 0; i < kMediaMax; ++i) {
        const std::string index = std::to_string(i);
        const std::string_view url = form["MediaUrl" + index];
        if (url.empty()) break;
        event.attachments.push_back(
            {to_valid_utf8(form["MediaContentType" + index]), to_valid_utf8(url), "", 0});
    }
    event.opt_out = opt_out_of(form);
    if (event.opt_out) {
        event.kind = EventKind::recorded;
        event.type = *event.opt_out == OptOut::stop ? "opt_out" : "opt_in";
    }
    keep(form, kCallerFields, event);
    return event;
}

Event message_status(const TwilioForm& form, const SourceSecrets& secrets, Time now) {
    Event event = event_of(form, secrets, now);
    const std::string message(form["MessageSid"]);
    const std::string_view error = form["ErrorCode"];
    event.kind = EventKind::recorded;
    event.channel = form["To"].starts_with("whatsapp:") ? Channel::dm : Channel::text;
    event.type = "message.status";
    event.event_id = message + ":status:" + std::string(form["MessageStatus"]) + ':';
    event.event_id += error;
    event.attribution.emplace_back("message.sid", message);
    // The customer is who was written to, and the brand is whose line wrote.
    event.customer = {};
    if (error == kRecipientOptedOut && !event.line.empty()) {
        event.customer.phone = event.line;
        event.opt_out = OptOut::stop;
    }
    event.line = phone_of(form["From"]);
    keep(form, kProgressFields, event);
    return event;
}

// What a leg says of the call.
CallStep leg_step(const TwilioForm& form) {
    const std::string_view status = form["CallStatus"];
    CallStep step;
    step.call = form["ParentCallSid"];
    if (status == "ringing") step.kind = CallStep::Kind::ringing;
    if (status == "in-progress") step.kind = CallStep::Kind::answered;
    if (is_lost(status)) step.kind = CallStep::Kind::leg_missed;
    // Of several legs one that was picked up need not be the one that the caller spoke to.
    if (status == "completed") {
        step.kind = CallStep::Kind::answered;
        step.talk = seconds_of(form["CallDuration"]);
    }
    return step;
}

CallStep dial_step(const TwilioForm& form) {
    const std::string_view status = form["DialCallStatus"];
    CallStep step;
    step.call = form["CallSid"];
    const bool is_over = status == "completed" || status == "answered";
    // The verdict over all legs: whoever picked up one of them did not speak to the caller.
    step.never_bridged = is_lost(status) || (is_over && lower(form["DialBridged"]) == "false");
    if (step.never_bridged) {
        step.kind = CallStep::Kind::missed;
    } else if (is_over) {
        step.kind = CallStep::Kind::ended;
        step.talk = seconds_of(form["DialCallDuration"]);
    }
    return step;
}

CallStep status_step(const TwilioForm& form) {
    CallStep step;
    step.call = form["CallSid"];
    // Of a call that the brand made, the customer is who missed it.
    const bool is_outbound = form["Direction"].starts_with("outbound");
    // A greeting or a voicemail connects a call that nobody took: then it ends as "completed".
    if (is_final(form["CallStatus"]) && !is_outbound) step.kind = CallStep::Kind::missed;
    return step;
}

// "call.sid" is the incoming call's.
Event call_progress(const TwilioForm& form, const SourceSecrets& secrets, Time now) {
    Event event = event_of(form, secrets, now);
    event.kind = EventKind::recorded;
    event.channel = Channel::call;
    const std::string call(form["CallSid"]);
    std::string step(form["SequenceNumber"]);
    step.append(":").append(form["CallStatus"]);
    if (form.url == TwilioUrl::voicemail) {
        event.type = "call.voicemail";
        event.event_id = call + ":voicemail:" + std::string(form["RecordingSid"]);
        event.call_step = CallStep{call, CallStep::Kind::voicemail, {}, false};
    } else if (form.url == TwilioUrl::dial) {
        event.type = "call.dial";
        event.event_id = call + ":dial:" + std::string(form["DialCallSid"]) + ':' +
                         std::string(form["DialCallStatus"]);
        event.call_step = dial_step(form);
    } else if (form.url == TwilioUrl::number || !form["ParentCallSid"].empty()) {
        event.type = "call.leg";
        event.event_id = call + ":leg:" + step;
        event.call_step = leg_step(form);
        // The dialled department is no tracked line.
        if (!event.line.empty()) event.attribution.emplace_back("twilio.to", event.line);
        event.line.clear();
    } else {
        event.type = "call.status";
        event.event_id = call + ":status:" + step;
        event.call_step = status_step(form);
    }
    event.event_id.resize(std::min(event.event_id.size(), kIdBytesMax));
    event.attribution.emplace_back("call.sid", event.call_step->call);
    if (event.type == "call.leg") event.attribution.emplace_back("leg.sid", call);
    keep(form, kProgressFields, event);
    return event;
}

// The contact that a call becomes when nobody talked: the caller wanted something, and still does.
Event missed_call(const TwilioForm& form, const Event& progress) {
    Event event = progress;
    event.kind = EventKind::contact;
    event.type = "call.missed";
    const bool has_message = event.call_step->kind == CallStep::Kind::voicemail;
    event.event_id = event.call_step->call + (has_message ? ":voicemail" : ":missed");
    event.reply = {"call", std::string(form["To"]), sender_of(form)};
    // What comes after the dialled call is the caller's voicemail, or the end.
    event.caller_waits = form.url == TwilioUrl::dial;
    if (has_message) {
        event.attachments.push_back({"voicemail", to_valid_utf8(form["RecordingUrl"]), "", 0});
    }
    return event;
}

}  // namespace

std::vector<ParsedItem> twilio_items(const TwilioForm& form, const SourceSecrets& secrets,
                                     Time now) {
    const bool is_message = !form["MessageSid"].empty();
    const std::string_view message_status_name = form["MessageStatus"];
    const std::string_view direction = form["Direction"];
    // One URL may serve as status callback too, as many set it up.
    const bool is_progress =
        form.url != TwilioUrl::incoming ||
        (is_message
             ? !message_status_name.empty() && message_status_name != "received"
             : is_final(form["CallStatus"]) || (!direction.empty() && direction != "inbound"));
    std::vector<ParsedItem> items;
    const auto add = [&](Event event) {
        const bool waits = event.caller_waits;
        const EventKind kind = event.kind;
        items.push_back({std::move(event), {}, waits, kind});
    };
    if (!is_progress) {
        add(is_message ? incoming_message(form, secrets, now) : incoming_call(form, secrets, now));
        return items;
    }
    if (is_message) {
        add(message_status(form, secrets, now));
        return items;
    }
    Event progress = call_progress(form, secrets, now);
    const CallStep::Kind step = progress.call_step->kind;
    const bool left_message =
        step == CallStep::Kind::voicemail && form["RecordingUrl"].starts_with("https://");
    const bool is_contact = step == CallStep::Kind::missed || left_message;
    // For what comes after the dialled call; a contact says more than nothing.
    progress.caller_waits = form.url == TwilioUrl::dial && !is_contact;
    if (is_contact) add(missed_call(form, progress));
    add(std::move(progress));
    return items;
}

}  // namespace tapline
