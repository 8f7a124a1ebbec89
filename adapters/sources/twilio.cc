// Twilio voice and SMS: calls and messages to tracked lines, and what became of the calls.
//
// https://www.twilio.com/docs/voice/twiml and
// https://www.twilio.com/docs/messaging/guides/webhook-request Secrets: the primary auth token of
// the account that owns the numbers; `account` pins its SID.
//
// URLs of a connection: /hooks/{connection} for incoming calls and messages ("A call comes in", "A
// message comes in"), /status for status callbacks, /dial/{brand} for the end of a dialled call,
// /number/{brand} for each leg that was dialled. The last two are named in the TwiML that `reply`
// makes; without the brand they serve a connection of one brand. None carries a query.
//
// What Twilio has signed is never refused for its content, since a call or message that is answered
// 401 is lost: a form that is not as Twilio writes them, or one with a query, is an item that
// cannot be used and is kept aside with its bytes. Only the pinned account is a reason to refuse.
//
// One call is one contact, one message is one contact. The MAC is their replay key as well, for
// incoming calls too: no menu here posts the same form twice to one URL and means two things, so a
// call request that repeats byte for byte is that call again and gets the same TwiML.
#include <array>
#include <charconv>
#include <string>
#include <vector>

#include "adapters/crypto.h"
#include "adapters/form.h"
#include "adapters/phone.h"
#include "adapters/sources/table.h"
#include "adapters/sources/twilio_form.h"
#include "adapters/sources/twilio_twiml.h"
#include "adapters/timestamp.h"
#include "adapters/utf8.h"

