#include "config/brand_file.h"

#include <algorithm>
#include <array>

#include "config/calendar.h"
#include "config/gateway_file.h"
#include "config/tools/read_tests.h"
#include "config/tools/upgrade.h"

namespace tapline {

namespace {

constexpr std::array<std::string_view, 5> kSources = {"facebook", "instagram", "web", "whatsapp",
                                                      "x"};

void collect_keys(const YamlNode& root, std::string_view section, Names& names) {
    const YamlNode* node = root.find(section);
    if (node == nullptr) return;
    if (node->kind != YamlNode::Kind::map) {
        names.complete = false;
        return;
    }
    for (const Entry& entry : node->entries) names.all.insert(entry.key);
}

void collect_names(const YamlNode& root, BrandReading& reading) {
    for (Names* names :
         {&reading.sources, &reading.profiles, &reading.campaigns, &reading.lines, &reading.buttons,
          &reading.queues, &reading.hours, &reading.switches, &reading.tables}) {
        names->complete = reading.draft.complete;
    }
    collect_keys(root, "profiles", reading.profiles);
    collect_keys(root, "campaigns", reading.campaigns);
    collect_keys(root, "lines", reading.lines);
    collect_keys(root, "buttons", reading.buttons);
    collect_keys(root, "queues", reading.queues);
    collect_keys(root, "hours", reading.hours);
    collect_keys(root, "switches", reading.switches);
    collect_keys(root, "tables", reading.tables);
    reading.sources.all.insert(kSources.begin(), kSources.end());
}

// Sources that the brand declares, besides those that everybody has.
void read_own_sources(const YamlNode* node, BrandReading& reading) {
    for (const YamlNode* item : read_items(node, "a list of sources", reading.report)) {
        const auto source = read_value(item, kName, reading.report);
        if (!source) continue;
        const bool alias = deprecated_source(*source).has_value();
        if (alias || !reading.sources.all.insert(*source).second) {
            reading.report.error(item->where, "source " + shown(*source) +
                                                  " is known already; remove it from sources");
        } else {
            reading.draft.places[{"source", *source}] = item->where;
        }
    }
}

void read_brand_name(const YamlNode* node, const std::string& name, Report& report) {
    const auto written = read_value(node, kBrandName, report);
    if (!written || *written == name) return;
    report.error(node->where, "brand " + shown(*written) + " stands in the file of brand " +
                                  shown(name) + "; file (or folder) and brand must have one name");
}

// Stands in pages of at most 4 KiB, in subjects and in SMS.
std::string read_display_name(const YamlNode* node, Report& report) {
    constexpr std::size_t kBytesMax = 80;
    std::string name = read_text(node, report).value_or("");
    const bool one_line = std::none_of(name.begin(), name.end(), [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == '\x7F';
    });
    if (name.size() <= kBytesMax && one_line) return name;
    report.error(node->where, "a display name is one line of at most 80 bytes; shorten it");
    return "";
}

}  // namespace

Where BrandDraft::at(const std::string& kind, const std::string& name) const {
    const auto place = places.find({kind, name});
    return place == places.end() ? top : place->second;
}

std::optional<CsvTable> read_table(const YamlNode* node, const std::vector<std::string>& columns,
                                   BrandReading& reading) {
    const auto path = read_text(node, reading.report);
    if (!path) return std::nullopt;
    return read_csv(reading.files, *path, node->where, columns, reading.report);
}

std::optional<std::string> read_source(const YamlNode* node, const BrandReading& reading) {
    auto source = read_text(node, reading.report);
    if (!source) return std::nullopt;
    if (const auto name = deprecated_source(*source)) {
        reading.report.warning(node->where, "source " + shown(*source) + " is called " +
                                                shown(*name) +
                                                " now; \"tapline fmt --upgrade\" rewrites it");
        return std::string(*name);
    }
    if (!reading.sources.complete || reading.sources.all.contains(*source)) return source;
    const std::string mend = name_mend(*source, reading.sources);
    reading.report.error(node->where, "source " + shown(*source) + " does not exist" + mend +
                                          (mend.back() == '?' ? " Else" : ";") +
                                          " add it to the brand's key \"sources\"");
    return std::nullopt;
}

std::string read_reference(const YamlNode* node, std::string_view kind, const Names& names,
                           Report& report) {
    if (node == nullptr || node->kind == YamlNode::Kind::refused) return "";
    if (node->kind != YamlNode::Kind::scalar) {
        report_shape(*node, "the name of a " + std::string(kind), "", report);
        return "";
    }
    return check_name(kind, node->text, node->where, names, report) ? node->text : "";
}

std::vector<std::string> read_references(const YamlNode* node, std::string_view kind,
                                         const Names& names, Report& report) {
    std::vector<std::string> found;
    const std::string expected = "the name of a " + std::string(kind) + " or a list of names";
    for (const YamlNode* item : read_items(node, expected, report)) {
        std::string name = read_reference(item, kind, names, report);
        if (!name.empty()) found.push_back(std::move(name));
    }
    return found;
}

void read_brand(const YamlNode& root, const FileAccess& files, const Names& connections,
                BrandDraft& draft, Report& report) {
    BrandReading reading{files, report, connections, draft, {}, {}, {}, {}, {}, {}, {}, {}, {}};
    Brand& brand = draft.brand;
    const std::string name = brand.name;
    const std::size_t errors_before = report.errors();
    collect_names(root, reading);

    KeyReader fields(&root, "brand " + shown(name), report);
    if (draft.complete && fields.is_map()) {
        read_language_version(fields, report);
        fields.need("brand", "add brand: " + name);
        fields.need("owner", "add owner: with the address of who answers for this file");
        fields.need("queues", "add queues: with a name for each team that answers");
        fields.need("routes", "add routes: that end with \"- name: default\" and its \"to:\"");
    }
    fields.find("config");
    read_brand_name(fields.find("brand"), name, report);
    brand.owner = read_text(fields.find("owner"), report).value_or("");
    brand.display_name = read_display_name(fields.find("display_name"), report);
    brand.timezone = read_value(fields.find("timezone"), kTimezone, report).value_or("UTC");
    brand.currency = read_value(fields.find("currency"), kCurrency, report).value_or("");
    read_own_sources(fields.find("sources"), reading);
    read_profiles(fields.find("profiles"), reading);
    read_campaigns(fields.find("campaigns"), reading);
    read_lines(fields.find("lines"), reading);
    read_buttons(fields.find("buttons"), reading);
    read_hours(fields.find("hours"), reading);
    read_queues(fields.find("queues"), reading);
    read_tables(fields.find("tables"), reading);
    read_routes(fields.find("routes"), reading);
    read_switches(fields.find("switches"), reading);
    read_topics(fields.find("topics"), reading);
    read_costs(fields.find("costs"), reading);
    read_sheet(fields.find("sheet"), reading);
    read_app_keys(fields.find("keys"), reading);
    draft.tests = read_tests(fields.find("tests"), reading);
    fields.done();
    draft.sound = draft.sound && report.errors() == errors_before;
}

}  // namespace tapline
