#include "gateway/metrics.h"

#include <fmt/format.h>

namespace tapline {

namespace {

void write_head(std::string& page, std::string_view name, std::string_view help,
                std::string_view type) {
    page += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
}

void write_series(std::string& page, std::string_view name, const Series& series) {
    for (const auto& [labels, value] : series)
        page += fmt::format("{}{} {}\n", name, labels, value);
}

std::string escape_label(std::string_view value) {
    std::string escaped;
    for (const char c : value) {
        if (c == '\\' || c == '"') escaped += '\\';
        if (c == '\n') {
            escaped += "\\n";
        } else {
            escaped += c;
        }
    }
    return escaped;
}

}  // namespace

CounterFamily::CounterFamily(std::string name, std::string help, std::string label_a,
                             std::string label_b)
    : name_(std::move(name)),
      help_(std::move(help)),
      label_a_(std::move(label_a)),
      label_b_(std::move(label_b)) {}

void CounterFamily::add(std::string_view a, std::string_view b, std::uint64_t n) {
    const std::lock_guard lock(mutex_);
    const auto found = values_.find(std::pair(a, b));
    if (found != values_.end()) {
        found->second += n;
    } else {
        values_.emplace(std::pair(std::string(a), std::string(b)), n);
    }
}

std::uint64_t CounterFamily::value(std::string_view a, std::string_view b) const {
    const std::lock_guard lock(mutex_);
    const auto found = values_.find(std::pair(a, b));
    return found == values_.end() ? 0 : found->second;
}

void CounterFamily::write(std::string& page) const {
    write_head(page, name_, help_, "counter");
    const std::lock_guard lock(mutex_);
    for (const auto& [labels, value] : values_) {
        const std::string shown =
            label_b_.empty() ? metric_labels({{label_a_, labels.first}})
                             : metric_labels({{label_a_, labels.first}, {label_b_, labels.second}});
        page += fmt::format("{}{} {}\n", name_, shown, value);
    }
}

Histogram::Histogram(std::string name, std::string help)
    : name_(std::move(name)), help_(std::move(help)) {}

void Histogram::observe(double seconds) {
    std::size_t bucket = 0;
    while (bucket < kBounds.size() && seconds > kBounds.at(bucket)) ++bucket;
    buckets_.at(bucket).fetch_add(1, std::memory_order_relaxed);
    count_.fetch_add(1, std::memory_order_relaxed);
    micros_.fetch_add(static_cast<std::uint64_t>(seconds * 1e6), std::memory_order_relaxed);
}

void Histogram::write(std::string& page) const {
    write_head(page, name_, help_, "histogram");
    std::uint64_t below = 0;
    for (std::size_t i = 0; i < kBounds.size(); ++i) {
        below += buckets_.at(i).load(std::memory_order_relaxed);
        page += fmt::format("{}_bucket{{le=\"{}\"}} {}\n", name_, kBounds.at(i), below);
    }
    below += buckets_.back().load(std::memory_order_relaxed);
    page += fmt::format("{}_bucket{{le=\"+Inf\"}} {}\n", name_, below);
    page += fmt::format("{}_sum {}\n{}_count {}\n", name_,
                        static_cast<double>(micros_.load(std::memory_order_relaxed)) / 1e6, name_,
                        below);
}

void Metrics::write(std::string& page) const {
    accepted.write(page);
    refused.write(page);
    authenticated.write(page);
    ignored.write(page);
    unknown_names.write(page);
    taps.write(page);
    unrecorded.write(page);
    reaped.write(page);
    outcomes.write(page);
    released.write(page);
    reloads.write(page);
    overdue.write(page);
    topics.write(page);
    withdrawn.write(page);
    opt_outs.write(page);
    contacts.write(page);
    joined.write(page);
    express_over_cap.write(page);
    unknown_region_passed.write(page);
    replies_withheld.write(page);
    pilot_arms.write(page);
    retries.write(page);
    accept_seconds.write(page);
}

void write_gauge(std::string& page, std::string_view name, std::string_view help,
                 const Series& series) {
    write_head(page, name, help, "gauge");
    write_series(page, name, series);
}

void write_counter(std::string& page, std::string_view name, std::string_view help,
                   const Series& series) {
    write_head(page, name, help, "counter");
    write_series(page, name, series);
}

std::string metric_labels(
    std::initializer_list<std::pair<std::string_view, std::string_view>> labels) {
    std::string text;
    for (const auto& [name, value] : labels) {
        text += text.empty() ? "{" : ",";
        text += fmt::format("{}=\"{}\"", name, escape_label(value));
    }
    if (!text.empty()) text += "}";
    return text;
}

}  // namespace tapline
