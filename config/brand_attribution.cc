// The condition `attribution` of routes.
#include <algorithm>

#include "adapters/click.h"
#include "config/brand_when.h"

namespace tapline {

namespace {

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

}  // namespace

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

}  // namespace tapline