namespace tapline {
namespace {

constexpr std::string_view kHeader = "x-twilio-signature";
constexpr std::string_view kFormType = "application/x-www-form-urlencoded";
constexpr std::string_view kWhatsapp = "whatsapp:";
constexpr int kMediaMax = 10;

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

constexpr std::array<Renamed, 13> kProgressFields = {{{"CallStatus", "call.status"},
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
                                                      {"MessageStatus", "message.status"},
                                                      {"ErrorCode", "twilio.error"}}};

template <std::size_t N>
void keep(const TwilioForm& form, const std::array<Renamed, N>& names, Event& event) {
    for (const auto& [parameter, field] : names) {
        const std::string_view value = form[parameter];
        if (!value.empty()) event.attribution.emplace_back(field, to_valid_utf8(value));
    }
}

// "+266696687" is ANONYMOUS on a phone's keys, and so on for RESTRICTED, BLOCKED, UNKNOWN,
// UNAVAILABLE: withheld numbers as some carriers pass them.
bool is_withheld(std::string_view from) {
    constexpr std::array<std::string_view, 5> kSpelled = {"+266696687", "+7378742833", "+2562533",
                                                          "+8656696", "+86282452253"};
    return std::find(kSpelled.begin(), kSpelled.end(), from) != kSpelled.end();
}

bool is_final(std::string_view call_status) {
    constexpr std::array<std::string_view, 5> kFinal = {"completed", "busy", "failed", "no-answer",
                                                        "canceled"};
    return std::find(kFinal.begin(), kFinal.end(), call_status) != kFinal.end();
}

Event event_of(const TwilioForm& form, const SourceSecrets& secrets, Time now) {
    Event event;
    event.provider = "twilio";
    event.connection = secrets.connection;
    event.auth = "signature";
    event.occurred_at = time_from_rfc2822(form["Timestamp"]).value_or(now);
    const std::string_view from = form["From"];
    if (is_e164(from) && !is_withheld(from)) {
        event.customer.phone = from;
    } else if (from.find(':') != std::string_view::npos) {
        event.customer.platform_id = to_valid_utf8(from);
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
    event.reply = {"call", std::string(form["To"]), event.customer.phone};
    event.attribution.emplace_back("call.sid", event.event_id);
    keep(form, kCallerFields, event);
    return event;
}

// "whatsapp:+14045550199": a direct message between two numbers.
// https://www.twilio.com/docs/whatsapp/api#whatsapp-messages
void read_whatsapp(const TwilioForm& form, Event& event) {
    const auto number = [](std::string_view party) {
        party.remove_prefix(std::min(kWhatsapp.size(), party.size()));
        return is_e164(party) ? std::string(party) : std::string();
    };
    event.type = "contact.dm";
    event.channel = Channel::dm;
    event.line = number(form["To"]);
    event.customer.phone = number(form["From"]);
    event.reply = {"whatsapp", std::string(form["To"]), std::string(form["From"])};
}

Event incoming_message(const TwilioForm& form, const SourceSecrets& secrets, Time now) {
    Event event = event_of(form, secrets, now);
    event.type = "contact.text";
    event.channel = Channel::text;
    event.event_id = form["MessageSid"];
    event.text = to_valid_utf8(form["Body"]);
    event.reply = {"sms", std::string(form["To"]), event.customer.phone};
    if (form["From"].starts_with(kWhatsapp)) read_whatsapp(form, event);
    for (int i = 0; i < kMediaMax; ++i) {
        const std::string index = std::to_string(i);
        const std::string_view url = form["MediaUrl" + index];
        if (url.empty()) break;
        event.attachments.push_back(
            {to_valid_utf8(form["MediaContentType" + index]), to_valid_utf8(url), "", 0});
    }
    keep(form, kCallerFields, event);
    return event;
}

// "call.sid" is the incoming call's, so that the fact finds the journey that the call founded.
Event progress(const TwilioForm& form, const SourceSecrets& secrets, Time now) {
    Event event = event_of(form, secrets, now);
    event.kind = EventKind::recorded;
    const std::string call(form["CallSid"]);
    const std::string parent(form["ParentCallSid"]);
    const std::string step =
        std::string(form["SequenceNumber"]) + ':' + std::string(form["CallStatus"]);
    event.channel = call.empty() ? Channel::text : Channel::call;
    if (call.empty()) {
        const std::string message(form["MessageSid"]);
        event.type = "message.status";
        event.event_id = message + ":status:" + std::string(form["MessageStatus"]) + ':' +
                         std::string(form["ErrorCode"]);
        event.attribution.emplace_back("message.sid", message);
    } else if (form.url == TwilioUrl::dial) {
        event.type = "call.dial";
        event.caller_waits = true;  // for what comes after the dialled call
        event.event_id = call + ":dial:" + std::string(form["DialCallSid"]) + ':' +
                         std::string(form["DialCallStatus"]);
        event.attribution.emplace_back("call.sid", call);
    } else if (form.url == TwilioUrl::number || !parent.empty()) {
        event.type = "call.leg";
        event.event_id = call + ":leg:" + step;
        event.attribution.emplace_back("call.sid", parent);
        event.attribution.emplace_back("leg.sid", call);
    } else {
        event.type = "call.status";
        event.event_id = call + ":status:" + step;
        event.attribution.emplace_back("call.sid", call);
    }
    // The dialled department and the customer who is written to are no tracked lines.
    if (event.type == "call.leg" || event.type == "message.status") {
        if (!event.line.empty()) event.attribution.emplace_back("twilio.to", event.line);
        event.line.clear();
    }
    event.event_id.resize(std::min<std::size_t>(event.event_id.size(), 512));
    keep(form, kProgressFields, event);
    return event;
}

Result<Verified> verify(const SourceRequest& request, const SourceSecrets& secrets, Time /*now*/) {
    if (request.method != "POST") {
        return fail(ErrorCode::bad_request, "set the webhook's method to HTTP POST");
    }
    if (media_type(request.header("content-type")) != kFormType) {
        return fail(ErrorCode::bad_request, "the body must be " + std::string(kFormType));
    }
    const auto mac = base64_decode(request.header(kHeader));
    if (request.header_count(kHeader) != 1 || !mac || mac->size() != 20) {
        return fail(ErrorCode::unauthorized, "signature refused");
    }
    const auto form = parse_twilio_form(request);
    if (!form) return tl::unexpected(form.error());

    std::string url = request.public_base + std::string(request.path);
    if (!request.query.empty()) url += '?' + std::string(request.query);
    const std::string glued = twilio_glue(form->fields);
    const std::vector<std::string> spellings = twilio_url_spellings(url);
    std::size_t match = 0;
    for (std::size_t i = 0; i < secrets.secrets.size(); ++i) {
        for (const std::string& spelling : spellings) {
            const bool same =
                equal_constant_time(hmac_sha1(secrets.secrets[i], spelling + glued), *mac);
            if (same && !secrets.secrets[i].empty() && match == 0) match = i + 1;
        }
    }
    if (match == 0) return fail(ErrorCode::unauthorized, "signature refused");
    if (is_other_account(*form, secrets.account)) {
        return fail(ErrorCode::unauthorized,
                    "signed, but AccountSid is not the connection's account");
    }
    return Verified{"signature", to_hex(*mac), std::to_string(match)};
}

Result<std::vector<ParsedItem>> parse(const SourceRequest& request, const SourceSecrets& secrets,
                                      Time now) {
    const auto form = parse_twilio_form(request);
    if (!form) return tl::unexpected(form.error());
    auto fault = twilio_form_fault(*form);
    if (!request.query.empty()) fault = "the URL has a query, and none of ours has";
    std::vector<ParsedItem> items;
    if (fault) {
        const bool rings = form->url == TwilioUrl::incoming && !(*form)["CallSid"].empty();
        const bool was_dialled = form->url == TwilioUrl::dial;
        items.push_back({tl::unexpected("signed by Twilio, but " + *fault),
                         {},
                         rings || was_dialled,
                         was_dialled ? EventKind::recorded : EventKind::contact});
        return items;
    }
    const bool is_message = !(*form)["MessageSid"].empty();
    const std::string_view message_status = (*form)["MessageStatus"];
    const std::string_view direction = (*form)["Direction"];
    // One URL may serve as status callback too, as many set it up.
    const bool is_progress = form->url != TwilioUrl::incoming ||
                             (is_message ? !message_status.empty() && message_status != "received"
                                         : is_final((*form)["CallStatus"]) ||
                                               (!direction.empty() && direction != "inbound"));
    Event event = is_progress  ? progress(*form, secrets, now)
                  : is_message ? incoming_message(*form, secrets, now)
                               : incoming_call(*form, secrets, now);
    const bool waits = event.caller_waits;
    const EventKind kind = event.kind;
    items.push_back({std::move(event), {}, waits, kind});
    return items;
}

SignedRequest sign(const Sample& sample, const SourceSecrets& secrets) {
    SignedRequest request;
    request.url = sample.url;
    request.body = sample.body;
    if (request.body.empty()) {
        const bool is_call = sample.text.empty();
        const std::string account =
            secrets.account.empty() ? "AC" + std::string(32, '0') : secrets.account;
        const std::string id =
            !sample.id.empty() ? sample.id : (is_call ? "CA" : "SM") + sample.random;
        const std::string from = sample.from.empty()
                                     ? "+1404555" + ("01" + sample_digits(sample.random, 2))
                                     : sample.from;
        Fields fields = {{"AccountSid", account}, {"ApiVersion", "2010-04-01"}};
        if (is_call) {
            fields.insert(fields.end(),
                          {{"CallSid", id}, {"CallStatus", "ringing"}, {"Direction", "inbound"}});
        } else {
            fields.insert(fields.end(), {{"MessageSid", id},
                                         {"SmsStatus", "received"},
                                         {"NumMedia", "0"},
                                         {"Body", sample.text}});
        }
        fields.emplace_back("From", from);
        fields.emplace_back("To", sample.to.empty() ? "+18005550100" : sample.to);
        request.body = encode_form(fields);
    }
    const auto fields = parse_form(request.body);
    const std::string secret = secrets.secrets.empty() ? "" : secrets.secrets.front();
    request.headers = {
        {"Content-Type", std::string(kFormType)},
        {"X-Twilio-Signature", twilio_signature(secret, sample.url, fields ? *fields : Fields{})}};
    return request;
}

}  // namespace

Source twilio_source() {
    Source source{"twilio",
                  "Twilio calls and SMS to tracked lines",
                  nullptr,
                  verify,
                  parse,
                  twilio_reply,
                  {200, "text/xml; charset=utf-8", std::string(kEmptyTwiml)},
                  sign,
                  kCallFallbackTwiml};
    source.signs_url = true;
    return source;
}

}  // namespace tapline
