#include "config/brand_overdue.h"

#include <algorithm>
#include <charconv>
#include <set>

namespace tapline {

namespace {

constexpr std::size_t kStepsMax = 16;
constexpr int kPercentMax = 1'000;

// "60%", and beyond the due time "150%".
Parsed<double> parse_moment(std::string_view written) {
    int percent = 0;
    const char* end = written.data() + written.size();
    const auto [stop, fault] = std::from_chars(written.data(), end, percent);
    const bool whole = fault == std::errc() && stop + 1 == end && *stop == '%';
    if (!whole || percent < 1 || percent > kPercentMax) {
        const bool bare = fault == std::errc() && stop == end;
        return tl::unexpected(bare ? "write " + std::string(written) + "%" : "");
    }
    return percent / 100.0;
}

constexpr ValueKind<double> kMoment = {"a share of the time to respond, 1% to 1000%, like 60%",
                                       parse_moment};

std::optional<OverdueStep> read_step(const YamlNode& node, const std::string& what,
                                     BrandReading& reading) {
    Report& report = reading.report;
    OverdueStep step;
    KeyReader fields(&node, what + " overdue", report);
    const auto at = read_value(fields.need("at", "add at: 60%"), kMoment, report);
    const YamlNode* alert = fields.find("alert");
    const YamlNode* move = fields.find("move");
    fields.done();
    if (!fields.is_map()) return std::nullopt;
    if ((alert == nullptr) == (move == nullptr)) {
        report.error(node.where, what + " overdue: a step has either alert: QUEUE or move: QUEUE");
        return std::nullopt;
    }
    step.act = move != nullptr ? OverdueStep::Act::move : OverdueStep::Act::alert;
    step.queue = read_reference(move != nullptr ? move : alert, "queue", reading.queues, report);
    if (!at || step.queue.empty()) return std::nullopt;
    step.at = *at;
    return step;
}

// The queue that entries of this one move to; "" for none.
std::string moves_to(const Queue& queue) {
    for (const OverdueStep& step : queue.overdue) {
        if (step.act == OverdueStep::Act::move) return step.queue;
    }
    return "";
}

void check_circles(const BrandDraft& draft, Report& report) {
    const auto& queues = draft.brand.queues;
    std::set<std::string> reported;
    for (const auto& [name, queue] : queues) {
        std::vector<std::string> path;
        std::string at = name;
        while (!at.empty() && std::find(path.begin(), path.end(), at) == path.end()) {
            path.push_back(at);
            const auto found = queues.find(at);
            at = found == queues.end() ? "" : moves_to(found->second);
        }
        // Who only leads into a circle is not part of it; one queue alone has its own mistake.
        if (at != name || path.size() < 2 || reported.contains(name)) continue;
        reported.insert(path.begin(), path.end());
        std::string words;
        for (const std::string& one : path) words += shown(one) + " to ";
        report.error(draft.at("overdue", name), "late entries would move in a circle, from " +
                                                    words + shown(name) +
                                                    "; let one of them alert instead");
    }
}

bool has_due_time(const BrandDraft& draft, const Queue& queue) {
    const auto& routes = draft.brand.routes;
    return draft.places.contains({"respond_within", queue.name}) ||
           std::any_of(routes.begin(), routes.end(),
                       [](const Route& route) { return route.respond_within.has_value(); });
}

}  // namespace

std::vector<OverdueStep> read_overdue(const YamlNode* node, const std::string& what,
                                      BrandReading& reading) {
    std::vector<OverdueStep> steps;
    if (node == nullptr || (node->kind == YamlNode::Kind::list && node->items.empty())) {
        return steps;
    }
    Report& report = reading.report;
    if (node->kind != YamlNode::Kind::list) {
        report_shape(*node, "a list of steps", "write [{at: 60%, alert: QUEUE}]", report);
        return steps;
    }
    if (node->items.size() > kStepsMax) {
        report.error(node->where, what + " has more than 16 overdue steps; remove some");
        return steps;
    }
    bool moved = false;
    for (const YamlNode& item : node->items) {
        const auto step = read_step(item, what, reading);
        if (!step) continue;
        if (!steps.empty() && step->at < steps.back().at) {
            report.error(item.where, what +
                                         " has overdue steps that do not rise; write them by "
                                         "their share, the smallest first");
        }
        if (moved) {
            report.error(item.where, what +
                                         " has an overdue step after one that moves the entry "
                                         "away; put it before, or at the other queue");
        }
        moved = moved || step->act == OverdueStep::Act::move;
        steps.push_back(*step);
    }
    return steps;
}

void check_overdue(const BrandDraft& draft, Report& report) {
    for (const auto& [name, queue] : draft.brand.queues) {
        const std::string& own = queue.name;
        const bool to_itself =
            std::any_of(queue.overdue.begin(), queue.overdue.end(),
                        [&own](const OverdueStep& step) { return step.queue == own; });
        if (to_itself) {
            report.error(draft.at("overdue", name),
                         "queue " + shown(name) +
                             " has an overdue step that leads to itself; name another queue");
        }
        if (!queue.overdue.empty() && draft.sound && !has_due_time(draft, queue)) {
            report.warning(draft.at("overdue", name),
                           "queue " + shown(name) +
                               " has overdue steps, and nothing in it is ever due; add "
                               "respond_within");
        }
    }
    check_circles(draft, report);
}

}  // namespace tapline
