// The section of a brand that says which queue answers: routes.

#include <algorithm>

#include "adapters/click.h"
#include "config/brand_file.h"
#include "config/brand_route_keys.h"
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

constexpr std::size_t kFieldsMax = 16;
constexpr std::size_t kFieldBytesMax = 64;
constexpr std::size_t kValueBytesMax = 512;

Parsed<std::string> parse_field(std::string_view written) {
    const bool plain = std::all_of(written.begin(), written.end(),
                                   [](char c) { return c > ' ' && c < '\x7F' && c != '*'; });
    if (plain && !written.empty() && written.size() <= kFieldBytesMax) return std::string(written);
    return tl::unexpected<std::string>("");
}

Parsed<std::string> parse_field_value(std::string_view written) {
    if (written == kAnyValue) return std::string(written);
    if (written.find('*') != std::string_view::npos) {
        return tl::unexpected<std::string>(
            "a star stands alone and means that the field is there; list the values");
    }
    if (written.empty() || written.size() > kValueBytesMax) return tl::unexpected<std::string>("");
    return std::string(written);
}

constexpr ValueKind<std::string> kField = {
    "an attribution field like utm_source, gclid or referral.ad_id", parse_field};
constexpr ValueKind<std::string> kFieldValue = {"a value of at most 512 bytes, or \"*\" for any",
                                                parse_field_value};

// Fields have the sender's names, so an unknown one may be right; one that is nearly a known one is
// likely not.
void warn_of_slip(const Entry& entry, Report& report) {
    const auto known = known_click_fields();
    const std::string field = attribution_key(entry.key);
    if (std::find(known.begin(), known.end(), field) != known.end()) return;
    const std::string near = field.starts_with("utm_") || field.size() <= 7
                                 ? nearest(field, {known.begin(), known.end()})
                                 : std::string();
    if (near.empty()) return;
    report.warning(entry.where, "attribution field " + shown(entry.key) +
                                    " is not one that is known; did you mean " + shown(near) + "?");
}

void read_attribution(const YamlNode* node, const std::string& what, Report& report,
                      std::vector<AttributionCondition>& conditions) {
    if (node == nullptr || node->kind == YamlNode::Kind::refused) return;
    if (node->kind != YamlNode::Kind::map) {
        report_shape(*node, "a map from attribution fields to values",
                     "write {utm_source: instagram}", report);
        return;
    }
    if (node->entries.empty()) {
        report.error(node->where,
                     what + " has no attribution field; write {utm_source: instagram}");
    }
    if (node->entries.size() > kFieldsMax) {
        report.error(node->where, what + " has more than 16 attribution fields; remove some");
        return;
    }
    for (const Entry& entry : node->entries) {
        YamlNode key;
        key.kind = YamlNode::Kind::scalar;
        key.text = entry.key;
        key.where = entry.where;
        const auto field = read_value(&key, kField, report);
        AttributionCondition condition;
        for (const YamlNode* item : read_items(&entry.value, "values of the field", report)) {
            auto value = read_value(item, kFieldValue, report);
            if (value) condition.values.push_back(*std::move(value));
        }
        if (!field || condition.values.empty()) continue;
        condition.field = attribution_key(*field);
        const bool twice = std::any_of(conditions.begin(), conditions.end(), [&](const auto& one) {
            return one.field == condition.field;
        });
        if (twice) {
            report.error(entry.where, "attribution field " + shown(entry.key) +
                                          " is there twice, because case does not count; keep one");
            continue;
        }
        warn_of_slip(entry, report);
        conditions.push_back(std::move(condition));
    }
}

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
    read_attribution(fields.find("attribution"), what, report, when.attribution);
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
