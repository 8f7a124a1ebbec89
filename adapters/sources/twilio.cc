// Twilio voice and SMS: calls and messages to tracked lines, and what became of the calls.
//
// https://www.twilio.com/docs/voice/twiml and
// https://www.twilio.com/docs/messaging/guides/webhook-request Secrets: the primary auth token of
// the account that owns the numbers; `account` pins its SID.
//
// URLs of a connection: /hooks/{connection} for incoming calls and messages ("A call comes in", "A
// message comes in"), /status for status callbacks, /dial/{brand} for the end of a dialled call,
// /number/{brand} for each leg that was dialled, /voicemail/{brand} for what a caller left, and
// /whisper/{brand}/{text} for what a department hears before the caller. These are named in the
// TwiML that `reply` makes; without the brand the first three serve a connection of one brand. None
// carries a query; but JSON (Event Streams) comes to the connection's own URL with bodySHA256.
//
// What Twilio has signed is never refused for its content, since a call or message that is answered
// 401 is lost: a form that is not as Twilio writes them, or one with a query, is an item that
// cannot be used and is kept aside with its bytes. Only the pinned account is a reason to refuse.
//
// One call is one contact, one message is one contact. The MAC is their replay key as well, for
// incoming calls too: no menu here posts the same form twice to one URL and means two things, so a
// call request that repeats byte for byte is that call again and gets the same TwiML.
//
// I-Twilio-Idempotency-Token, which Twilio recommends for this, is not covered by the signature: a
// captured request could be sent again under any number of tokens, and a token that somebody has
// seen could make a later request of Twilio's look like a repetition. Each form that is believed
// has the id of its call or message and its MAC, both signed, and they are equal on a repetition;
// so the token decides nothing, and stands in the entry for those who look for a delivery.
#include <string>
#include <vector>

#include "adapters/crypto.h"
#include "adapters/form.h"
#include "adapters/sources/table.h"
#include "adapters/sources/twilio_events.h"
#include "adapters/sources/twilio_form.h"
#include "adapters/sources/twilio_items.h"
#include "adapters/sources/twilio_twiml.h"
#include "adapters/utf8.h"

