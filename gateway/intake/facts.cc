#include "gateway/intake/facts.h"

#include <algorithm>
#include <array>
#include <optional>

#include "adapters/click.h"
#include "adapters/form.h"
#include "adapters/json_writer.h"
#include "gateway/clock.h"

namespace tapline {

namespace {

constexpr std::size_t kAttributionMax = 2048;

std::string_view fact_name(const FactContext& context) {
    if (!context.name.empty()) return context.name;
    switch (context.event.kind) {
        case EventKind::contact:
            return to_string(context.decision.state);
        case EventKind::tap:
            return "tap";
        case EventKind::recorded:
            return "recorded";
    }
    return "recorded";
}

// Fields that tell of a click or of a call's progress. Everything else may hold what a person wrote
// or where to reach them, and stays in the entry.
bool belongs_in_feed(const Event& event, std::string_view name) {
    if (is_click_field(name)) return true;
    // The names are the sender's own.
    constexpr std::array<std::string_view, 3> kOwnNames = {"chat", "events", "web"};
    if (std::find(kOwnNames.begin(), kOwnNames.end(), event.provider) != kOwnNames.end()) {
        return false;
    }
    constexpr std::array<std::string_view, 9> kProgress = {
        "referral.source", "referral.type", "referral.ad_id", "call.", "dial.", "leg.",
        "message.",        "twilio.error",  "voicemail."};
    if (name == "call.forwarded_from" || name == "dial.recording") return false;
    return std::any_of(kProgress.begin(), kProgress.end(),
                       [&](std::string_view prefix) { return name.starts_with(prefix); });
}

void write_times(JsonWriter& json, const FactContext& context) {
    json.key("due_at");
    if (context.decision.due_at) {
        json.value(to_ms(*context.decision.due_at));
    } else {
        json.null();
    }
    json.key("occurred_at").value(to_ms(context.event.occurred_at));
    if (context.talk) json.key("talk_seconds").value(std::int64_t{context.talk->count()});
    if (!context.recording.empty()) json.key("recording_url").value(context.recording);
}

// Only what is not as usual: the feed is long.
void write_state(JsonWriter& json, const Decision& decision) {
    if (!decision.pilot.empty()) {
        json.key("pilot").value(decision.pilot);
        json.key("arm").value(decision.arm);
    }
    if (decision.priority != "normal") json.key("priority").value(decision.priority);
    if (decision.release_at) json.key("release_at").value(to_ms(*decision.release_at));
    if (!decision.held_by.empty()) json.key("switch").value(decision.held_by);
}

constexpr std::string_view kReferral = "referral.";

// What tells how a customer came. An allow-list: a provider's next field may be a verdict on one
// message or a way to reach its writer, and neither belongs to what somebody else sends later.
bool is_of_arrival(std::string_view name) {
    constexpr std::array<std::string_view, 3> kLanding = {"page.url", "page.title",
                                                          "page.referrer"};
    return is_click_field(name) || name.starts_with(kReferral) ||
           std::find(kLanding.begin(), kLanding.end(), name) != kLanding.end();
}

// Who has the first right to a place in the journey: 0 before 1 before 2. Nothing: no right.
std::optional<int> rank_of(std::string_view name) {
    if (!is_of_arrival(name)) return std::nullopt;
    name.remove_prefix(name.rfind('.') + 1);  // "referral.ctwa_clid"; none: npos + 1 is 0
    if (is_click_id(name)) return 0;
    return is_click_field(name) ? 1 : 2;
}

std::string fact_body(const FactContext& context) {
    const Event& event = context.event;
    const Place& place = context.place;
    JsonWriter json(384);
    json.open('{');
    json.key("type").value(event.type);
    json.key("connection").value(event.connection);
    json.key("source").value(place.source);
    json.key("profile").value(place.profile);
    json.key("channel").value(to_string(event.channel));
    json.key("button").value(place.button);
    json.key("campaign").value(place.campaign);
    json.key("campaign_by").value(place.campaign_by);
    json.key("attribution").value(to_string(place.attribution));
    json.key("region").value(place.region);
    json.key("route").value(context.decision.route);
    json.key("queue").value(context.decision.queue);
    write_times(json, context);
    write_state(json, context.decision);
    json.key("customer").value(context.customer);
    json.key("config").value(context.brand.config_version);
    json.key("fields").open('{');
    for (const auto& [name, value] : event.attribution) {
        if (belongs_in_feed(event, name)) json.any_key(name).value(value);
    }
    json.close('}').close('}');
    return json.take();
}

}  // namespace

std::vector<std::pair<std::string_view, std::string>> event_fact(const FactContext& context) {
    return {{"fact", std::string(fact_name(context))},
            {"id", context.event.event_id},
            {"tracking_number", std::string(context.tracking_number)},
            {"at", std::to_string(to_ms(context.now))},
            {"body", fact_body(context)}};
}

std::string quarantine_fact_body(std::string_view connection, std::string_view reason) {
    JsonWriter json;
    json.open('{');
    json.key("connection").value(connection);
    json.key("reason").value(reason);
    json.close('}');
    return json.take();
}

std::string pack_attribution(const Fields& attribution) {
    std::string packed;
    const auto pack_those = [&](int rank) {
        for (const auto& [name, value] : attribution) {
            if (rank_of(name) != rank) continue;
            const std::string pair = percent_encode(name) + "=" + percent_encode(value);
            if (packed.size() + pair.size() + 1 > kAttributionMax) continue;
            if (!packed.empty()) packed += '&';
            packed += pair;
        }
    };
    for (const int rank : {0, 1, 2}) pack_those(rank);
    return packed;
}

void merge_attribution(Fields& event, std::string_view packed) {
    const auto pairs = parse_form(packed);
    if (!pairs) return;
    for (const auto& pair : *pairs) {
        if (!is_of_arrival(pair.first)) continue;
        const bool known = std::any_of(event.begin(), event.end(), [&](const auto& field) {
            return field.first == pair.first;
        });
        if (!known) event.push_back(pair);
    }
}

bool has_referral(const Fields& attribution) {
    return std::any_of(attribution.begin(), attribution.end(),
                       [](const auto& field) { return field.first.starts_with(kReferral); });
}

}  // namespace tapline
