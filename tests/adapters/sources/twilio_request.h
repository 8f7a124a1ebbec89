// Forms as Twilio posts them, signed for a connection `acme` with one token.
#pragma once

#include <doctest/doctest.h>

#include "adapters/form.h"
#include "adapters/sources/registry.h"
#include "adapters/sources/twilio_form.h"
#include "tests/adapters/sources/request.h"

namespace tapline::test::twilio_forms {

inline const std::string kAccount = "AC00000000000000000000000000000001";
inline const std::string kMessage = "SM00000000000000000000000000000001";
inline const std::string kCall = "CA00000000000000000000000000000001";
inline const std::string kToken = "auth-token";

inline const Source& twilio() {
    return *find_source("twilio");
}

inline SourceSecrets secrets() {
    SourceSecrets s;
    s.connection = "acme-tel";
    s.secrets = {kToken};
    return s;
}

// A request to `rest` with the given signature over whatever it was made for.
inline Request request_of(const Fields& fields, const std::string& signature,
                          const std::string& rest = "") {
    Request request;
    request.rest = rest;
    request.body = encode_form(fields);
    request.headers = {{"content-type", "application/x-www-form-urlencoded"},
                       {"x-twilio-signature", signature}};
    return request;
}

inline Request signed_request(const Fields& fields, const std::string& rest = "") {
    const std::string url = kBase + "/hooks/acme" + rest;
    return request_of(fields, twilio_signature(kToken, url, fields), rest);
}

inline Result<Verified> verified(const Request& request, const SourceSecrets& with = secrets()) {
    return twilio().verify(request.view(), with, kNow);
}

inline std::vector<Event> events_of(const Request& request) {
    const auto items = twilio().parse(request.view(), secrets(), kNow);
    REQUIRE(items);
    std::vector<Event> events;
    for (const ParsedItem& item : *items) {
        REQUIRE(item.event);
        CHECK(item.caller_waits == item.event->caller_waits);
        CHECK(item.kind == item.event->kind);
        events.push_back(*item.event);
    }
    return events;
}

// The event of a request of one; of a missed call's two, the fact.
inline Event event_of(const Request& request) {
    const auto events = events_of(request);
    REQUIRE_FALSE(events.empty());
    return events.back();
}

// Verifies and is one item, usable or not.
inline ParsedItem only_item(const Request& request) {
    REQUIRE(verified(request));
    auto items = twilio().parse(request.view(), secrets(), kNow);
    REQUIRE(items);
    REQUIRE(items->size() == 1);
    return std::move(items->front());
}

// Verifies, yet cannot be used: kept aside with its bytes, and why.
inline std::string kept_aside(const Request& request) {
    const ParsedItem item = only_item(request);
    REQUIRE_FALSE(item.event);
    CHECK(item.raw.empty());  // the whole body
    return item.event.error();
}

inline Fields message_fields() {
    return {{"AccountSid", kAccount}, {"ApiVersion", "2010-04-01"}, {"Body", "Is it in stock?"},
            {"From", "+14045550199"}, {"FromCity", "ATLANTA"},      {"MessageSid", kMessage},
            {"NumMedia", "0"},        {"SmsStatus", "received"},    {"To", "+18005550101"}};
}

inline Fields call_fields() {
    return {{"AccountSid", kAccount},
            {"CallSid", kCall},
            {"CallStatus", "ringing"},
            {"Direction", "inbound"},
            {"From", "+14045550199"},
            {"To", "+18005550100"},
            {"StirVerstat", "TN-Validation-Passed-A"}};
}

inline Fields with(Fields fields, const std::string& name, const std::string& value) {
    for (auto& [key, old] : fields) {
        if (key != name) continue;
        old = value;
        return fields;
    }
    fields.emplace_back(name, value);
    return fields;
}

inline Fields without(Fields fields, const std::string& name) {
    std::erase_if(fields, [&](const auto& pair) { return pair.first == name; });
    return fields;
}

}  // namespace tapline::test::twilio_forms