namespace tapline {
namespace {

constexpr std::string_view kHeader = "x-twilio-signature";
constexpr std::string_view kFormType = "application/x-www-form-urlencoded";
constexpr std::string_view kJsonType = "application/json";
constexpr std::string_view kTokenHeader = "i-twilio-idempotency-token";
constexpr std::size_t kTokenBytesMax = 128;
constexpr std::string_view kTwimlType = "text/xml; charset=utf-8";

// What the signature covers behind the URL, and which account it is.
struct Signed {
    std::string glued;
    bool other_account = false;
};

Result<Signed> signed_form(const SourceRequest& request, const SourceSecrets& secrets) {
    const auto form = parse_twilio_form(request);
    if (!form) return tl::unexpected(form.error());
    return Signed{twilio_glue(form->fields), is_other_account(*form, secrets.account)};
}

// Of JSON the signature covers the URL alone, and the URL the body.
Result<Signed> signed_json(const SourceRequest& request, const SourceSecrets& secrets) {
    if (!request.rest.empty()) {
        return fail(ErrorCode::bad_request, "JSON comes to the connection's own URL");
    }
    if (!holds_body_sha256(request.query, request.body)) {
        return fail(ErrorCode::unauthorized, "bodySHA256 is not the digest of the body");
    }
    const auto events = parse_twilio_events(request.body);
    Signed covered;
    for (std::size_t i = 0; events && i < events->size(); ++i) {
        const auto& form = (*events)[i].form;
        if (form && is_other_account(*form, secrets.account)) covered.other_account = true;
    }
    return covered;
}

Result<Verified> verify(const SourceRequest& request, const SourceSecrets& secrets, Time /*now*/) {
    if (request.method != "POST") {
        return fail(ErrorCode::bad_request, "set the webhook's method to HTTP POST");
    }
    const std::string type = media_type(request.header("content-type"));
    if (type != kFormType && type != kJsonType) {
        return fail(ErrorCode::bad_request, "the body must be " + std::string(kFormType));
    }
    const auto mac = base64_decode(request.header(kHeader));
    if (request.header_count(kHeader) != 1 || !mac || mac->size() != 20) {
        return fail(ErrorCode::unauthorized, "signature refused");
    }
    const auto covered =
        type == kJsonType ? signed_json(request, secrets) : signed_form(request, secrets);
    if (!covered) return tl::unexpected(covered.error());

    std::string url = request.public_base + std::string(request.path);
    if (!request.query.empty()) url += '?' + std::string(request.query);
    const std::vector<std::string> spellings = twilio_url_spellings(url);
    std::size_t match = 0;
    for (std::size_t i = 0; i < secrets.secrets.size(); ++i) {
        for (const std::string& spelling : spellings) {
            const bool same =
                equal_constant_time(hmac_sha1(secrets.secrets[i], spelling + covered->glued), *mac);
            if (same && !secrets.secrets[i].empty() && match == 0) match = i + 1;
        }
    }
    if (match == 0) return fail(ErrorCode::unauthorized, "signature refused");
    if (covered->other_account) {
        return fail(ErrorCode::unauthorized,
                    "signed, but AccountSid is not the connection's account");
    }
    return Verified{"signature", to_hex(*mac), std::to_string(match)};
}

ParsedItem unusable(const TwilioForm& form, const std::string& fault, std::string raw) {
    const bool rings = form.url == TwilioUrl::incoming && !form["CallSid"].empty();
    const bool was_dialled = form.url == TwilioUrl::dial;
    return {tl::unexpected("signed by Twilio, but " + fault), std::move(raw), rings || was_dialled,
            was_dialled ? EventKind::recorded : EventKind::contact};
}

Result<std::vector<ParsedItem>> parse_json(const SourceRequest& request,
                                           const SourceSecrets& secrets, Time now) {
    auto events = parse_twilio_events(request.body);
    if (!events) return tl::unexpected(events.error());
    std::vector<ParsedItem> items;
    for (TwilioJsonEvent& event : *events) {
        if (event.other_type) {
            items.push_back(ignored_item("event type"));
            continue;
        }
        auto fault = event.form ? twilio_form_fault(*event.form) : event.form.error();
        if (!fault && !(*event.form)["CallSid"].empty()) fault = "it is a call, and no message";
        if (fault) {
            items.push_back(unusable({}, *fault, std::move(event.raw)));
            continue;
        }
        for (ParsedItem& item : twilio_items(*event.form, secrets, now)) {
            item.raw = event.raw;
            items.push_back(std::move(item));
        }
    }
    return items;
}

Result<std::vector<ParsedItem>> parse(const SourceRequest& request, const SourceSecrets& secrets,
                                      Time now) {
    if (media_type(request.header("content-type")) == kJsonType) {
        return parse_json(request, secrets, now);
    }
    const auto form = parse_twilio_form(request);
    if (!form) return tl::unexpected(form.error());
    std::vector<ParsedItem> items;
    // Answered, and nothing more: see `acknowledge`.
    if (form->url == TwilioUrl::whisper) return items;
    auto fault = twilio_form_fault(*form);
    if (!request.query.empty()) fault = "the URL has a query, and none of ours has";
    if (fault) {
        items.push_back(unusable(*form, *fault, {}));
        return items;
    }
    items = twilio_items(*form, secrets, now);
    const std::string_view token = request.header(kTokenHeader);
    for (ParsedItem& item : items) {
        if (token.empty() || token.size() > kTokenBytesMax) break;
        item.event->attribution.emplace_back("twilio.token", to_valid_utf8(token));
    }
    return items;
}

std::optional<Answer> acknowledge(const SourceRequest& request, const SourceSecrets&) {
    const auto url = parse_twilio_url(request.rest);
    if (!url || url->url != TwilioUrl::whisper) return std::nullopt;
    return Answer{200, std::string(kTwimlType), twilio_whisper(url->whisper)};
}

// A form never begins so.
bool looks_like_json(std::string_view body) {
    const std::size_t first = body.find_first_not_of(" \t\r\n");
    return first != std::string_view::npos && (body[first] == '[' || body[first] == '{');
}

SignedRequest sign_json(const Sample& sample, const std::string& secret) {
    SignedRequest request;
    request.url = sample.url + "?bodySHA256=" + sha256_hex(sample.body);
    request.body = sample.body;
    request.headers = {{"Content-Type", std::string(kJsonType)},
                       {"X-Twilio-Signature", twilio_signature(secret, request.url, {})}};
    return request;
}

SignedRequest sign(const Sample& sample, const SourceSecrets& secrets) {
    const std::string secret = secrets.secrets.empty() ? "" : secrets.secrets.front();
    if (looks_like_json(sample.body)) return sign_json(sample, secret);
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
    request.headers = {
        {"Content-Type", std::string(kFormType)},
        {"X-Twilio-Signature", twilio_signature(secret, sample.url, fields ? *fields : Fields{})}};
    return request;
}

}  // namespace

Source twilio_source() {
    Source source{"twilio",
                  "Twilio calls, SMS and WhatsApp messages",
                  nullptr,
                  verify,
                  parse,
                  twilio_reply,
                  {200, std::string(kTwimlType), std::string(kEmptyTwiml)},
                  sign,
                  kCallFallbackTwiml};
    source.proof.covers_url = true;
    source.acknowledge = acknowledge;
    return source;
}

}  // namespace tapline
