#include <doctest/doctest.h>

#include "adapters/crypto.h"
#include "adapters/form.h"
#include "adapters/sources/registry.h"
#include "adapters/sources/twilio_form.h"
#include "tests/adapters/sources/twilio_request.h"

namespace tapline {
namespace {

using namespace test::twilio_forms;
using test::field;
using test::kNow;
using test::Request;

TEST_CASE("twilio: the five mutations that keep the signature are kept aside, no contacts") {
    const Fields original = message_fields();
    const Request honest = signed_request(original);
    REQUIRE(verified(honest));
    const std::string signature = honest.headers[1].second;
    const std::string glued = twilio_glue(original);

    Fields renamed = without(original, "MessageSid");
    renamed.emplace_back("MessageSidS", kMessage.substr(1));
    const Fields swallowed_by_from =
        with(without(without(original, "MessageSid"), "FromCity"), "From",
             "+14045550199FromCityATLANTAMessageSid" + kMessage);
    const Fields to_swallowed =
        with(without(without(without(original, "To"), "NumMedia"), "SmsStatus"), "MessageSid",
             kMessage + "NumMedia0SmsStatusreceivedTo+18005550101");
    Fields doubled = original;
    doubled.emplace_back("Body", "Is it in stock?");
    struct Row {
        std::string what;
        Fields fields;
    };
    const Row rows[] = {{"MessageSid renamed", renamed},
                        {"MessageSid swallowed by From", swallowed_by_from},
                        {"To swallowed by MessageSid", to_swallowed},
                        {"Body duplicated", doubled}};
    for (const Row& row : rows) {
        CAPTURE(row.what);
        // The mutation is real: Twilio's algorithm gives the same text, hence the same signature.
        CHECK(twilio_glue(row.fields) == glued);
        CHECK(kept_aside(request_of(row.fields, signature)).starts_with("signed by Twilio, but"));
    }
}

TEST_CASE("twilio: the query and parameter swap makes no contact, both ways") {
    // The first parameter becomes the end of the URL's query ...
    const Fields fields = message_fields();
    const std::string url = test::kBase + "/hooks/acme?a=b";
    Request honest = request_of(fields, twilio_signature(kToken, url, fields));
    honest.query = "a=b";
    CHECK(kept_aside(honest) == "signed by Twilio, but the URL has a query, and none of ours has");
    Request swapped = request_of(without(fields, "AccountSid"), honest.headers[1].second);
    swapped.query = "a=bAccountSid" + kAccount;
    CHECK(kept_aside(swapped) == kept_aside(honest));
    CHECK(verified(swapped)->replay_key == verified(honest)->replay_key);
    // ... and the end of a URL becomes the first parameter.
    const Fields status = with(without(message_fields(), "SmsStatus"), "MessageStatus", "sent");
    const Request callback = signed_request(status, "/status");
    REQUIRE(verified(callback));
    Fields moved = without(status, "AccountSid");
    moved.emplace_back("/statusAccountSid", kAccount);
    Request shifted = request_of(moved, callback.headers[1].second);
    CHECK(kept_aside(shifted).find("name is not one of Twilio's") != std::string::npos);
    Request stretched = request_of(without(status, "AccountSid"), callback.headers[1].second,
                                   "/statusAccountSid" + kAccount);
    CHECK_FALSE(verified(stretched));
    // The brand of a callback's URL cannot be cut: what is left of it sorts behind Twilio's names.
    const Fields leg = with(call_fields(), "ParentCallSid", kCall);
    const Request whole = signed_request(leg, "/number/acme");
    Fields cut = without(leg, "AccountSid");
    cut.emplace_back("meAccountSid", kAccount);
    CHECK_FALSE(verified(request_of(cut, whole.headers[1].second, "/number/ac")));
}

TEST_CASE("twilio: mutations of what is not required are the same event by their replay key") {
    const Fields original = message_fields();
    const Request honest = signed_request(original);
    Fields moved = without(original, "FromCity");
    moved.emplace_back("FromCityA", "TLANTA");
    REQUIRE(twilio_glue(moved) == twilio_glue(original));
    const Request mutated = request_of(moved, honest.headers[1].second);
    const auto first = verified(honest);
    const auto second = verified(mutated);
    REQUIRE(first);
    REQUIRE(second);
    CHECK(first->replay_key == second->replay_key);
    CHECK(first->replay_key.size() == 40);
    CHECK(event_of(honest).event_id == event_of(mutated).event_id);
    // A text of the sender's choice can name a second message; the key still tells.
    const std::string fake = "SM" + std::string(32, 'f');
    const Fields bait =
        with(original, "Body", "hiFrom+14045550198MessageSid" + fake + "To+18005550109Tz");
    const Request baited = signed_request(bait);
    const Fields forged = {
        {"AccountSid", kAccount},
        {"ApiVersion", "2010-04-01"},
        {"Body", "hi"},
        {"From", "+14045550198"},
        {"MessageSid", fake},
        {"To", "+18005550109"},
        {"Tz", twilio_glue(original).substr(twilio_glue(original).find("From+"))}};
    REQUIRE(twilio_glue(forged) == twilio_glue(bait));
    const auto real = verified(baited);
    const auto replay = verified(request_of(forged, baited.headers[1].second));
    REQUIRE(real);
    REQUIRE(replay);
    CHECK(real->replay_key == replay->replay_key);
}

TEST_CASE("twilio: what Twilio signs is never refused; odd forms are kept aside") {
    struct Row {
        std::string name;
        std::string value;
        bool accepted;
    };
    const Row rows[] = {
        {"AccountSid", "AC0000000000000000000000000000000G", false},
        {"AccountSid", "ac00000000000000000000000000000001", false},
        {"AccountSid", "", false},
        {"CallSid", kCall + "0", false},
        {"CallSid", "SM00000000000000000000000000000001", false},
        {"CallSid", "CA0000000000000000000000000000000A", false},
        {"To", "18005550100", true},
        {"To", "", false},
        {"To", "+1800555x0100", false},
        {"To", "22000", true},
        {"To", "sip:desk@acme.sip.twilio.example", true},
        {"To", "client:joe", true},
        {"To", "whatsapp:+18005550100", true},
        {"To", "sip:", false},
        {"From", "anonymous", true},
        {"From", "Restricted", true},
        {"From", "+266696687", true},
        {"From", "client:dana", true},
        {"From", "sip:dana@pbx.acme.example", true},
        {"From", "22000", true},
        {"From", "", true},
        {"From", "whatsapp:+14045550199", true},
        {"From", "+1404555x0199", false},
        {"From", "sip:a b@c", false},
        {"From", "http://x", false},
        {"SipHeader_X-Foo", "x", true},
        {"Bad.Name", "x", false},
        {"1Name", "x", false},
        {"Some_Name9", "x", true},
        {"MessageSid", kMessage, false},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        CAPTURE(row.value);
        const Request request = signed_request(with(call_fields(), row.name, row.value));
        REQUIRE(verified(request));
        const auto items = twilio().parse(request.view(), secrets(), kNow);
        REQUIRE(items);
        REQUIRE(items->size() == 1);
        CHECK(items->front().event.has_value() == row.accepted);
        // A person may be on the line of a call that cannot be read.
        CHECK(items->front().caller_waits);
    }
    for (const char* required : {"AccountSid", "CallSid", "From", "To"}) {
        CAPTURE(required);
        kept_aside(signed_request(without(call_fields(), required)));
    }
}

TEST_CASE("twilio: the pinned account alone is accepted") {
    SourceSecrets pinned = secrets();
    pinned.account = kAccount;
    CHECK(verified(signed_request(call_fields()), pinned));
    pinned.account = "AC00000000000000000000000000000002";
    REQUIRE_FALSE(verified(signed_request(call_fields()), pinned));
    CHECK(verified(signed_request(call_fields()), pinned).error().code == ErrorCode::unauthorized);
}

TEST_CASE("twilio: the URL is ours, with or without its port, whatever Host says") {
    for (const std::string& url : {test::kBase + "/hooks/acme", test::kBase + ":443/hooks/acme"}) {
        CAPTURE(url);
        Request request = request_of(call_fields(), twilio_signature(kToken, url, call_fields()));
        request.headers.emplace_back("host", "evil.example");
        CHECK(verified(request));
    }
    for (const std::string& url :
         {std::string("https://evil.example/hooks/acme"),
          std::string("http://hooks.acme.example/hooks/acme"), test::kBase + ":8443/hooks/acme",
          test::kBase + "/hooks/acme/"}) {
        CAPTURE(url);
        Request request = request_of(call_fields(), twilio_signature(kToken, url, call_fields()));
        request.headers.emplace_back("host", "evil.example");
        CHECK_FALSE(verified(request));
    }
}

TEST_CASE("twilio: the spellings of a URL that may have been signed") {
    using Urls = std::vector<std::string>;
    CHECK(twilio_url_spellings("https://a.example/x?b=It's#rc=3") ==
          Urls{"https://a.example/x?b=It's", "https://a.example:443/x?b=It's",
               "https://a.example/x?b=It%27s", "https://a.example:443/x?b=It%27s"});
    CHECK(twilio_url_spellings("http://a.example:1234/x") ==
          Urls{"http://a.example/x", "http://a.example:1234/x"});
    CHECK(twilio_url_spellings("https://[::1]/x") ==
          Urls{"https://[::1]/x", "https://[::1]:443/x"});
    CHECK(twilio_url_spellings("https://u:p@a.example") ==
          Urls{"https://u:p@a.example", "https://u:p@a.example:443"});
}

TEST_CASE("twilio: one spelling of the signature, once; POST and a form alone") {
    const Request good = signed_request(call_fields());
    const std::string right = good.headers[1].second;
    for (const std::string& bad : {std::string(), right.substr(0, 27), right + "=", right + " ",
                                   " " + right, to_hex(*base64_decode(right))}) {
        CAPTURE(bad);
        Request request = good;
        request.headers[1].second = bad;
        CHECK_FALSE(verified(request));
    }
    Request twice = good;
    twice.headers.push_back(twice.headers[1]);
    CHECK_FALSE(verified(twice));
    Request get = good;
    get.method = "GET";
    REQUIRE_FALSE(verified(get));
    CHECK(verified(get).error().code == ErrorCode::bad_request);
    const std::pair<std::string, bool> types[] = {
        {"application/x-www-form-urlencoded", true},
        {"Application/X-WWW-Form-Urlencoded; charset=UTF-8", true},
        {"application/x-www-form-urlencoded ;charset=UTF-8", true},
        {"application/x-www-form-urlencodedXX", false},
        {"application/x-www-form-urlencoded2; charset=UTF-8", false},
        {"text/plain", false},
        {"", false}};
    for (const auto& [type, accepted] : types) {
        CAPTURE(type);
        Request typed = good;
        typed.headers[0].second = type;
        const auto result = verified(typed);
        CHECK(result.has_value() == accepted);
        if (!result) CHECK(result.error().code == ErrorCode::bad_request);
    }
}

TEST_CASE("twilio: an incoming call is one contact by its CallSid") {
    const Event event = event_of(signed_request(with(call_fields(), "CallerName", "J DOE")));
    CHECK(event.kind == EventKind::contact);
    CHECK(event.type == "contact.call");
    CHECK(event.channel == Channel::call);
    CHECK(event.event_id == kCall);
    CHECK(event.line == "+18005550100");
    CHECK(event.account.empty());
    CHECK(event.customer.phone == "+14045550199");
    CHECK(event.customer.name == "J DOE");
    CHECK(event.reply.how == "call");
    CHECK(event.occurred_at == kNow);
    CHECK(field(event, "call.stir") == "TN-Validation-Passed-A");
    CHECK(event.caller_waits);
    for (const char* withheld :
         {"", "anonymous", "Restricted", "UNAVAILABLE", "+266696687", "+7378742833", "+2562533",
          "+8656696", "+86282452253", "sip:anonymous@anonymous.invalid",
          "sip:Anonymous@sip.acme.example", "sip:x@anonymous.invalid", "client:Anonymous",
          "sip:+unknown@pbx.acme.example"}) {
        CAPTURE(withheld);
        const Event anonymous = event_of(signed_request(with(call_fields(), "From", withheld)));
        CHECK(anonymous.customer.phone.empty());
        CHECK(anonymous.customer.platform_id.empty());
        CHECK(anonymous.kind == EventKind::contact);
    }
}

TEST_CASE("twilio: an incoming message is one contact, with its media and valid text") {
    Fields fields = with(message_fields(), "NumMedia", "2");
    fields = with(with(fields, "MediaUrl0", "https://x/0"), "MediaContentType0", "image/jpeg");
    fields = with(with(fields, "MediaUrl1", "https://x/1"), "Body", "caf\xC3\xA9 \xFF");
    const Event event = event_of(signed_request(fields));
    CHECK(event.type == "contact.text");
    CHECK(event.channel == Channel::text);
    CHECK(event.event_id == kMessage);
    CHECK(event.text == "caf\xC3\xA9 \xEF\xBF\xBD");
    REQUIRE(event.attachments.size() == 2);
    CHECK(event.attachments[0].type == "image/jpeg");
    CHECK(event.attachments[1].url == "https://x/1");
    CHECK(event.reply.how == "sms");
    CHECK(event.reply.to == "+14045550199");
}

TEST_CASE("twilio: calls and messages to what is no phone number are contacts all the same") {
    for (const char* to : {"sip:desk@acme.sip.twilio.example", "client:joe", "22000"}) {
        CAPTURE(to);
        const Event call = event_of(signed_request(with(call_fields(), "To", to)));
        CHECK(call.kind == EventKind::contact);
        CHECK(call.line.empty());
        CHECK(call.reply.account == to);
        CHECK(field(call, "twilio.to") == to);
    }
    const Fields whatsapp = with(with(message_fields(), "From", "whatsapp:+14045550199"), "To",
                                 "whatsapp:+18005550101");
    const Event event = event_of(signed_request(whatsapp));
    CHECK(event.type == "contact.dm");
    CHECK(event.channel == Channel::dm);
    CHECK(event.line == "+18005550101");
    CHECK(event.customer.phone == "+14045550199");
    CHECK(event.customer.platform_id == "whatsapp:+14045550199");
    CHECK(event.reply.how == "whatsapp");
    CHECK(event.reply.to == "whatsapp:+14045550199");
}

TEST_CASE("twilio: callbacks are recorded under ids that repeat, and name the call") {
    const std::string child = "CA0000000000000000000000000000000b";
    Fields leg = with(with(call_fields(), "ParentCallSid", kCall), "CallSid", child);
    leg = with(with(with(leg, "To", "sip:sales@pbx.acme.example"), "CallStatus", "busy"),
               "SequenceNumber", "2");
    Fields dial = with(with(call_fields(), "DialCallSid", child), "DialCallStatus", "no-answer");
    Fields status = with(with(call_fields(), "CallStatus", "completed"), "SequenceNumber", "3");
    status =
        with(with(status, "CallDuration", "75"), "Timestamp", "Tue, 19 Aug 2025 12:28:00 +0000");
    const Fields sent = with(without(message_fields(), "SmsStatus"), "MessageStatus", "delivered");
    struct Row {
        std::string rest;
        Fields fields;
        std::string type;
        std::string id;
    };
    const Row rows[] = {
        {"/number", leg, "call.leg", child + ":leg:2:busy"},
        {"/number/acme-2", leg, "call.leg", child + ":leg:2:busy"},
        {"/dial", dial, "call.dial", kCall + ":dial:" + child + ":no-answer"},
        {"/dial/acme-2", dial, "call.dial", kCall + ":dial:" + child + ":no-answer"},
        {"/status", status, "call.status", kCall + ":status:3:completed"},
        {"", status, "call.status", kCall + ":status:3:completed"},
        {"/status", sent, "message.status", kMessage + ":status:delivered:"},
        {"", sent, "message.status", kMessage + ":status:delivered:"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.type);
        const Request request = signed_request(row.fields, row.rest);
        REQUIRE(verified(request));
        const Event event = event_of(request);
        CHECK(event.kind == EventKind::recorded);
        CHECK(event.type == row.type);
        CHECK(event.event_id == row.id);
        if (event.channel == Channel::call) CHECK(field(event, "call.sid") == kCall);
        CHECK(event.brand == (row.rest.ends_with("/acme-2") ? "acme-2" : ""));
        const Event first = events_of(request).front();
        CHECK(first.caller_waits == (row.type == "call.dial"));
    }
    CHECK(field(event_of(signed_request(status, "/status")), "call.duration_s") == "75");
    CHECK(event_of(signed_request(status, "/status")).occurred_at != kNow);
    kept_aside(signed_request(call_fields(), "/number"));
    kept_aside(signed_request(message_fields(), "/dial"));
    CHECK_FALSE(only_item(signed_request(call_fields(), "/number")).caller_waits);
    CHECK_FALSE(only_item(signed_request(without(status, "To"), "/status")).caller_waits);
    for (const char* rest : {"/dial", "/dial/acme-2"}) {
        CAPTURE(rest);
        // Somebody waits for what comes next, and shall not be connected once more.
        const ParsedItem item = only_item(signed_request(without(dial, "To"), rest));
        CHECK_FALSE(item.event);
        CHECK(item.caller_waits);
        CHECK(item.kind == EventKind::recorded);
    }
    for (const char* rest : {"/other", "/", "/dial/", "/dial/Acme", "/dial/a/b", "/status/acme"}) {
        CAPTURE(rest);
        REQUIRE_FALSE(verified(signed_request(dial, rest)));
        CHECK(verified(signed_request(dial, rest)).error().code == ErrorCode::bad_request);
    }
}

std::string reply(const Event& event, const Decision& decision) {
    return twilio().reply(
        {event, decision, "7K3-M9Q-2X4", "Acme & Sons", "https://h.example/hooks/t"});
}

const std::string kXml = R"(<?xml version="1.0" encoding="UTF-8"?>)";

TEST_CASE("twilio: a call is answered with the decision's dial plan") {
    const Event call = event_of(signed_request(call_fields()));
    Decision decision;
    decision.dial.to = {"+14045550110", "sip:sales@pbx.acme.example?x=1&y=<2>"};
    CHECK(
        reply(call, decision) ==
        kXml +
            R"(<Response><Dial answerOnBridge="true" timeout="20" sequential="true" callerId="+18005550100" action="https://h.example/hooks/t/dial" method="POST">)"
            R"(<Number statusCallback="https://h.example/hooks/t/number" statusCallbackEvent="initiated ringing answered completed">+14045550110</Number>)"
            R"(<Sip statusCallback="https://h.example/hooks/t/number" statusCallbackEvent="initiated ringing answered completed">sip:sales@pbx.acme.example?x=1&amp;y=&lt;2&gt;</Sip>)"
            R"(</Dial></Response>)");
    const std::string shared =
        twilio().reply({call, decision, "", "acme-2", "https://h.example/hooks/t"});
    CHECK(shared.find(R"(action="https://h.example/hooks/t/dial/acme-2")") != std::string::npos);
    CHECK(shared.find(R"(statusCallback="https://h.example/hooks/t/number/acme-2")") !=
          std::string::npos);
    decision.dial.caller_id = "+18005550199";
    decision.dial.to.resize(1);
    CHECK(reply(call, decision).find(R"(callerId="+18005550199" action)") != std::string::npos);
    CHECK(reply(call, decision).find("sequential") == std::string::npos);
    decision.dial.to.assign(12, "+14045550110");
    const std::string many = reply(call, decision);
    std::size_t legs = 0;
    for (std::size_t at = many.find("<Number"); at != std::string::npos;
         at = many.find("<Number", at + 1))
        ++legs;
    CHECK(legs == 10);
    decision.dial.to.clear();
    CHECK(
        reply(call, decision) ==
        kXml +
            "<Response><Say>Thank you for calling Acme &amp; Sons. We cannot connect your call at "
            "the moment. Please try again later.</Say><Hangup/></Response>");
}

TEST_CASE("twilio: a message is answered with the filled-in reply, or with nothing") {
    Decision decision;
    const Event message = event_of(signed_request(message_fields()));
    CHECK(reply(message, decision) == kXml + "<Response/>");
    decision.reply = "{brand}: your reference is {tracking_number} <{other}>.";
    CHECK(reply(message, decision) ==
          kXml +
              "<Response><Message>Acme &amp; Sons: your reference is 7K3-M9Q-2X4 "
              "&lt;{other}&gt;.</Message></Response>");
    CHECK(reply(event_of(signed_request(with(message_fields(), "From", "22000"))), decision) ==
          kXml + "<Response/>");
    CHECK(reply(event_of(signed_request(with(message_fields(), "OptOutType", "HELP"))), decision) ==
          kXml + "<Response/>");
    CHECK(reply(event_of(signed_request(with(message_fields(), "OptOutType", "STOP"))), decision)
              .empty());
    const std::string shown =
        twilio().reply({message, decision, "7K3-M9Q-2X4", "acme", "https://h.example", "Acme Co"});
    CHECK(shown.find("<Message>Acme Co: your reference") != std::string::npos);
    decision.reply = std::string(2000, 'x');
    CHECK(reply(message, decision).size() ==
          kXml.size() + 1600 + std::string("<Response><Message></Message></Response>").size());
}

TEST_CASE("twilio: callbacks get the default answer") {
    const Fields dial = with(call_fields(), "DialCallStatus", "no-answer");
    CHECK(reply(event_of(signed_request(dial, "/dial")), Decision{}).empty());
    CHECK(twilio().ok.body == kXml + "<Response/>");
    CHECK(twilio().ok.content_type == "text/xml; charset=utf-8");
    CHECK(twilio().call_fallback ==
          kXml +
              "<Response><Say>We are sorry. We cannot connect your call at the moment. Please try "
              "again later.</Say><Hangup/></Response>");
}

}  // namespace
}  // namespace tapline
