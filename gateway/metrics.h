// Counters and histograms in Prometheus' text format.
//
// Labels take values from closed sets only (names in the config, reasons in the code), never from
// a request, so the number of series is bounded. All functions are thread-safe.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tapline {

// A family of counters with up to two labels.
class CounterFamily {
  public:
    CounterFamily(std::string name, std::string help, std::string label_a, std::string label_b);

    void add(std::string_view a, std::string_view b, std::uint64_t n = 1);
    std::uint64_t value(std::string_view a, std::string_view b) const;
    void write(std::string& page) const;

  private:
    const std::string name_, help_, label_a_, label_b_;
    mutable std::mutex mutex_;
    // Compares without making strings of the views that it is asked for.
    struct Less {
        using is_transparent = void;
        template <class A, class B>
        bool operator()(const A& a, const B& b) const {
            const int order = std::string_view(a.first).compare(b.first);
            return order != 0 ? order < 0 : std::string_view(a.second) < std::string_view(b.second);
        }
    };
    std::map<std::pair<std::string, std::string>, std::uint64_t, Less> values_;
};

// Seconds, in buckets from 1 ms to 10 s.
class Histogram {
  public:
    Histogram(std::string name, std::string help);

    void observe(double seconds);
    std::uint64_t count() const { return count_.load(std::memory_order_relaxed); }
    void write(std::string& page) const;

  private:
    static constexpr std::array kBounds = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                           0.1,   0.25,   0.5,   1.0,  2.5,   10.0};
    const std::string name_, help_;
    std::array<std::atomic<std::uint64_t>, kBounds.size() + 1> buckets_{};
    std::atomic<std::uint64_t> count_{0};
    std::atomic<std::uint64_t> micros_{0};
};

// What the gateway counts. The names are those of the metrics page.
struct Metrics {
    CounterFamily accepted{"tapline_accepted_total",
                           "Events answered as safe, by what became of them.", "connection",
                           "state"};
    CounterFamily refused{"tapline_refused_total", "Requests and events that were refused.",
                          "connection", "reason"};
    CounterFamily authenticated{"tapline_authenticated_total",
                                "Requests that were let in, by what they showed for it.",
                                "connection", "auth"};
    CounterFamily ignored{"tapline_ignored_total", "Authentic requests that ask for nothing.",
                          "connection", "reason"};
    CounterFamily unknown_names{
        "tapline_unknown_names_total",
        "Accepted events that name what the brand does not declare, or have unlisted members.",
        "brand", "kind"};
    CounterFamily taps{"tapline_taps_total", "Requests of contact links, by who asked.", "brand",
                       "kind"};
    CounterFamily unrecorded{"tapline_unrecorded_total",
                             "Calls and taps that were served although nothing could record them.",
                             "connection", "kind"};
    CounterFamily reaped{"tapline_reaped_total", "Acknowledged entries that were removed.", "brand",
                         "queue"};
    CounterFamily outcomes{"tapline_outcomes_total", "Outcomes that backends reported.", "brand",
                           "outcome"};
    CounterFamily released{
        "tapline_released_total",
        "Held entries put on their queues, by what held them; and those that were not: put_off, "
        "late ones that their queue had no room for yet; closed, whose queue was closed; stuck, "
        "which cannot be read or added.",
        "brand", "kind"};
    CounterFamily reloads{"tapline_reloads_total", "Times the config was read again, by result.",
                          "result", ""};
    CounterFamily overdue{"tapline_overdue_total",
                          "What was done because nobody answered in time: late, alerted, moved, "
                          "copied, expired.",
                          "brand", "act"};
    CounterFamily topics{"tapline_topics_total", "Topics that were escalated or cleared.", "brand",
                         "what"};
    CounterFamily withdrawn{"tapline_withdrawn_total",
                            "Entries taken back before anybody had them, by why.", "brand", "why"};
    CounterFamily opt_outs{"tapline_opt_outs_total",
                           "Customers' STOP and START, and replies that were withheld for one.",
                           "brand", "kind"};
    CounterFamily contacts{"tapline_contacts_total", "Contacts accepted, by their state.", "brand",
                           "state"};
    CounterFamily joined{"tapline_joined_total",
                         "Contacts that joined a journey which they do not name, by why.", "brand",
                         "why"};
    CounterFamily express_over_cap{
        "tapline_express_over_cap_total",
        "Express contacts that went to the normal stream: their lane was full.", "brand", "queue"};
    CounterFamily unknown_region_passed{
        "tapline_unknown_region_passed_total",
        "Contacts of an unknown region that a switch with regions let pass.", "brand", "switch"};
    CounterFamily replies_withheld{"tapline_replies_withheld_total",
                                   "Automatic replies that were not made, by why.", "brand",
                                   "reason"};
    CounterFamily pilot_arms{"tapline_pilot_contacts_total", "Contacts of pilots.", "brand", "arm"};
    CounterFamily retries{"tapline_accept_retries_total",
                          "Accept calls that were evaluated again, by reason.", "reason",
                          "attempt"};
    Histogram accept_seconds{"tapline_accept_seconds",
                             "From the complete request to its answer, accepted requests."};

    void write(std::string& page) const;
};

// Families that are made from live state when the page is asked for.
using Series = std::vector<std::pair<std::string, double>>;  // labels and value
void write_gauge(std::string& page, std::string_view name, std::string_view help,
                 const Series& series);
void write_counter(std::string& page, std::string_view name, std::string_view help,
                   const Series& series);
// {a="x",b="y"}, with values escaped.
std::string metric_labels(
    std::initializer_list<std::pair<std::string_view, std::string_view>> labels);

}  // namespace tapline
