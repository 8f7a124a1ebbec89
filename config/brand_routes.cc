// The section of a brand that says which queue answers: routes.

#include <algorithm>

#include "config/brand_file.h"
#include "config/brand_route_keys.h"
#include "config/brand_when.h"

namespace tapline {

namespace {

constexpr std::size_t kRoutesMax = 10'000;

bool is_empty(const YamlNode* when) {
    return when == nullptr || when->kind == YamlNode::Kind::nothing ||
           (when->kind == YamlNode::Kind::map && when->entries.empty());
}

void check_when(const std::string& name, const YamlNode* when, const Where& where, Report& report) {
    if (name == "default") {
        if (when == nullptr || when->kind == YamlNode::Kind::refused) return;
        report.error(when->where,
                     "route \"default\" takes what is left and has no \"when\"; remove it, or give "
                     "the route another name");
    } else if (is_empty(when)) {
        report.error(where, "route " + shown(name) +
                                " has no conditions and would take everything; add \"when:\", or "
                                "call it default and put it last");
    }
}

void read_route(const YamlNode& node, BrandReading& reading) {
    Report& report = reading.report;
    auto& places = reading.draft.places;
    KeyReader fields(&node, "the route", report);
    const YamlNode* name_node = fields.need("name", "add name: what it is for");
    const auto name = read_value(name_node, kName, report);
    const std::string what = name ? "route " + shown(*name) : "the route";
    const YamlNode* when = fields.find("when");

    Route route;
    route.name = name.value_or("");
    const std::size_t errors_before = report.errors();
    if (!is_empty(when)) route.when = read_when(when, what, reading);
    const bool is_sound = report.errors() == errors_before;
    read_route_keys(fields, what, reading, route);
    fields.done();
    if (!name) return;
    check_when(*name, when, name_node->where, report);
    const auto [first, added] = places.insert({{"route", *name}, name_node->where});
    if (!added) {
        report.error(name_node->where, "route " + shown(*name) + " is there twice, first in " +
                                           pointer_to(first->second, name_node->where) +
                                           "; give each its own name");
        return;
    }
    if (!is_sound) places[{"faulty route", *name}] = name_node->where;
    reading.draft.brand.routes.push_back(std::move(route));
}

}  // namespace

void read_routes(const YamlNode* section, BrandReading& reading) {
    if (section == nullptr || section->kind == YamlNode::Kind::refused) return;
    if (section->kind != YamlNode::Kind::list) {
        report_shape(*section, "a list of routes", "", reading.report);
        return;
    }
    if (section->items.size() > kRoutesMax) {
        reading.report.error(section->where, "more than 10000 routes; join some by lists");
        return;
    }
    reading.draft.places[{"routes", ""}] = section->where;
    for (const YamlNode& node : section->items) read_route(node, reading);
    settle_owner_routes(reading);
}

}  // namespace tapline
