#include "config/tools/run_tests.h"

#include <algorithm>

#include "adapters/crypto.h"
#include "config/tools/local_time.h"

namespace tapline {

namespace {

constexpr int kKeysTried = 2'000;

std::string joined_sorted(std::vector<std::string> names) {
    std::sort(names.begin(), names.end());
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
    return text;
}

std::string or_none(const std::string& text) {
    return text.empty() ? "none" : text;
}

// When it goes on: opens, or has been quiet for long enough.
std::optional<Time> end_of_wait(const Decision& decision, Time at) {
    if (decision.state == Decision::State::gathering && decision.patience) {
        return at + std::min(decision.patience->quiet, decision.patience->at_most);
    }
    return decision.release_at;
}

bool holds(const Expectation& expected, const std::string& got) {
    const bool said = expected.key == "reply" || expected.key == "says";
    if (said && expected.text == "true") return got != "none";
    if (said && expected.text == "false") return got == "none";
    return expected.text == got;
}

// Whether the customer's later contacts end where the first did.
std::optional<std::string> strays_to(const Brand& brand, const BrandTest& test,
                                     const std::string& first, const std::string& key,
                                     const ZoneOffsets& zone) {
    TestContact contact = test.contact;
    for (int i = 1; i < test.repeat; ++i) {
        contact.event.event_id = "test-" + std::to_string(i);
        contact.at += std::chrono::seconds(1);
        contact.event.occurred_at = contact.at;
        if (contact.event.reply_before) *contact.event.reply_before += std::chrono::seconds(1);
        const auto facts = told(outcome_of(brand, contact), contact, zone);
        if (facts.at(key) != first) return facts.at(key);
    }
    return std::nullopt;
}

}  // namespace

std::string call_of(const Decision& decision) {
    if (decision.call_back) return "callback";
    if (!decision.dial.to.empty()) return decision.closed ? "dial" : "ring";
    return decision.dial.voicemail ? "voicemail" : "hangup";
}

TestOutcome outcome_of(const Brand& brand, const TestContact& contact) {
    TestOutcome outcome;
    outcome.place = place(brand, contact.event, std::nullopt);
    outcome.customer = contact.customer;
    if (!contact.source.empty()) outcome.place.source = contact.source;
    if (!contact.region.empty()) outcome.place.region = contact.region;
    const auto decide = [&] {
        outcome.decision = evaluate(brand, {contact.event, outcome.place, outcome.customer},
                                    contact.situation, contact.at);
    };
    decide();
    for (int i = 0; !contact.arm.empty() && outcome.decision.arm != contact.arm; ++i) {
        outcome.arm_exists = i < kKeysTried;
        if (!outcome.arm_exists) break;
        outcome.customer.key = sha256_hex(std::to_string(i));
        decide();
    }
    return outcome;
}

std::vector<TrailStep> trail_of(const Brand& brand, const TestContact& contact,
                                const TestOutcome& outcome) {
    return explain(brand, {contact.event, outcome.place, outcome.customer}, contact.situation,
                   contact.at);
}

std::map<std::string, std::string> told(const TestOutcome& outcome, const TestContact& contact,
                                        const ZoneOffsets& zone) {
    const Decision& decision = outcome.decision;
    const auto moment = [&zone](const std::optional<Time>& time) {
        return time ? local_text(*time, zone) : std::string("none");
    };
    const bool is_call = contact.event.channel == Channel::call && !contact.event.call_step;
    std::map<std::string, std::string> facts;
    facts["route"] = or_none(decision.route);
    facts["queue"] = or_none(decision.queue);
    facts["state"] = std::string(to_string(decision.state));
    facts["until"] = moment(end_of_wait(decision, contact.at));
    facts["due"] = moment(decision.due_at);
    facts["priority"] = decision.priority;
    facts["call"] = is_call ? call_of(decision) : "none";
    facts["says"] = is_call ? or_none(decision.dial.say) : "none";
    facts["reply"] = or_none(decision.reply);
    facts["withheld"] = or_none(decision.reply_withheld);
    facts["arm"] = or_none(decision.arm);
    facts["held_by"] = or_none(decision.held_by);
    facts["copy_to"] = joined_sorted(decision.copy_to);
    facts["topics"] = joined_sorted(decision.topics);
    facts["campaign"] = or_none(outcome.place.campaign);
    facts["attribution"] = std::string(to_string(outcome.place.attribution));
    facts["source"] = outcome.place.source;
    facts["profile"] = or_none(outcome.place.profile);
    facts["button"] = or_none(outcome.place.button);
    return facts;
}

TestResult run_test(const Brand& brand, const BrandTest& test, const ZoneOffsets& zone) {
    TestResult result{brand.name, test.name, test.where, {}};
    const TestOutcome outcome = outcome_of(brand, test.contact);
    const auto facts = told(outcome, test.contact, zone);
    result.route = outcome.decision.route;
    result.trail = trail_of(brand, test.contact, outcome);
    if (!outcome.arm_exists) {
        result.failures.push_back({"customer arm", test.contact.arm, facts.at("arm")});
    }
    for (const Expectation& expected : test.expect) {
        if (expected.key != "same") {
            const std::string& got = facts.at(expected.key);
            if (!holds(expected, got)) {
                result.failures.push_back({expected.key, expected.text, got});
            }
            continue;
        }
        const std::string& first = facts.at(expected.text);
        const auto stray = strays_to(brand, test, first, expected.text, zone);
        if (stray) result.failures.push_back({"same " + expected.text, first, *stray});
    }
    return result;
}

std::vector<TestResult> run_tests(const Brand& brand, const BrandTests& tests) {
    std::vector<TestResult> results;
    results.reserve(tests.tests.size());
    for (const BrandTest& test : tests.tests) results.push_back(run_test(brand, test, tests.zone));
    return results;
}

std::vector<TestResult> run_tests(const Config& config) {
    std::vector<TestResult> all;
    for (const auto& [name, tests] : config.tests) {
        const auto brand = config.brands.find(name);
        if (brand == config.brands.end() || tests == nullptr) continue;
        auto results = run_tests(*brand->second, *tests);
        std::move(results.begin(), results.end(), std::back_inserter(all));
    }
    return all;
}

std::vector<std::string> trail_lines(const std::vector<TrailStep>& trail) {
    std::vector<std::string> lines;
    std::string route;
    for (const TrailStep& step : trail) {
        if (lines.empty() || step.route != route) lines.push_back(step.route + ":");
        route = step.route;
        const std::string condition = step.condition.empty() ? "no conditions" : step.condition;
        lines.back() +=
            (lines.back().back() == ':' ? " " : ", ") + condition + (step.holds ? " yes" : " NO");
    }
    return lines;
}

}  // namespace tapline
