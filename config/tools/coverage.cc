#include "config/tools/coverage.h"

#include <algorithm>

namespace tapline {

namespace {

ConditionCoverage& condition_in(RouteCoverage& route, const std::string& name) {
    const auto found = std::find_if(route.conditions.begin(), route.conditions.end(),
                                    [&](const auto& one) { return one.condition == name; });
    if (found != route.conditions.end()) return *found;
    route.conditions.push_back({name, 0, 0});
    return route.conditions.back();
}

}  // namespace

bool RouteCoverage::covered() const {
    return taken > 0 && std::all_of(conditions.begin(), conditions.end(),
                                    [](const auto& one) { return one.covered(); });
}

std::vector<std::string> conditions_of(const When& when) {
    std::vector<std::string> names;
    const auto add = [&names](std::string_view name, bool there) {
        if (there) names.emplace_back(name);
    };
    add("source", !when.source.empty());
    add("profile", !when.profile.empty());
    add("channel", !when.channel.empty());
    add("button", !when.button.empty());
    add("campaign", !when.campaign.empty());
    add("line", !when.line.empty());
    add("region", !when.region.empty());
    add("language", !when.language.empty());
    add("auth", !when.auth.empty());
    for (const AttributionCondition& one : when.attribution) {
        names.push_back("attribution." + one.field);
    }
    add("customer", when.customer_known.has_value());
    add("contacts", when.contacts.has_value());
    add("open_journey", when.open_journey.has_value());
    add("customer_in", !when.customer_in.empty());
    add("switch", !when.switches.empty());
    add("time", !when.time.empty());
    add("text", !when.text.empty());
    add("pattern", !when.pattern.empty());
    return names;
}

std::vector<RouteCoverage> coverage_of(const Brand& brand, const BrandTests& tests,
                                       const std::vector<TestResult>& results) {
    std::vector<RouteCoverage> all;
    for (const Route& route : brand.routes) {
        RouteCoverage one{brand.name, route.name, tests.at("route", route.name), 0, {}};
        for (const std::string& name : conditions_of(route.when)) condition_in(one, name);
        all.push_back(std::move(one));
    }
    const auto named = [&all](const std::string& name) {
        return std::find_if(all.begin(), all.end(),
                            [&](const RouteCoverage& one) { return one.route == name; });
    };
    for (const TestResult& result : results) {
        for (const TrailStep& step : result.trail) {
            const auto route = named(step.route);
            if (route == all.end() || step.condition.empty()) continue;
            ConditionCoverage& condition = condition_in(*route, step.condition);
            ++(step.holds ? condition.met : condition.not_met);
        }
        const auto taken = named(result.route);
        if (taken != all.end()) ++taken->taken;
    }
    return all;
}

}  // namespace tapline
