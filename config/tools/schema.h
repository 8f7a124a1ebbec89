// The config language as JSON Schema (2020-12): completions, descriptions and first checks in
// editors.
//
//     # yaml-language-server: $schema=./brand.schema.json     the first line of a brand's file
//
// What only the whole config tells (names that exist, lines of two buttons) is left to
// `tapline check`. The keys are tables, one row a key; a test holds them against the readers.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace tapline {

// One key of one kind of map. `type` is what it takes, alternatives parted by " / ":
//
//     duration   a scalar of schema.cc        name*      one of them or a list
//     @queue     a map of that kind           [@route]   a list of them
//     {@queue}   a map from names to them     =a,b       one of these words
//     null       nothing
//
// A key that begins with "~" is a regular expression; one that ends in "!" is required.
struct SchemaKey {
    std::string_view object;
    std::string_view key;
    std::string_view type;
    std::string_view about;
};

std::span<const SchemaKey> brand_schema_keys();    // its top is the object "brand"
std::span<const SchemaKey> gateway_schema_keys();  // its top is the object "gateway"

// The schema of a brand's file. A folder's files hold parts of a brand, so no key of the top is
// required.
std::string brand_schema();
// The schema of tapline.yaml.
std::string gateway_schema();

}  // namespace tapline
