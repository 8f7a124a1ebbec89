// The section of a brand that says which queue answers: routes.

#include "config/brand_file.h"
#include "routes/region.h"

namespace tapline {

namespace {

constexpr std::size_t kRoutesMax = 10'000;

Parsed<std::string> parse_region(std::string_view written) {
    if (is_region(written)) return std::string(written);
    std::string upper(written);
    for (char& c : upper) {
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    }
    if (is_region("US-" + upper)) return tl::unexpected("write US-" + upper);
    if (is_region(upper)) return tl::unexpected("write " + upper);
    const bool coded = upper == written && (written.size() == 2 || written.find('-') == 2);
    return tl::unexpected<std::string>(coded ? "no phone number's prefix stands for it" : "");
}

Parsed<std::string> parse_word_pattern(std::string_view written) {
    if (WordPattern::is_valid(written)) return std::string(written);
    const bool has_star = written.find('*') != std::string_view::npos;
    return tl::unexpected<std::string>(has_star ? "a star stands only at the end, after letters"
                                                : "it has no letter or digit");
}

constexpr ValueKind<std::string> kRegion = {"a region like US-GA, CA-ON, DE or unknown",
                                            parse_region};
constexpr ValueKind<std::string> kWordPattern = {"a word or words like \"cancel*\"",
                                                 parse_word_pattern};

When read_when(const YamlNode* node, const std::string& what, BrandReading& reading) {
    Report& report = reading.report;
    When when;
    KeyReader fields(node, what + " when", report);
    for (const YamlNode* item : read_items(fields.find("source"), "sources", report)) {
        if (auto source = read_source(item, reading)) when.source.push_back(*std::move(source));
    }
    when.profile = read_references(fields.find("profile"), "profile", reading.profiles, report);
    for (const YamlNode* item : read_items(fields.find("channel"), "channels", report)) {
        if (const auto channel = read_value(item, kChannel, report)) {
            when.channel.push_back(*channel);
        }
    }
    when.button = read_references(fields.find("button"), "button", reading.buttons, report);
    when.campaign = read_references(fields.find("campaign"), "campaign", reading.campaigns, report);
    for (const YamlNode* item : read_items(fields.find("region"), "regions", report)) {
        if (auto region = read_value(item, kRegion, report)) {
            when.region.push_back(*std::move(region));
        }
    }
    for (const YamlNode* item : read_items(fields.find("text"), "words", report)) {
        if (const auto words = read_value(item, kWordPattern, report)) {
            when.text.emplace_back(*words);
        }
    }
    fields.done();
    return when;
}

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
    route.to = read_reference(fields.need("to", "add to: the queue that answers"), "queue",
                              reading.queues, report);
    route.respond_within = read_value(fields.find("respond_within"), kDuration, report);
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
}

}  // namespace tapline
