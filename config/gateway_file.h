// Reading tapline.yaml: listeners, Redis, limits, key files, connections.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "config/config.h"
#include "config/read.h"

namespace tapline {

inline constexpr std::string_view kGatewayFile = "tapline.yaml";

// What a section reader needs besides its node.
struct GatewayReading {
    const FileAccess& files;
    const std::vector<std::string>& providers;  // that connections may name
    Report& report;
};

struct GatewayDraft {
    Config config;                // brands is empty
    bool has_public_url = false;  // written, perhaps wrongly
    Names connections;            // every connection that is written, also a faulty one
    std::map<std::string, Where> connection_at;
    std::map<std::string, Where> connection_brand_at;  // where `brand:` stands
    Where mail_brand_at;                               // the same, in the section `mail`
};

// Null: the file could not be read, so the draft has the defaults and incomplete names.
GatewayDraft read_gateway_file(const YamlNode* root, const GatewayReading& reading);

// The section `connections`. REQUIRES: draft.config.public_url is read.
void read_connections(const YamlNode* section, const GatewayReading& reading, GatewayDraft& draft);

// `config: 1`, which every tapline.yaml and every brand has.
void read_language_version(KeyReader& fields, Report& report);

}  // namespace tapline
