// What becomes of a call, message or JSON event of Twilio's: items, steps, TwiML of the dial plan.
#include <doctest/doctest.h>

#include "adapters/crypto.h"
#include "adapters/sources/twilio_events.h"
#include "adapters/sources/twilio_twiml.h"
#include "adapters/time_text.h"
#include "tests/adapters/sources/twilio_request.h"

namespace tapline {
namespace {

using namespace test::twilio_forms;
using test::field;
using test::kNow;
using test::Request;
using Kind = CallStep::Kind;

const std::string kChild = "CA0000000000000000000000000000000b";
const std::string kXml = R"(<?xml version="1.0" encoding="UTF-8"?>)";

Fields dial_fields(const std::string& status, const std::string& bridged = "") {
    Fields fields = with(with(call_fields(), "DialCallSid", kChild), "DialCallStatus", status);
    if (!bridged.empty()) fields = with(fields, "DialBridged", bridged);
    return with(fields, "DialCallDuration", "73");
}

Fields leg_fields(const std::string& status) {
    Fields fields = with(with(call_fields(), "ParentCallSid", kCall), "CallSid", kChild);
    fields = with(with(fields, "To", "+14045550110"), "Direction", "outbound-dial");
    return with(with(with(fields, "CallStatus", status), "CallDuration", "70"), "SequenceNumber",
                "2");
}

std::string reply(const Event& event, const Decision& decision) {
    return twilio().reply(
        {event, decision, "7K3-M9Q-2X4", "acme", "https://h.example/hooks/t", "Acme & Sons"});
}

TEST_CASE("twilio calls: each callback is one step of the call that came in") {
    struct Row {
        std::string rest;
        Fields fields;
        Kind kind;
        int talk;  // -1: none
        bool missed;
    };
    const Row rows[] = {
        {"/number/acme", leg_fields("initiated"), Kind::other, -1, false},
        {"/number/acme", leg_fields("ringing"), Kind::ringing, -1, false},
        {"/number/acme", leg_fields("in-progress"), Kind::answered, -1, false},
        {"/number/acme", leg_fields("completed"), Kind::answered, 70, false},
        {"/number/acme", with(leg_fields("completed"), "CallDuration", "-1"), Kind::answered, -1,
         false},
        {"/number/acme", leg_fields("busy"), Kind::leg_missed, -1, false},
        {"/number/acme", leg_fields("canceled"), Kind::leg_missed, -1, false},
        {"/dial/acme", dial_fields("completed"), Kind::ended, 73, false},
        {"/dial/acme", dial_fields("answered", "true"), Kind::ended, 73, false},
        {"/dial/acme", dial_fields("completed", "false"), Kind::missed, -1, true},
        {"/dial/acme", dial_fields("no-answer", "false"), Kind::missed, -1, true},
        {"/dial/acme", dial_fields("busy"), Kind::missed, -1, true},
        {"/dial/acme", dial_fields("failed"), Kind::missed, -1, true},
        {"/dial/acme", dial_fields("canceled"), Kind::missed, -1, true},
        {"/dial/acme", dial_fields("something new"), Kind::other, -1, false},
        {"/status", with(call_fields(), "CallStatus", "completed"), Kind::missed, -1, true},
        {"/status", with(call_fields(), "CallStatus", "no-answer"), Kind::missed, -1, true},
        {"", with(call_fields(), "CallStatus", "canceled"), Kind::missed, -1, true},
        {"/status",
         with(with(call_fields(), "CallStatus", "no-answer"), "Direction", "outbound-api"),
         Kind::other, -1, false},
        {"/status",
         with(with(call_fields(), "CallStatus", "completed"), "Direction", "outbound-dial"),
         Kind::other, -1, false},
    };
    for (const Row& row : rows) {
        CAPTURE(row.rest);
        CAPTURE(encode_form(row.fields));
        const Request request = signed_request(row.fields, row.rest);
        REQUIRE(verified(request));
        const auto events = events_of(request);
        CHECK(events.size() == (row.missed ? 2 : 1));
        const Event& fact = events.back();
        CHECK(fact.kind == EventKind::recorded);
        REQUIRE(fact.call_step);
        CHECK(fact.call_step->call == kCall);
        CHECK(fact.call_step->kind == row.kind);
        CHECK(fact.call_step->talk.value_or(std::chrono::seconds(-1)).count() == row.talk);
        if (!row.missed) continue;
        const Event& contact = events.front();
        CHECK(contact.kind == EventKind::contact);
        CHECK(contact.type == "call.missed");
        CHECK(contact.channel == Channel::call);
        CHECK(contact.event_id == kCall + ":missed");
        CHECK(contact.line == "+18005550100");
        CHECK(contact.reply.to == "+14045550199");
        CHECK(contact.call_step->kind == Kind::missed);
        CHECK(contact.caller_waits == row.rest.starts_with("/dial"));
    }
    // The end of the dialled call is the verdict over all legs, the status alone is not.
    for (const char* status : {"completed", "no-answer", "busy"}) {
        CAPTURE(status);
        CHECK(event_of(signed_request(dial_fields(status, "false"), "/dial"))
                  .call_step->never_bridged);
    }
    for (const char* status : {"no-answer", "completed"}) {
        CAPTURE(status);
        CHECK_FALSE(event_of(signed_request(with(call_fields(), "CallStatus", status), "/status"))
                        .call_step->never_bridged);
    }
}

TEST_CASE("twilio calls: a voicemail is a contact with the recording's URL, once a call") {
    const std::string url = "https://api.twilio.example/Recordings/RE1";
    Fields left = with(with(call_fields(), "RecordingUrl", url), "RecordingDuration", "12");
    left = with(left, "RecordingSid", "RE1");
    const auto events = events_of(signed_request(left, "/voicemail/acme"));
    REQUIRE(events.size() == 2);
    CHECK(events[0].kind == EventKind::contact);
    CHECK(events[0].type == "call.missed");
    CHECK(events[0].event_id == kCall + ":voicemail");
    CHECK(events[0].brand == "acme");
    REQUIRE(events[0].attachments.size() == 1);
    CHECK(events[0].attachments[0].type == "voicemail");
    CHECK(events[0].attachments[0].url == url);
    CHECK(field(events[0], "voicemail.duration_s") == "12");
    CHECK_FALSE(events[0].caller_waits);  // 503 rather than a recording that nobody knows of
    CHECK(events[1].type == "call.voicemail");
    CHECK(events[1].call_step->kind == Kind::voicemail);
    CHECK(reply(events[0], Decision{}).empty());
    for (const char* bad : {"", "http://plain.example/RE1", "javascript:alert(1)"}) {
        CAPTURE(bad);
        CHECK(events_of(signed_request(with(left, "RecordingUrl", bad), "/voicemail")).size() == 1);
    }
}

TEST_CASE("twilio calls: the plan says who rings, how long, in what order, and after what") {
    const Event call = event_of(signed_request(call_fields()));
    Decision decision;
    decision.dial.to = {"+14045550110", "sip:sales@pbx.acme.example"};
    decision.dial.order = Dial::Order::at_once;
    decision.dial.ring = std::chrono::seconds(35);
    decision.dial.whisper = "Instagram call, spring & <sun>?~";
    decision.dial.consent = "{brand} records <this>.";
    const std::string xml = reply(call, decision);
    CHECK(
        xml.starts_with(kXml + "<Response><Say>Acme &amp; Sons records &lt;this&gt;.</Say><Dial"));
    CHECK(xml.find(R"(timeout="35" record="record-from-answer-dual" callerId)") !=
          std::string::npos);
    CHECK(xml.find("sequential") == std::string::npos);
    // What stands in the URL comes back as what is said.
    const std::string begin = R"(<Number url="https://h.example/hooks/t)";
    const std::size_t at = xml.find(begin);
    REQUIRE(at != std::string::npos);
    const std::string rest =
        xml.substr(at + begin.size(), xml.find('"', at + begin.size()) - at - begin.size());
    CHECK(rest.starts_with("/whisper/acme/"));
    CHECK(xml.find("<Sip url=\"https://h.example/hooks/t" + rest) != std::string::npos);
    Request asked = signed_request(leg_fields("in-progress"), rest);
    REQUIRE(verified(asked));
    CHECK(events_of(asked).empty());
    const auto said = twilio().acknowledge(asked.view(), secrets());
    REQUIRE(said);
    CHECK(said->status == 200);
    CHECK(said->body ==
          kXml + "<Response><Say>Instagram call, spring &amp; &lt;sun&gt;?~</Say></Response>");
    // Another text under the same signature is another URL.
    asked.rest = "/whisper/acme/SGFuZyB1cA";
    CHECK_FALSE(verified(asked));
}

TEST_CASE("twilio calls: a whisper's URL is of one shape") {
    CHECK(parse_twilio_url("/whisper/acme/SGk")->whisper == "Hi");
    for (const char* rest :
         {"/whisper", "/whisper/", "/whisper/acme", "/whisper/acme/", "/whisper//SGk",
          "/whisper/Acme/SGk", "/whisper/acme/SGk=", "/whisper/acme/SGk/x", "/whisper/acme/S",
          "/whisper/acme/S+k", "/whisper/acme/__8"}) {
        CAPTURE(rest);
        CHECK_FALSE(parse_twilio_url(rest));
        CHECK_FALSE(verified(signed_request(leg_fields("in-progress"), rest)));
    }
    CHECK_FALSE(parse_twilio_url("/whisper/acme/" + std::string(1025, 'A')));
    Request request = signed_request(call_fields());
    CHECK_FALSE(twilio().acknowledge(request.view(), secrets()));
}

TEST_CASE("twilio calls: whom nobody answers is told so, and may leave a message") {
    const Event missed = events_of(signed_request(dial_fields("no-answer"), "/dial/acme")).front();
    Decision decision;
    CHECK(reply(missed, decision) == kXml + "<Response/>");
    decision.dial.say = "{brand} is closed.";
    CHECK(reply(missed, decision) ==
          kXml + "<Response><Say>Acme &amp; Sons is closed.</Say><Hangup/></Response>");
    decision.dial.voicemail = true;
    const std::string record =
        R"(<Record action="https://h.example/hooks/t/voicemail/acme" method="POST" )"
        R"(maxLength="180" timeout="5" playBeep="true" finishOnKey="#"/><Hangup/></Response>)";
    CHECK(reply(missed, decision) ==
          kXml + "<Response><Say>Acme &amp; Sons is closed.</Say>" + record);
    // Nobody hears what a status callback is answered.
    const Event over =
        events_of(signed_request(with(call_fields(), "CallStatus", "completed"), "/status"))
            .front();
    CHECK(reply(over, decision).empty());
    decision.dial.say.clear();
    CHECK(reply(missed, decision) ==
          kXml +
              "<Response><Say>Nobody can take your call at the moment. Please leave a message "
              "after the tone.</Say>" +
              record);
}

TEST_CASE("twilio calls: outside the hours nothing rings, and the message is said") {
    const Event call = events_of(signed_request(call_fields())).front();
    Decision decision;
    decision.closed = true;
    decision.dial.say = "We open at 08:00 & {brand} calls back.";
    CHECK(reply(call, decision) == kXml +
                                       "<Response><Say>We open at 08:00 &amp; Acme &amp; Sons "
                                       "calls back.</Say><Hangup/></Response>");
    decision.dial.voicemail = true;
    const std::string machine = reply(call, decision);
    CHECK(machine.find("<Dial") == std::string::npos);
    CHECK(machine.find("<Record action=\"https://h.example/hooks/t/voicemail/acme\"") !=
          std::string::npos);
}

TEST_CASE("twilio messages: STOP and START are facts, HELP and everything else a contact") {
    struct Row {
        std::string type;
        std::string body;
        std::optional<OptOut> expected;
    };
    const Row rows[] = {{"STOP", "CANCEL", OptOut::stop},  {"START", "yes", OptOut::start},
                        {"HELP", "HELP", std::nullopt},    {"", "STOP", OptOut::stop},
                        {"", " Stop. ", OptOut::stop},     {"", "Opt out", OptOut::stop},
                        {"", "unsubscribe", OptOut::stop}, {"", "START", OptOut::start},
                        {"", "UNSTOP!", OptOut::start},    {"", "cancel", std::nullopt},
                        {"", "end", std::nullopt},         {"", "YES", std::nullopt},
                        {"", "quit", std::nullopt},        {"", "stop by at five?", std::nullopt},
                        {"", "HELP", std::nullopt},        {"NEW", "STOP", std::nullopt}};
    for (const Row& row : rows) {
        CAPTURE(row.type);
        CAPTURE(row.body);
        Fields fields = with(message_fields(), "Body", row.body);
        if (!row.type.empty()) fields = with(fields, "OptOutType", row.type);
        const Event event = event_of(signed_request(fields));
        CHECK(event.opt_out == row.expected);
        CHECK(event.kind == (row.expected ? EventKind::recorded : EventKind::contact));
        CHECK(event.customer.phone == "+14045550199");
    }
    // Twilio refused a message because its recipient had opted out.
    Fields refused = with(without(message_fields(), "SmsStatus"), "MessageStatus", "undelivered");
    refused = with(with(with(refused, "ErrorCode", "21610"), "To", "+14045550199"), "From",
                   "+18005550101");
    const Event status = event_of(signed_request(refused, "/status"));
    CHECK(status.opt_out == OptOut::stop);
    CHECK(status.customer.phone == "+14045550199");
    CHECK(status.line == "+18005550101");
    CHECK_FALSE(event_of(signed_request(with(refused, "ErrorCode", "30003"), "/status")).opt_out);
}

TEST_CASE("twilio messages: a status is of the line that wrote, and of no other brand's") {
    const std::pair<std::string, std::string> rows[] = {{"+18005550101", "+18005550101"},
                                                        {"whatsapp:+18005550102", "+18005550102"},
                                                        {"messenger:123", ""},
                                                        {"22000", ""},
                                                        {"ACME", ""}};
    const Fields sent = with(without(message_fields(), "SmsStatus"), "MessageStatus", "sent");
    for (const auto& [from, line] : rows) {
        CAPTURE(from);
        const Event event = event_of(
            signed_request(with(with(sent, "From", from), "To", "+14045550199"), "/status"));
        CHECK(event.line == line);
        CHECK(event.customer.phone.empty());
        CHECK_FALSE(event.for_every_brand);
    }
}

TEST_CASE("twilio messages: WhatsApp is a direct message with its ad, its button and its place") {
    Fields fields =
        with(with(message_fields(), "From", "whatsapp:US.1234"), "To", "whatsapp:+18005550102");
    fields = with(with(fields, "ExternalUserId", "whatsapp:US.1234"), "ProfileName", "Ann");
    fields = with(with(with(fields, "Body", ""), "ButtonText", "Call me"), "ButtonPayload", "cb-1");
    fields = with(with(fields, "ReferralCtwaClid", "ARAk"), "ReferralSourceId", "120210");
    fields = with(with(with(fields, "Latitude", "48.2"), "Longitude", "16.37"), "Label", "Shop");
    const Event event = event_of(signed_request(fields));
    CHECK(event.kind == EventKind::contact);
    CHECK(event.channel == Channel::dm);
    CHECK(event.platform == "whatsapp");
    CHECK(event.line == "+18005550102");
    CHECK(event.customer.phone.empty());
    CHECK(event.customer.platform_id == "whatsapp:US.1234");
    CHECK(event.customer.name == "Ann");
    CHECK(event.text == "Call me");
    CHECK(field(event, "ctwa_clid") == "ARAk");
    CHECK(field(event, "referral.ad_id") == "120210");
    CHECK(field(event, "whatsapp.button") == "cb-1");
    REQUIRE(event.attachments.size() == 1);
    CHECK(event.attachments[0].type == "location");
    CHECK(event.attachments[0].url == "geo:48.2,16.37");
    REQUIRE(event.reply_before);
    CHECK(*event.reply_before - kNow == std::chrono::hours(24));
    Decision decision;
    decision.reply = "Hello";
    CHECK(reply(event, decision).find("<Message>Hello</Message>") != std::string::npos);
    CHECK_FALSE(event_of(signed_request(message_fields())).reply_before);
}

Request json_request(const std::string& body, const std::string& rest = "") {
    Request request;
    request.rest = rest;
    request.body = body;
    request.query = "bodySHA256=" + sha256_hex(body);
    request.headers = {{"content-type", "application/json"},
                       {"x-twilio-signature", twilio_signature(kToken, request.url(), {})}};
    return request;
}

const std::string kJson =
    R"([{"specversion":"1.0","type":"com.twilio.messaging.inbound-message.received","id":"EZ1",)"
    R"("data":{"messageSid":"SM00000000000000000000000000000001","accountSid":)"
    R"("AC00000000000000000000000000000001","from":"+14045550199","to":"+18005550101",)"
    R"("body":"Is it in stock?","numMedia":0,"recipients":["+18005550101"]}},)"
    R"({"type":"com.twilio.messaging.message.delivered","data":{"messageSid":)"
    R"("SM00000000000000000000000000000002","accountSid":"AC00000000000000000000000000000001",)"
    R"("from":"+18005550101","to":"+14045550199","messageStatus":"DELIVERED"}},)"
    R"({"type":"com.twilio.voice.insights.call-summary.complete","data":{}},)"
    R"({"type":"com.twilio.messaging.inbound-message.received","data":{"messageSid":"SM1"}}])";

TEST_CASE("twilio json: a message is the same event as the one that comes as a form") {
    const Request request = json_request(kJson);
    const auto accepted = verified(request);
    REQUIRE(accepted);
    CHECK(accepted->replay_key.size() == 40);
    const auto items = twilio().parse(request.view(), secrets(), kNow);
    REQUIRE(items);
    REQUIRE(items->size() == 4);
    const Event message = *(*items)[0].event;
    const Event form = event_of(signed_request(message_fields()));
    CHECK(message.event_id == form.event_id);
    CHECK(message.type == "contact.text");
    CHECK(message.text == form.text);
    CHECK(message.line == form.line);
    CHECK(message.customer.phone == form.customer.phone);
    CHECK((*items)[1].event->event_id == "SM00000000000000000000000000000002:status:delivered:");
    CHECK((*items)[2].ignored == "event type");
    CHECK_FALSE((*items)[3].event);
    CHECK((*items)[3].ignored.empty());
    CHECK_FALSE((*items)[3].caller_waits);
    CHECK((*items)[3].raw.find("\"SM1\"") != std::string::npos);
}

TEST_CASE("twilio: who has no phone number is answered where the message or call came from") {
    struct Row {
        std::string from;
        std::string to;    // of the reply
        std::string kept;  // as twilio.from
    };
    const Row rows[] = {{"+14045550199", "+14045550199", ""},
                        {"22000", "22000", "22000"},
                        {"rcs:+14045550199", "rcs:+14045550199", "rcs:+14045550199"},
                        {"messenger:123", "messenger:123", "messenger:123"},
                        {"sip:alice@pbx.example", "sip:alice@pbx.example", "sip:alice@pbx.example"},
                        {"client:bob", "client:bob", "client:bob"},
                        {"whatsapp:+14045550199", "whatsapp:+14045550199", ""},
                        {"anonymous", "", ""},
                        {"+266696687", "", ""},
                        {"", "", ""}};
    for (const Row& row : rows) {
        CAPTURE(row.from);
        const Fields missed = with(call_fields(), "DialCallStatus", "no-answer");
        for (const Event& event :
             {event_of(signed_request(with(message_fields(), "From", row.from))),
              event_of(signed_request(with(call_fields(), "From", row.from))),
              events_of(signed_request(with(missed, "From", row.from), "/dial")).front()}) {
            CAPTURE(event.type);
            CHECK(event.reply.to == row.to);
            CHECK(field(event, "twilio.from") == row.kept);
        }
    }
}

// A sink that could not deliver comes again hours later.
TEST_CASE("twilio json: an event is of the time that it tells, and so is the reply window") {
    struct Row {
        std::string in_data;
        std::string beside;
        std::string time;
    };
    const Row rows[] = {
        {R"(,"timestamp":"2025-08-21T09:28:02Z")", "", "2025-08-21T09:28:02.000Z"},
        {"", R"(,"time":"2025-08-21T09:28:02.250+00:00")", "2025-08-21T09:28:02.250Z"},
        {R"(,"timestamp":"2025-08-21T09:28:02Z")", R"(,"time":"2025-08-21T10:00:00Z")",
         "2025-08-21T09:28:02.000Z"},
        {R"(,"timestamp":"soon")", "", to_rfc3339(kNow)},
        {"", "", to_rfc3339(kNow)}};
    for (const Row& row : rows) {
        CAPTURE(row.in_data);
        CAPTURE(row.beside);
        const Event event = event_of(json_request(
            R"({"type":"com.twilio.messaging.inbound-message.received","data":{"messageSid":")" +
            kMessage + R"(","accountSid":")" + kAccount +
            R"(","from":"whatsapp:+14045550199","to":"whatsapp:+18005550102","body":"Hi")" +
            row.in_data + "}" + row.beside + "}"));
        CHECK(to_rfc3339(event.occurred_at) == row.time);
        REQUIRE(event.reply_before);
        CHECK(*event.reply_before - event.occurred_at == std::chrono::hours(24));
    }
}

