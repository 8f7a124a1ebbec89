#include "gateway/cli/send_report.h"

#include <nlohmann/json.hpp>

#include "gateway/cli/running.h"

namespace tapline {

namespace {

using Json = nlohmann::json;

constexpr const char* kBetween = " · ";

// A text member; "" when it is missing or something else.
std::string member(const Json& json, const char* name) {
    const auto found = json.find(name);
    return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// The verdicts of an answer and what each of them stands for in the request; no verdicts where one
// of them is not one.
struct Verdicts {
    std::vector<Json> items;
    const char* unit = "";  // "line", "item", "" for a single event
};

Verdicts read_verdicts(const std::string& body) {
    Verdicts verdicts;
    const Json whole = Json::parse(body, nullptr, false);
    if (whole.is_array()) {
        verdicts.items.assign(whole.begin(), whole.end());
        verdicts.unit = "item";
    } else if (whole.is_object()) {
        verdicts.items.push_back(whole);
    } else {
        verdicts.unit = "line";
        for (std::size_t at = 0; at < body.size();) {
            const std::size_t end = std::min(body.find('\n', at), body.size());
            verdicts.items.push_back(Json::parse(body.substr(at, end - at), nullptr, false));
            at = end + 1;
        }
    }
    for (const Json& item : verdicts.items) {
        if (!item.is_object() || member(item, "status").empty()) return {};
    }
    return verdicts;
}

// The numbers of the lines that are not blank: those that have a verdict.
std::vector<std::size_t> line_numbers(std::string_view sent) {
    std::vector<std::size_t> numbers;
    for (std::size_t number = 1; !sent.empty(); ++number) {
        const std::size_t end = std::min(sent.find('\n'), sent.size());
        const bool blank = sent.substr(0, end).find_first_not_of(" \t\r") == std::string_view::npos;
        if (!blank) numbers.push_back(number);
        sent.remove_prefix(std::min(end + 1, sent.size()));
    }
    return numbers;
}

void add(std::string& line, const std::string& part) {
    if (part.empty()) return;
    if (!line.empty()) line += kBetween;
    line += part;
}

std::string labelled(const char* label, const std::string& value) {
    return value.empty() ? value : label + value;
}

bool is_safe(const std::string& status) {
    return status == "accepted" || status == "seen";
}

}  // namespace

std::string mark_line(const Mark& mark, bool before, const std::string& durability,
                      const std::string& zone, Time now) {
    std::string line = before ? "seen before" : mark.state == "queued" ? "accepted" : mark.state;
    if (mark.queue.empty()) {
        add(line, mark.number.empty() ? "no contact" : mark.number);
    } else {
        add(line, mark.number);
        add(line, "route " + mark.route);
        add(line, "queue " + mark.queue);
        add(line, "due " + due_text(mark.due_at, now, zone));
    }
    add(line, durability.empty() ? "-" : durability);
    return line;
}

Result<VerdictLines> verdict_lines(const HttpAnswer& answer, std::string_view sent,
                                   const std::string& zone, Time now) {
    const Verdicts verdicts = read_verdicts(answer.body);
    if (verdicts.items.empty()) {
        return fail(ErrorCode::bad_request, refusal_text(answer));
    }
    const bool several = *verdicts.unit != '\0';
    const auto numbers =
        verdicts.unit == std::string_view("line") ? line_numbers(sent) : std::vector<std::size_t>();
    VerdictLines told;
    for (std::size_t i = 0; i < verdicts.items.size(); ++i) {
        const Json& verdict = verdicts.items[i];
        const std::string status = member(verdict, "status");
        std::string line;
        if (several) {
            const std::size_t number = i < numbers.size() ? numbers[i] : i + 1;
            add(line, std::string(verdicts.unit) + " " + std::to_string(number));
        }
        add(line, status == "seen" ? "seen before" : status);
        if (several) add(line, labelled("id ", member(verdict, "id")));
        if (is_safe(status)) {
            const auto due = verdict.find("due_at");
            const bool has_due = due != verdict.end() && due->is_number_integer();
            const auto due_at =
                has_due ? std::optional(from_ms(due->get<std::int64_t>())) : std::nullopt;
            add(line, member(verdict, "tracking_number"));
            add(line, labelled("route ", member(verdict, "route")));
            add(line, labelled("queue ", member(verdict, "queue")));
            add(line, "due " + due_text(due_at, now, zone));
            add(line, answer.durability);
            add(line, labelled("note: ", member(verdict, "note")));
        } else {
            add(line, member(verdict, "error"));
            told.all_safe = false;
        }
        told.lines.push_back(std::move(line));
    }
    return told;
}

std::string refusal_text(const HttpAnswer& answer) {
    const Json problem = Json::parse(answer.body, nullptr, false);
    const std::string detail = problem.is_object() ? member(problem, "detail") : std::string();
    return "refused with " + std::to_string(answer.status) + ": " +
           (detail.empty() ? answer.body : detail);
}

}  // namespace tapline
