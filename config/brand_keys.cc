// The section of a brand that says which of its own apps may talk to Tapline: keys.
#include <algorithm>
#include <array>

#include "adapters/crypto.h"
#include "config/brand_file.h"
#include "config/secrets.h"

namespace tapline {

namespace {

constexpr std::array<std::string_view, 3> kScopes = {"events:write", "journeys:read",
                                                     "outcomes:write"};
constexpr std::size_t kApiKeyBytesMin = 16;
constexpr std::size_t kApiKeyBytesMax = 256;

// https://www.standardwebhooks.com: "whsec_" and the base64 of 24 to 64 bytes.
bool is_signing_secret(std::string_view value) {
    constexpr std::string_view kPrefix = "whsec_";
    if (!value.starts_with(kPrefix)) return false;
    const auto key = base64_decode(value.substr(kPrefix.size()));
    return key && key->size() >= 24 && key->size() <= 64;
}

// An API key is sent in a header as it is.
bool is_api_key(std::string_view value) {
    const auto printable = [](char c) { return c > ' ' && c < 127; };
    return value.size() >= kApiKeyBytesMin && value.size() <= kApiKeyBytesMax &&
           std::all_of(value.begin(), value.end(), printable);
}

struct KeyKind {
    std::string_view what;  // in messages and places
    bool (*is_valid)(std::string_view value);
    std::string_view fault;
};

constexpr KeyKind kSigningSecret = {
    "signing secret", is_signing_secret,
    "is not \"whsec_\" and the base64 of 24 to 64 random bytes; make one with: "
    "echo whsec_$(openssl rand -base64 32)"};
constexpr KeyKind kApiKey = {
    "API key", is_api_key,
    "is not 16 to 256 printable characters; make one with: openssl rand -hex 32"};

std::vector<std::string> read_scopes(const YamlNode* node, Report& report) {
    Names known;
    known.all.insert(kScopes.begin(), kScopes.end());
    return read_references(node, "scope", known, report);
}

void read_key(const YamlNode& node, const KeyKind& kind, BrandReading& reading,
              std::vector<BrandSecret>& keys) {
    Report& report = reading.report;
    const std::string what(kind.what);
    BrandSecret key;
    KeyReader fields(&node, "the " + what, report);
    const YamlNode* name_node = fields.need("name", "add name: of the app that uses it");
    const auto name = read_value(name_node, kName, report);
    const YamlNode* value_node = fields.need("value", "add value: file:PATH or \"${env:NAME}\"");
    const auto value = read_secret(value_node, SecretHome::brand_file, reading.files, report);
    key.scopes = read_scopes(fields.need("scopes", "add scopes: [events:write]"), report);
    fields.done();
    if (value && !value->empty() && !kind.is_valid(*value)) {
        report.error(value_node->where, "the " + what + " " + std::string(kind.fault));
    }
    if (!name) return;
    const auto [first, added] = reading.draft.places.insert({{what, *name}, name_node->where});
    if (!added) {
        report.error(name_node->where, what + " " + shown(*name) + " is there twice, first in " +
                                           pointer_to(first->second, name_node->where) +
                                           "; give each its own name");
        return;
    }
    key.name = *name;
    key.value = value.value_or("");
    keys.push_back(std::move(key));
}

void read_key_list(const YamlNode* list, const KeyKind& kind, BrandReading& reading,
                   std::vector<BrandSecret>& keys) {
    if (list == nullptr || list->kind == YamlNode::Kind::refused) return;
    if (list->kind != YamlNode::Kind::list) {
        // A scalar here may be a secret that stands in the wrong place.
        reading.report.error(list->where, "expected a list of name, value and scopes for each " +
                                              std::string(kind.what));
        return;
    }
    for (const YamlNode& node : list->items) {
        if (node.kind == YamlNode::Kind::scalar) {
            reading.report.error(
                node.where, "expected name, value and scopes for each " + std::string(kind.what));
            continue;
        }
        read_key(node, kind, reading, keys);
    }
}

}  // namespace

void read_app_keys(const YamlNode* section, BrandReading& reading) {
    if (section == nullptr) return;
    KeyReader fields(section, "keys", reading.report);
    Brand& brand = reading.draft.brand;
    read_key_list(fields.find("signing_secrets"), kSigningSecret, reading, brand.signing_secrets);
    read_key_list(fields.find("api_keys"), kApiKey, reading, brand.api_keys);
    fields.done();
}

}  // namespace tapline
