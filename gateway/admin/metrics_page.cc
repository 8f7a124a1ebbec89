// The live half of the metrics page: what is read from the front, the link and the steward.
#include "gateway/admin/admin.h"

namespace tapline {

namespace {

void write_front(std::string& page, const http::Counters* front) {
    if (front == nullptr) return;
    Series refused;
    for (std::size_t i = 0; i < static_cast<std::size_t>(http::Refusal::count); ++i) {
        const auto refusal = static_cast<http::Refusal>(i);
        refused.emplace_back(metric_labels({{"reason", http::to_string(refusal)}}),
                             static_cast<double>(front->refused.at(i).load()));
    }
    write_counter(page, "tapline_http_refused_total", "Requests that the front itself refused.",
                  refused);
    write_counter(page, "tapline_http_requests_total", "Complete requests.",
                  {{"", static_cast<double>(front->requests.load())}});
    write_counter(page, "tapline_http_accept_errors_total", "accept() calls that failed.",
                  {{"", static_cast<double>(front->accept_errors.load())}});
    write_counter(page, "tapline_http_exceptions_total", "Handlers that threw; answered with 500.",
                  {{"", static_cast<double>(front->exceptions.load())}});
    write_gauge(page, "tapline_http_connections", "Open connections.",
                {{"", static_cast<double>(front->connections.load())}});
    write_gauge(page, "tapline_http_requests_in_flight", "Requests that wait for their answer.",
                {{"", static_cast<double>(front->in_flight.load())}});
    write_counter(page, "tapline_http_reserve_used_total",
                  "Calls and contact links that only the reserve let in.",
                  {{"", static_cast<double>(front->reserve_used.load())}});
    write_counter(page, "tapline_http_refused_last_total",
                  "Calls and contact links that were refused although they go last.",
                  {{"", static_cast<double>(front->refused_last.load())}});
    write_gauge(page, "tapline_http_io_bytes", "Bytes read ahead and waiting to be written.",
                {{"", static_cast<double>(front->io_bytes.load())}});
    write_gauge(page, "tapline_http_body_bytes", "Buffered bytes of bodies.",
                {{"", static_cast<double>(front->body_bytes.load())}});
}

void write_redis(std::string& page, const redis::LinkStats& link, double skew) {
    write_gauge(page, "tapline_redis_connected", "1 while the link stands and its checks passed.",
                {{"", link.connected ? 1 : 0}});
    write_gauge(page, "tapline_redis_round_trip_seconds",
                "Mean from sending to answer, weighted to now.", {{"", link.round_trip_seconds}});
    write_counter(page, "tapline_redis_connects_total", "Connections made.",
                  {{"", static_cast<double>(link.connects)}});
    write_counter(page, "tapline_redis_resets_total", "Connections given up: deadline or protocol.",
                  {{"", static_cast<double>(link.resets)}});
    write_counter(page, "tapline_redis_commands_total", "Commands sent.",
                  {{"", static_cast<double>(link.commands)}});
    write_counter(page, "tapline_redis_pipelines_total", "Writes that carried them (group commit).",
                  {{"", static_cast<double>(link.pipelines)}});
    write_gauge(page, "tapline_redis_clock_skew_seconds",
                "Clock of Redis minus clock of the gateway.", {{"", skew}});
}

void write_queues(std::string& page, const StewardFigures& figures) {
    Series depth;
    Series oldest;
    Series pending;
    Series foreign;
    Series resets;
    for (const auto& [name, queue] : figures.queues) {
        const std::string labels = metric_labels({{"brand", name.first}, {"queue", name.second}});
        depth.emplace_back(labels, static_cast<double>(queue.depth));
        oldest.emplace_back(labels, queue.oldest_seconds);
        pending.emplace_back(labels, static_cast<double>(queue.pending));
        foreign.emplace_back(labels, static_cast<double>(queue.foreign_deletes));
        resets.emplace_back(labels, static_cast<double>(queue.resets));
    }
    write_gauge(page, "tapline_queue_depth", "Entries on the queue, delivered or not.", depth);
    write_gauge(page, "tapline_queue_oldest_seconds", "Age of the queue's oldest entry.", oldest);
    write_gauge(page, "tapline_queue_pending", "Entries delivered and not acknowledged.", pending);
    write_gauge(page, "tapline_queue_foreign_deletes", "Entries that somebody else deleted.",
                foreign);
    write_counter(page, "tapline_queue_resets_total",
                  "Times that somebody deleted the whole stream.", resets);
    Series entries;
    Series bytes;
    for (const auto& [brand, quarantine] : figures.quarantine) {
        const std::string labels = metric_labels({{"brand", brand}});
        entries.emplace_back(labels, static_cast<double>(quarantine.entries));
        bytes.emplace_back(labels, static_cast<double>(quarantine.bytes));
    }
    write_gauge(page, "tapline_quarantine_entries", "Authentic events that could not be used.",
                entries);
    write_gauge(page, "tapline_quarantine_bytes", "Memory that they take in Redis.", bytes);
}

void write_situations(std::string& page, const StewardFigures& figures) {
    Series switches;
    Series suppressed;
    Series levels;
    Series customers;
    for (const auto& [brand, situation] : figures.situations) {
        const std::string labels = metric_labels({{"brand", brand}});
        switches.emplace_back(labels, static_cast<double>(situation.switches_on));
        suppressed.emplace_back(labels, static_cast<double>(situation.suppressed));
    }
    for (const auto& [brand, topics] : figures.topics) {
        for (const auto& [name, topic] : topics) {
            const std::string labels = metric_labels({{"brand", brand}, {"topic", name}});
            levels.emplace_back(labels, static_cast<double>(topic.level));
            customers.emplace_back(labels, static_cast<double>(topic.customers));
        }
    }
    write_gauge(page, "tapline_switches_on", "Switches that are on.", switches);
    write_gauge(page, "tapline_suppressed", "Customers whose contacts are not queued.", suppressed);
    write_gauge(page, "tapline_topic_level", "Level that was escalated; 0 for none.", levels);
    write_gauge(page, "tapline_topic_customers", "Distinct customers within the topic's time.",
                customers);
}

void write_channels(std::string& page, const Config& config, const HeardTable& heard, Time now) {
    Series silence;
    Series quiet;
    Series handshakes;
    for (const ChannelRow& row : channel_rows(config, heard, now)) {
        const double seconds =
            row.record ? std::chrono::duration<double>(now - row.record->last).count() : 0;
        if (row.kind == "handshake") {
            const std::string labels = metric_labels({{"connection", row.name}});
            if (row.record) handshakes.emplace_back(labels, seconds);
            continue;
        }
        const std::string labels =
            metric_labels({{"brand", row.brand}, {"kind", row.kind}, {"name", row.name}});
        if (row.record) silence.emplace_back(labels, seconds);
        quiet.emplace_back(labels, row.state == HeardState::quiet ? 1 : 0);
    }
    write_gauge(page, "tapline_channel_last_heard_seconds",
                "Time since a connection, profile or button was last heard.", silence);
    write_gauge(page, "tapline_channel_quiet",
                "1 while it is silent for longer than its own past explains.", quiet);
    write_gauge(page, "tapline_handshake_last_seconds",
                "Time since the provider's last handshake, where it must repeat it.", handshakes);
}

}  // namespace

std::string metrics_page(const AdminView& view) {
    std::string page;
    page.reserve(8192);
    view.state->metrics.write(page);
    write_front(page, view.front());
    const StewardFigures figures = view.steward->figures();
    write_redis(page, view.link(), figures.clock_skew_seconds);
    write_gauge(page, "tapline_steward_last_turn_seconds",
                "Age of the figures of queues and quarantine: time since the steward's last turn.",
                {{"", view.steward->last_turn_seconds()}});
    write_queues(page, figures);
    write_situations(page, figures);
    write_channels(page, *view.state->config(), figures.heard,
                   view.state->acceptor->parts().clock());
    if (const auto ends = view.certificate_ends()) {
        write_gauge(page, "tapline_certificate_ends_seconds",
                    "When the first certificate of any listener ends, as Unix time.",
                    {{"", static_cast<double>(std::chrono::system_clock::to_time_t(*ends))}});
    }
    Series alarms;
    for (const auto& [name, message] : view.state->alarms.all()) {
        alarms.emplace_back(metric_labels({{"alarm", name}}), 1);
    }
    write_gauge(page, "tapline_alarm", "1 while a person must look; /readyz says at what.", alarms);
    return page;
}

}  // namespace tapline
