// A config file as a tree of plain values with their positions. Only yaml.cc knows the YAML
// library.
//
// The language is a strict part of YAML: one document, no anchors, aliases, merge keys and tags, no
// duplicate keys, no complex keys. Scalars stay the text that was written, so that "no", "0123" and
// "+18005550100" mean what they say; each reader decides by what its key expects.
//
// Limits: 1 MiB a file, 32 levels, 250,000 values.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/report.h"

namespace tapline {

inline constexpr std::size_t kFileBytesMax = 1u << 20;

struct Entry;

struct YamlNode {
    // refused: its mistake is reported; readers pass over it in silence.
    enum class Kind { nothing, scalar, list, map, refused };
    Kind kind = Kind::nothing;
    std::string text;     // scalar
    bool quoted = false;  // scalar: stands in quotes or is a block of text
    Where where;
    std::vector<YamlNode> items;  // list
    std::vector<Entry> entries;   // map, in written order; keys are unique

    // The value of `key`, or null.
    const YamlNode* find(std::string_view key) const;
};

struct Entry {
    std::string key;
    bool quoted = false;
    Where where;  // of the key
    YamlNode value;
};

// The file's tree; an empty file is a node of kind nothing. Nothing at all when the file is not
// valid YAML (or too large, too deep, not UTF-8): that is then the only mistake of this file.
std::optional<YamlNode> parse_yaml(const std::string& file, std::string_view bytes, Report& report);

}  // namespace tapline
