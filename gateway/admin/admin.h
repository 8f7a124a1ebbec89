// The admin listener's pages: /healthz, /readyz, /metrics, /v1/status; what people set has URLs of
// its own (situation_urls.h).
//
//   /healthz    200 while the process serves at all
//   /readyz     200 when a contact would be accepted now; else 503. JSON: what is checked, what is
//               wrong and how to mend it, and notes such as "embedded Redis: one machine, not for
//               production"
//   /metrics    Prometheus' text format
//   /v1/status  JSON for `tapline doctor`: Redis, listeners, connections, alarms, the config's hash
//   /v1/reload  POST: reads the config again. 200 and what changed, 422 when there is a mistake
//               (reload/report.h); what could be used is used all the same
//
// No page waits for Redis: the figures are those of the steward's last turn. The answer of a reload
// comes when it is done.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "gateway/http/server.h"
#include "gateway/intake/gateway_state.h"
#include "gateway/redis/checks.h"
#include "gateway/redis/link.h"
#include "gateway/reload/report.h"
#include "gateway/steward/steward.h"

namespace tapline {

// What the pages read. Functions, because the servers start after the pages are made.
struct AdminView {
    GatewayState* state = nullptr;
    const Steward* steward = nullptr;
    std::function<redis::LinkStats()> link;
    std::function<redis::ServerFacts()> redis_facts;
    std::function<const http::Counters*()> front;  // null before the listener stands
    std::function<std::vector<std::string>()> listening;
    std::function<std::optional<std::chrono::system_clock::time_point>()> certificate_ends;
    bool embedded_redis = false;
    // Told what became of it on another thread.
    std::function<void(std::function<void(const ReloadReport&)> done)> reload;
};

inline constexpr std::string_view kEmbeddedNote = "embedded Redis: one machine, not for production";

http::UrlTable admin_urls(const AdminView& view);

struct Readiness {
    bool ready = false;
    std::string json;
};
Readiness readiness(const AdminView& view);
std::string metrics_page(const AdminView& view);
std::string status_json(const AdminView& view);

}  // namespace tapline
