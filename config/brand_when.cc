// The conditions of a route.
#include "config/brand_when.h"

#include <algorithm>

#include "config/brand_words.h"
#include "routes/customer_facts.h"
#include "routes/region.h"

namespace tapline {

namespace {

constexpr int kDepthMax = 8;
// What is known of a customer is forgotten after that time (gateway/intake/records.h).
constexpr std::chrono::seconds kKnownFor = std::chrono::hours(90 * 24);

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

constexpr ValueKind<std::string> kRegion = {"a region like US-GA, CA-ON, DE or unknown",
                                            parse_region};

Parsed<std::string> parse_language_or_unknown(std::string_view written) {
    return written == "unknown" ? Parsed<std::string>("unknown") : parse_language(written);
}

Parsed<std::string> parse_auth(std::string_view written) {
    for (const std::string_view one : {"signature", "api_key", "basic_auth", "none"}) {
        if (written == one) return std::string(written);
    }
    return tl::unexpected<std::string>("");
}

// Whether the customer is known.
Parsed<bool> parse_customer(std::string_view written) {
    if (written == "known") return true;
    if (written == "new") return false;
    return tl::unexpected<std::string>("");
}

constexpr ValueKind<std::string> kLanguageOrUnknown = {"a language like en, pt-BR or unknown",
                                                       parse_language_or_unknown};
constexpr ValueKind<std::string> kAuth = {"signature, api_key, basic_auth or none", parse_auth};
constexpr ValueKind<bool> kCustomer = {"known or new", parse_customer};

template <class T>
std::vector<T> read_values(const YamlNode* node, const ValueKind<T>& kind, Report& report) {
    std::vector<T> values;
    for (const YamlNode* item : read_items(node, kind.expected, report)) {
        if (auto value = read_value(item, kind, report)) values.push_back(*std::move(value));
    }
    return values;
}

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == ' ';
}

// The anchor that no text can meet: "$" with a letter behind it, "^" with one before it. Only of
// patterns without groups, classes and alternatives, where nothing can go around it.
std::optional<char> impossible_anchor(std::string_view pattern) {
    if (pattern.starts_with("(?i)")) pattern.remove_prefix(4);
    if (pattern.find_first_of("(|[") != std::string_view::npos) return std::nullopt;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        if (pattern[i] == '\\') {
            ++i;
            continue;
        }
        const std::string_view rest = pattern.substr(i + 1);
        const bool optional =
            rest.size() > 1 && std::string_view("*?{").find(rest[1]) != std::string_view::npos;
        if (pattern[i] == '$' && !rest.empty() && is_letter(rest[0]) && !optional) return '$';
        const bool escaped = i > 1 && pattern[i - 2] == '\\';
        if (pattern[i] == '^' && i > 0 && is_letter(pattern[i - 1]) && !escaped) return '^';
    }
    return std::nullopt;
}

std::string anchor_text(char anchor) {
    return anchor == '$'
               ? R"("$" is the end of the text; remove it, or write "\$" for the sign itself)"
               : R"("^" is the beginning of the text; remove it, or write "\^" for the )"
                 "sign itself";
}

std::vector<Pattern> read_patterns(const YamlNode* node, Report& report) {
    std::vector<Pattern> patterns;
    for (const YamlNode* item : read_items(node, "patterns", report)) {
        const auto written = read_text(item, report);
        if (!written) continue;
        auto pattern = Pattern::parse(*written);
        if (!pattern) {
            report.error(item->where, "pattern " + shown(*written) +
                                          " cannot be used: " + pattern.error().message +
                                          "; its syntax is RE2's (docs/config.md)");
        } else if (const auto anchor = impossible_anchor(*written)) {
            report.error(item->where,
                         "pattern " + shown(*written) + " can never hold: " + anchor_text(*anchor));
        } else if (pattern->matches("")) {
            report.error(item->where, "pattern " + shown(*written) +
                                          " matches every text, also an empty one; leave it out, "
                                          "or ask for at least one character");
        } else {
            patterns.push_back(*std::move(pattern));
        }
    }
    return patterns;
}

// How long back: no longer than anything is remembered.
std::optional<std::chrono::seconds> read_age(const YamlNode* node, Report& report) {
    const auto age = read_value(node, kDuration, report);
    if (!age || *age <= kKnownFor) return age;
    report.error(node->where, "customers are remembered for 90 days after their last contact, so " +
                                  shown(node->text) + " can never hold; write at most 90d");
    return std::nullopt;
}

