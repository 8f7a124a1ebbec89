#include "adapters/sources/twilio_events.h"

#include <algorithm>
#include <array>

#include "adapters/crypto.h"
#include "adapters/json.h"

namespace tapline {
namespace {

constexpr std::string_view kReceived = "com.twilio.messaging.inbound-message.received";
constexpr std::string_view kStatus = "com.twilio.messaging.message.";

char upper(char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// "messageSid" is the form's "MessageSid"; statuses are in lower case there.
void add_field(std::string_view key, const json::Value& value, TwilioForm& form) {
    std::string text = json::scalar_of(value);
    if (key.empty() || text.empty()) return;
    std::string name(key);
    name[0] = upper(name[0]);
    if (name == "MessageStatus") std::transform(text.begin(), text.end(), text.begin(), lower);
    form.fields.emplace_back(std::move(name), std::move(text));
}

TwilioJsonEvent event_of(const json::Value& value) {
    const auto named =
        json::members(value, std::array<std::string_view, 3>{"type", "data", "time"});
    if (!named) return {tl::unexpected("the event " + named.error()), {}};
    const std::string_view type = json::text_of((*named)[0]).value_or("");
    const bool is_received = type == kReceived;
    if (!is_received && !type.starts_with(kStatus)) {
        return {tl::unexpected(std::string("it is no message")), {}, true};
    }
    const auto data = json::object_of((*named)[1]);
    if (!data) return {tl::unexpected(std::string("data must be an object")), {}};
    TwilioForm form;
    for (const auto& [key, member] : *data) add_field(key, member, form);
    if (!is_received && form["MessageStatus"].empty()) {
        form.fields.emplace_back("MessageStatus", type.substr(kStatus.size()));
    }
    // The sink's own time stands for an event that tells none.
    if (form["Timestamp"].empty() && (*named)[2]) add_field("timestamp", *(*named)[2], form);
    if (!is_received) form.url = TwilioUrl::status;
    return {std::move(form), {}};
}

}  // namespace

bool holds_body_sha256(std::string_view query, std::string_view body) {
    constexpr std::string_view kName = "bodySHA256=";
    if (!query.starts_with(kName)) return false;
    const auto digest = from_hex(query.substr(kName.size()));
    return digest && equal_constant_time(*digest, sha256(body));
}

Result<std::vector<TwilioJsonEvent>> parse_twilio_events(std::string_view body) {
    const auto root = json::parse(body);
    if (!root) return tl::unexpected(root.error());
    std::vector<TwilioJsonEvent> events;
    const auto list = json::array_of(*root);
    if (!list) {
        events.push_back(event_of(*root));
        return events;
    }
    if (list->size() > kTwilioEventsMax) {
        return fail(ErrorCode::bad_request, "twilio: more than 1000 events in one request");
    }
    for (const json::Value& value : *list) {
        events.push_back(event_of(value));
        events.back().raw = json::minified(value);
    }
    return events;
}

}  // namespace tapline
