#include "gateway/admin/admin.h"

#include <nlohmann/json.hpp>

#include "adapters/time_text.h"
#include "gateway/admin/situation_urls.h"
#include "gateway/redis/keys.h"

namespace tapline {

namespace {

using Json = nlohmann::ordered_json;

std::string dump(const Json& json) {
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Json redis_json(const AdminView& view) {
    const redis::LinkStats link = view.link();
    const redis::ServerFacts facts = view.redis_facts();
    Json findings = Json::array();
    for (const auto& finding : facts.findings) {
        findings.push_back(
            {{"name", finding.name}, {"waived", finding.waived}, {"message", finding.message}});
    }
    return {{"connected", link.connected},
            {"version", facts.version},
            {"persistence", facts.persistence},
            {"maxmemory_policy", facts.maxmemory_policy},
            {"clock_skew_ms", facts.clock_skew.count()},
            {"round_trip_ms", link.round_trip_seconds * 1000},
            {"last_error", link.connected ? "" : link.last_error},
            {"findings", findings}};
}

http::Response page(int status, std::string_view type, std::string body) {
    return {status, std::string(type), std::move(body), {{"Cache-Control", "no-store"}}, false};
}

void add_get(http::UrlTable& urls, const std::string& path, std::function<http::Response()> make) {
    urls.add({"GET", path, 0, "admin",
              [make = std::move(make)](const http::Request&, http::Responder responder) {
                  responder.send(make());
              }});
}

}  // namespace

Readiness readiness(const AdminView& view) {
    const redis::LinkStats link = view.link();
    Json notes = Json::array();
    if (view.embedded_redis) notes.push_back(kEmbeddedNote);
    for (const auto& finding : view.redis_facts().findings) {
        if (finding.waived) notes.push_back("waived: " + finding.message);
    }
    Json wrong = Json::array();
    if (!link.connected) {
        wrong.push_back(link.last_error.empty() ? "redis: not connected yet" : link.last_error);
    }
    if (link.connected && !knows_situations(*view.state)) {
        wrong.push_back("redis: which switches are on and who is suppressed was not read yet");
    }
    Json alarms = Json::object();
    for (const auto& [name, message] : view.state->alarms.all()) {
        alarms[name] = message;
        if (name == kRefusesAlarm) wrong.push_back(message);
    }
    const bool ready = wrong.empty();
    return {ready,
            dump({{"ready", ready}, {"wrong", wrong}, {"notes", notes}, {"alarms", alarms}})};
}

namespace {

// Of this gateway, which knows it at once, or of the record that outlives it.
std::optional<Time> last_event(const std::string& connection,
                               const std::map<std::string, Time>& since_start,
                               const HeardTable& heard) {
    const auto own = since_start.find(connection);
    if (own != since_start.end()) return own->second;
    const auto kept =
        heard.find({std::string(redis::kNoBrand), heard_field(HeardKind::connection, connection)});
    return kept == heard.end() ? std::nullopt : std::optional(kept->second.last);
}

}  // namespace

std::string status_json(const AdminView& view) {
    Json connections = Json::object();
    const auto since_start = view.state->last_heard.all();
    const StewardFigures steward = view.steward->figures();
    const auto settings = view.state->settings();
    for (const auto& [name, connection] : settings->config.connections) {
        const auto last = last_event(name, since_start, steward.heard);
        connections[name] = {{"provider", connection.provider},
                             {"last_event", last ? Json(to_rfc3339(*last)) : Json()}};
        if (connection.accepts_unsigned) {
            connections[name]["unsigned_because"] = connection.unsigned_because;
        }
    }
    Json versions = Json::object();
    for (const auto& [name, brand] : settings->config.brands) {
        versions[name] = brand->config_version;
    }
    Json alarms = Json::object();
    for (const auto& [name, message] : view.state->alarms.all()) alarms[name] = message;
    Json quarantine = Json::object();
    for (const auto& [brand, figures] : steward.quarantine) {
        if (figures.entries == 0) continue;
        quarantine[brand] = {{"entries", figures.entries},
                             {"newest_reason", figures.newest_reason}};
    }
    const auto ends = view.certificate_ends();
    const auto now = view.state->acceptor->parts().clock();
    return dump(
        {{"redis", redis_json(view)},
         {"embedded_redis", view.embedded_redis},
         {"public_url", settings->config.public_url},
         {"listening", view.listening()},
         {"certificate_ends",
          ends ? Json(to_rfc3339(std::chrono::time_point_cast<Milliseconds>(*ends))) : Json()},
         {"certificate_seconds_left",
          ends ? Json(std::chrono::duration_cast<std::chrono::seconds>(*ends - now).count())
               : Json()},
         {"config", {{"hash", settings->hash}, {"brands", versions}}},
         {"connections", connections},
         {"quarantine", quarantine},
         {"alarms", alarms}});
}

http::UrlTable admin_urls(const AdminView& view) {
    http::UrlTable urls;
    add_get(urls, "/healthz", [] { return page(200, "text/plain", "ok\n"); });
    add_get(urls, "/readyz", [view] {
        Readiness found = readiness(view);
        return page(found.ready ? 200 : 503, "application/json", std::move(found.json));
    });
    add_get(urls, "/metrics",
            [view] { return page(200, "text/plain; version=0.0.4", metrics_page(view)); });
    add_get(urls, "/v1/status",
            [view] { return page(200, "application/json", status_json(view)); });
    urls.add(
        {"POST", "/v1/reload", 0, "admin", [view](const http::Request&, http::Responder responder) {
             auto answered = std::make_shared<http::Responder>(std::move(responder));
             view.reload([answered](const ReloadReport& report) {
                 answered->send(
                     page(report.has_errors() ? 422 : 200, "application/json", to_json(report)));
             });
         }});
    add_situation_urls(urls, *view.state);
    return urls;
}

}  // namespace tapline
