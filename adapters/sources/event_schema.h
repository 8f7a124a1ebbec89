// The event that a brand's own app sends: our JSON schema, alone or as `data` of a CloudEvent.
//
//     {"id":"order-4711-call","channel":"call","button":"web-call","text":"Please call me back",
//      "customer":{"name":"J. Doe","phone":"+14045550199"},"occurred_at":"2026-03-09T12:30:00Z"}
//
// docs/events.schema.json is the same for machines, docs/events.md for people. Members that are not
// named there are ignored, so that a sender may be newer than we are. Pure; safe from any thread.
#pragma once

#include <optional>
#include <string>

#include "adapters/json.h"
#include "routes/event.h"

namespace tapline {

// What stands around the event where it is the `data` of a CloudEvent.
struct EventEnvelope {
    bool is_cloud_event = false;
    std::string id;      // "": the data has it
    std::string source;  // what the id is unique within: the event's account
    std::string time;    // RFC 3339; "" for none
    std::string traceparent;
    // Set: the channel is known, and the data need not say it (chat.cc).
    std::optional<Channel> channel = std::nullopt;
    // All context attributes by name, extensions as well: what body_hash is made over.
    Fields attributes;
};

// A plain event, or a CloudEvent in the structured format, which is known by its `specversion`.
// The error lists every mistake with its path, such as
// "/customer/phone: must be E.164 such as +14045550100; got a string of 3 bytes".
tl::expected<Event, std::string> read_event(const json::Value& value, Time now);

// The id of what read_event refused, for the answer to name it; "" when it is not there, too long
// or no clean text.
std::string id_of_event(const json::Value& value);

// The first member of an event (or of a CloudEvent's data) that the schema does not have, cut to 64
// bytes; "" when there is none. REQUIRES: read_event accepted the value.
std::string unlisted_member(const json::Value& value);

// The data of a CloudEvent whose attributes came elsewhere (HTTP headers).
tl::expected<Event, std::string> read_event_data(const json::Value& data,
                                                 const EventEnvelope& envelope, Time now);

}  // namespace tapline