std::optional<ContactsCondition> read_contacts(const YamlNode* node, const std::string& what,
                                               Report& report) {
    if (node == nullptr || node->kind == YamlNode::Kind::refused) return std::nullopt;
    KeyReader fields(node, what + " contacts", report);
    const YamlNode* at_least = fields.need("at_least", "add at_least: how many contacts");
    const YamlNode* within = fields.need("within", "add within: in how long a time, like 30d");
    fields.done();
    const auto count = read_value(at_least, kCount, report);
    const auto age = read_age(within, report);
    if (count && *count > kRecentContactsMax) {
        report.error(at_least->where, "the times of the last 20 contacts are remembered, so " +
                                          shown(at_least->text) +
                                          " can never hold; write at most 20");
        return std::nullopt;
    }
    if (!count || !age) return std::nullopt;
    return ContactsCondition{static_cast<int>(*count), *age};
}

std::vector<When> read_branches(const YamlNode* node, const std::string& what, int depth,
                                BrandReading& reading);

void read_customer(KeyReader& fields, const std::string& what, BrandReading& reading, When& when) {
    Report& report = reading.report;
    when.customer_known = read_value(fields.find("customer"), kCustomer, report);
    when.contacts = read_contacts(fields.find("contacts"), what, report);
    when.open_journey = read_age(fields.find("open_journey"), report);
    when.customer_in = read_references(fields.find("customer_in"), "table", reading.tables, report);
}

When read_conditions(const YamlNode* node, const std::string& what, int depth,
                     BrandReading& reading) {
    Report& report = reading.report;
    When when;
    KeyReader fields(node, what + " when", report);
    for (const YamlNode* item : read_items(fields.find("source"), "sources", report)) {
        if (auto source = read_source(item, reading)) when.source.push_back(*std::move(source));
    }
    when.profile = read_references(fields.find("profile"), "profile", reading.profiles, report);
    when.channel = read_values(fields.find("channel"), kChannel, report);
    when.button = read_references(fields.find("button"), "button", reading.buttons, report);
    when.campaign = read_references(fields.find("campaign"), "campaign", reading.campaigns, report);
    when.line = read_references(fields.find("line"), "line", reading.lines, report);
    when.region = read_values(fields.find("region"), kRegion, report);
    when.language = read_values(fields.find("language"), kLanguageOrUnknown, report);
    when.auth = read_values(fields.find("auth"), kAuth, report);
    when.text = read_words(fields.find("text"), report);
    when.pattern = read_patterns(fields.find("pattern"), report);
    read_attribution(fields.find("attribution"), what, report, when.attribution);
    read_customer(fields, what, reading, when);
    when.switches = read_references(fields.find("switch"), "switch", reading.switches, report);
    when.time = read_references(fields.find("time"), "hours", reading.hours, report);
    when.any = read_branches(fields.find("any"), what + " any", depth + 1, reading);
    when.all = read_branches(fields.find("all"), what + " all", depth + 1, reading);
    when.none = read_branches(fields.find("not"), what + " not", depth + 1, reading);
    fields.done();
    return when;
}

std::vector<When> read_branches(const YamlNode* node, const std::string& what, int depth,
                                BrandReading& reading) {
    if (node == nullptr || node->kind == YamlNode::Kind::refused) return {};
    Report& report = reading.report;
    if (depth > kDepthMax) {
        report.error(node->where,
                     "conditions stand in each other more than 8 deep; name some of "
                     "them in a route of their own");
        return {};
    }
    std::vector<const YamlNode*> items = {node};
    if (node->kind != YamlNode::Kind::map) items = read_items(node, "maps of conditions", report);
    std::vector<When> branches;
    for (const YamlNode* item : items) {
        if (item->kind == YamlNode::Kind::map && item->entries.empty()) {
            report.error(item->where, what +
                                          " has a map without conditions, which always holds; "
                                          "remove it, or write what it asks for");
            continue;
        }
        const std::size_t errors_before = report.errors();
        When one = read_conditions(item, what, depth, reading);
        if (report.errors() > errors_before) continue;
        check_possible(one, item->where, what, reading);
        branches.push_back(std::move(one));
    }
    return branches;
}

}  // namespace

When read_when(const YamlNode* node, const std::string& what, BrandReading& reading) {
    const std::size_t errors_before = reading.report.errors();
    When when = read_conditions(node, what, 0, reading);
    if (reading.report.errors() == errors_before) {
        check_possible(when, node->where, what + " when", reading);
    }
    return when;
}

}  // namespace tapline