TEST_CASE("twilio json: signs what is JSON as Event Streams does") {
    Sample sample;
    sample.url = test::kBase + "/hooks/acme";
    sample.body = "\n" + kJson;
    const SignedRequest made = twilio().sign(sample, secrets());
    Request request;
    request.body = made.body;
    request.query = made.url.substr(made.url.find('?') + 1);
    for (const auto& [name, value] : made.headers) {
        request.headers.emplace_back(test::lower(name), value);
    }
    CHECK(made.body == sample.body);
    CHECK(verified(request));
}

TEST_CASE("twilio json: the digest in the URL is that of the body, and nothing beside it") {
    const Request good = json_request(kJson);
    Request changed = good;
    changed.body.back() = ' ';
    CHECK_FALSE(verified(changed));
    for (const std::string& query :
         {std::string(), "bodySHA256=" + sha256_hex("other"), good.query + "&a=b",
          "a=b&" + good.query, std::string("bodySHA256="), good.query.substr(0, 74)}) {
        CAPTURE(query);
        Request request = good;
        request.query = query;
        // Signed for that URL, as somebody who knows the token would.
        request.headers[1].second = twilio_signature(kToken, request.url(), {});
        CHECK_FALSE(verified(request));
    }
    Request unsigned_digest = good;
    unsigned_digest.body = "[]";
    unsigned_digest.query = "bodySHA256=" + sha256_hex("[]");
    CHECK_FALSE(verified(unsigned_digest));
    CHECK_FALSE(verified(json_request(kJson, "/status")));
    SourceSecrets pinned = secrets();
    pinned.account = "AC00000000000000000000000000000002";
    CHECK_FALSE(verified(good, pinned));
    for (const char* odd : {"", "{", "7", "[7]", "[[]]", "{\"type\":7}", "null",
                            R"({"type":"a","type":"com.twilio.messaging.message.sent"})",
                            R"({"type":"com.twilio.messaging.message.sent","data":[]})"}) {
        CAPTURE(odd);
        const Request request = json_request(odd);
        CHECK(verified(request));
        const auto items = twilio().parse(request.view(), secrets(), kNow);
        for (std::size_t i = 0; items && i < items->size(); ++i) CHECK_FALSE((*items)[i].event);
    }
}

TEST_CASE("twilio: the idempotency token is kept and decides nothing") {
    Request first = signed_request(message_fields());
    Request second = first;
    first.headers.emplace_back("i-twilio-idempotency-token", "one");
    second.headers.emplace_back("i-twilio-idempotency-token", "two");
    CHECK(verified(first)->replay_key == verified(second)->replay_key);
    CHECK(event_of(first).event_id == event_of(second).event_id);
    CHECK(field(event_of(first), "twilio.token") == "one");
    second.headers.back().second = std::string(129, 'x');
    CHECK(field(event_of(second), "twilio.token").empty());
}

}  // namespace
}  // namespace tapline
