// Finding the brands' files and merging those of one brand into one tree.
//
//     brands/acme.yaml      the whole brand in one file
//     brands/acme/*.yaml    the same in parts, merged in the order of the file names: sections that
//                           are maps get each other's entries, lists are joined, any other key may
//                           stand in one of the files only
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/config.h"
#include "config/yaml.h"

namespace tapline {

struct BrandTree {
    std::string name;              // of the file or folder
    std::optional<YamlNode> root;  // nothing when no file of the brand could be read
    bool complete = true;          // false when a file of it could not be read
    bool sound = true;             // false when a mistake was found
    Where top;
    std::string bytes;  // of all its files, each with its path and length
};

// The brands in the order of their names. Files in brands/ that do not end in .yaml are left alone,
// except .yml, which is reported.
std::vector<BrandTree> read_brand_trees(const FileAccess& files, Report& report);

}  // namespace tapline
