#include "config/brand_pilots.h"

#include <algorithm>
#include <utility>

#include "config/brand_words.h"
#include "config/calendar.h"

namespace tapline {

namespace {

constexpr std::string_view kControl = "control";
constexpr double kRounding = 1e-9;  // ten arms of 10% are the whole

// "> 5%".
Parsed<double> parse_limit(std::string_view written) {
    if (!written.starts_with('>')) {
        const auto share = parse_share(written);
        return tl::unexpected(share ? "write \"> " + std::string(written) + "\"" : "");
    }
    written.remove_prefix(1);
    while (written.starts_with(' ')) written.remove_prefix(1);
    return parse_share(written);
}

constexpr ValueKind<double> kLimit = {"a limit like \"> 5%\"", parse_limit};

void read_arms(const YamlNode* node, const std::string& what, BrandReading& reading, Pilot& pilot) {
    Report& report = reading.report;
    double sum = 0;
    for (const Entry* entry : read_named(node, "arm", report)) {
        const std::string self = what + " arm " + shown(entry->key);
        if (entry->key == kControl) {
            report.error(entry->where, self +
                                           " is who is in no other arm and stays on the route's "
                                           "queue; give this one another name");
            continue;
        }
        KeyReader fields(&entry->value, self, report);
        const auto share = read_value(fields.need("share", "add share: of the customers, like 10%"),
                                      kShare, report);
        Arm arm{entry->key, share.value_or(0), ""};
        arm.to = read_reference(fields.need("to", "add to: the queue that answers them"), "queue",
                                reading.queues, report);
        fields.done();
        sum += arm.share;
        pilot.arms.push_back(std::move(arm));
    }
    if (node == nullptr) return;
    if (node->kind == YamlNode::Kind::map && node->entries.empty()) {
        report.error(node->where, what + " has no arm; write {NAME: {share: 10%, to: QUEUE}}");
    }
    if (sum > 1 + kRounding) {
        report.error(node->where,
                     "the arms of " + what + " have more than 100% together; make some smaller");
    }
}

std::optional<StopIf> read_stop_if(const YamlNode* node, const std::string& what, Report& report) {
    if (node == nullptr) return std::nullopt;
    KeyReader fields(node, what + " stop_if", report);
    const auto overdue =
        read_value(fields.need("overdue", "add overdue: \"> 5%\""), kLimit, report);
    const auto after =
        read_value(fields.need("after", "add after: the contacts of an arm that it takes to tell"),
                   kCount, report);
    fields.done();
    if (!overdue || !after) return std::nullopt;
    return StopIf{*overdue, static_cast<int>(*after)};
}

}  // namespace

std::optional<Pilot> read_pilot(const YamlNode* node, const std::string& what,
                                BrandReading& reading) {
    if (node == nullptr) return std::nullopt;
    Report& report = reading.report;
    const std::string self = what + " pilot";
    const std::string& zone = reading.draft.brand.timezone;
    Pilot pilot;
    KeyReader fields(node, self, report);
    const YamlNode* name = fields.need("name", "add name: what is tried");
    pilot.name = read_value(name, kName, report).value_or("");
    const auto from = read_value(fields.find("from"), kDate, report);
    const auto until = read_value(fields.find("until"), kDate, report);
    read_arms(fields.need("arms", "add arms: {NAME: {share: 10%, to: QUEUE}}"), self, reading,
              pilot);
    pilot.stop_if = read_stop_if(fields.find("stop_if"), self, report);
    fields.done();
    if (from) pilot.from = start_of_day(*from, zone);
    if (until) pilot.until = end_of_day(*until, zone);
    if (from && until && *until < *from) {
        report.error(fields.where("until"), self + " ends before it begins; until is its last day");
    }
    if (pilot.name.empty()) return std::nullopt;
    const auto [first, added] = reading.draft.places.insert({{"pilot", pilot.name}, name->where});
    if (!added) {
        report.error(name->where, "pilot " + shown(pilot.name) + " is there twice, first in " +
                                      pointer_to(first->second, name->where) +
                                      "; give each its own name");
    }
    return pilot;
}

std::optional<Patience> read_patience(const YamlNode* node, const std::string& what,
                                      Report& report) {
    if (node == nullptr) return std::nullopt;
    const std::string self = what + " patience";
    KeyReader fields(node, self, report);
    const auto quiet = read_value(
        fields.need("quiet", "add quiet: the time after a post, like 45s"), kDuration, report);
    const auto at_most =
        read_value(fields.need("at_most", "add at_most: the time after the first post, like 4m"),
                   kDuration, report);
    Patience patience;
    patience.skip = read_words(fields.find("skip"), report);
    fields.done();
    if (!quiet || !at_most) return std::nullopt;
    if (*at_most < *quiet) {
        report.error(fields.where("at_most"),
                     self +
                         " is at most shorter than its quiet time; write quiet: 45s, at_most: "
                         "4m");
    }
    patience.quiet = *quiet;
    patience.at_most = *at_most;
    return patience;
}

}  // namespace tapline
