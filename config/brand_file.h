// Reading one brand: profiles, campaigns, lines, buttons, queues, routes and the keys of its apps.
//
// The brand's files are merged into one tree first (brand_merge.h). Names may be used before they
// are defined and across files, so all names are collected before any section is read.
#pragma once

#include <map>
#include <string>
#include <utility>

#include "config/config.h"
#include "config/csv.h"
#include "config/read.h"
#include "config/tools/brand_tests.h"
#include "routes/brand.h"

namespace tapline {

struct BrandDraft {
    Brand brand;
    // False when one of its files could not be read: then nothing is said of what may stand there.
    bool complete = true;
    // False when a mistake was found while it was read: what seems unused may be misspelt.
    bool sound = true;
    Where top;
    // Where things stand, by kind and name: ("queue", "sales"), ("account", profile name), ...
    std::map<std::pair<std::string, std::string>, Where> places;
    BrandTests tests;

    Where at(const std::string& kind, const std::string& name) const;
};

// What a section reader needs besides its node. Names are those of the brand, except connections.
struct BrandReading {
    const FileAccess& files;
    Report& report;
    const Names& connections;
    BrandDraft& draft;
    Names sources;
    Names profiles;
    Names campaigns;
    Names lines;
    Names buttons;
    Names queues;
    Names hours;
    Names switches;
    Names tables;
};

// Reads the merged tree into the draft, whose brand must be called as its file or folder is.
// REQUIRES: draft.brand.name, draft.complete, draft.sound and draft.top are set.
void read_brand(const YamlNode& root, const FileAccess& files, const Names& connections,
                BrandDraft& draft, Report& report);

// The sections. Each takes null for an absent section.
void read_profiles(const YamlNode* section, BrandReading& reading);
void read_campaigns(const YamlNode* section, BrandReading& reading);
void read_lines(const YamlNode* section, BrandReading& reading);
void read_buttons(const YamlNode* section, BrandReading& reading);
void read_hours(const YamlNode* section, BrandReading& reading);
void read_queues(const YamlNode* section, BrandReading& reading);
void read_tables(const YamlNode* section, BrandReading& reading);
void read_routes(const YamlNode* section, BrandReading& reading);
void read_switches(const YamlNode* section, BrandReading& reading);
void read_topics(const YamlNode* section, BrandReading& reading);
void read_costs(const YamlNode* section, BrandReading& reading);
void read_sheet(const YamlNode* section, BrandReading& reading);
void read_app_keys(const YamlNode* section, BrandReading& reading);

// The table whose path `node` is (csv.h).
std::optional<CsvTable> read_table(const YamlNode* node, const std::vector<std::string>& columns,
                                   BrandReading& reading);

// The source's own name ("x" for "twitter"); reports a name that is neither known nor declared.
std::optional<std::string> read_source(const YamlNode* node, const BrandReading& reading);

// The names that `node` (one or a list) refers to; reports the ones that do not exist.
std::vector<std::string> read_references(const YamlNode* node, std::string_view kind,
                                         const Names& names, Report& report);
// The same for a single name; "" when absent or wrong.
std::string read_reference(const YamlNode* node, std::string_view kind, const Names& names,
                           Report& report);

}  // namespace tapline
