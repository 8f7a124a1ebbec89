#include "config/brand_merge.h"

#include <algorithm>
#include <map>
#include <utility>

#include "config/read.h"

namespace tapline {

namespace {

constexpr std::string_view kFolder = "brands";

std::string path_in(const std::string& folder, const std::string& name) {
    return folder + "/" + name;
}

void refuse_yml(const std::string& path, Report& report) {
    report.error(whole_file(path), "a config file ends in .yaml; rename it");
}

// The paths of the brand files in the folder, sorted. Hidden files are an editor's or a mount's.
std::vector<std::string> yaml_files(const FileAccess& files, const std::string& folder,
                                    Report& report) {
    std::vector<std::string> paths;
    for (const std::string& name : files.list(folder)) {
        if (name.empty() || name.front() == '.') continue;
        const std::string path = path_in(folder, name);
        if (name.ends_with(".yml")) refuse_yml(path, report);
        if (name.ends_with(".yaml")) paths.push_back(path);
    }
    std::sort(paths.begin(), paths.end());
    return paths;
}

void merge_entry(YamlNode& root, Entry&& entry, Report& report) {
    const auto found = std::find_if(root.entries.begin(), root.entries.end(),
                                    [&](const Entry& one) { return one.key == entry.key; });
    if (found == root.entries.end()) {
        root.entries.push_back(std::move(entry));
        return;
    }
    YamlNode& target = found->value;
    if (target.kind == YamlNode::Kind::list && entry.value.kind == YamlNode::Kind::list) {
        std::move(entry.value.items.begin(), entry.value.items.end(),
                  std::back_inserter(target.items));
        return;
    }
    if (target.kind != YamlNode::Kind::map || entry.value.kind != YamlNode::Kind::map) {
        report.error(entry.where, "key " + shown(entry.key) + " is there twice, first in " +
                                      pointer_to(found->where, entry.where) + "; keep one");
        return;
    }
    std::map<std::string, Where> keys;
    for (const Entry& one : target.entries) keys.emplace(one.key, one.where);
    for (Entry& one : entry.value.entries) {
        const auto first = keys.find(one.key);
        if (first == keys.end()) {
            target.entries.push_back(std::move(one));
            continue;
        }
        report.error(one.where, "key " + shown(one.key) + " is there twice, first in " +
                                    pointer_to(first->second, one.where) + "; keep one");
    }
}

void add_file(const FileAccess& files, const std::string& path, BrandTree& tree, Report& report) {
    const auto bytes = files.read(path);
    if (!bytes) {
        report.error(whole_file(path), "the file cannot be read; let the gateway read it");
        tree.complete = false;
        return;
    }
    tree.bytes += path + "\n" + std::to_string(bytes->size()) + "\n" + *bytes;
    auto root = parse_yaml(path, *bytes, report);
    if (root && root->kind != YamlNode::Kind::map) {
        report_shape(*root, "a brand's keys, such as config, brand and routes", "", report);
        root.reset();
    }
    if (!root) {
        tree.complete = false;
    } else if (!tree.root) {
        tree.root = std::move(root);
    } else {
        for (Entry& entry : root->entries) merge_entry(*tree.root, std::move(entry), report);
    }
}

BrandTree read_tree(const FileAccess& files, const std::string& name,
                    const std::vector<std::string>& paths, Report& report) {
    BrandTree tree;
    tree.name = name;
    tree.top = whole_file(paths.front());
    const std::size_t errors_before = report.errors();
    for (const std::string& path : paths) add_file(files, path, tree, report);
    tree.sound = report.errors() == errors_before;
    return tree;
}

}  // namespace

std::vector<BrandTree> read_brand_trees(const FileAccess& files, Report& report) {
    const std::string folder(kFolder);
    std::map<std::string, std::vector<std::string>> paths_of;
    for (const std::string& path : yaml_files(files, folder, report)) {
        const std::string name = path.substr(folder.size() + 1);
        paths_of[name.substr(0, name.size() - 5)].push_back(path);
    }
    for (const std::string& name : files.list(folder)) {
        if (name.size() < 2 || name.front() == '.' || name.back() != '/') continue;
        const std::string brand = name.substr(0, name.size() - 1);
        const auto paths = yaml_files(files, path_in(folder, brand), report);
        if (paths.empty()) continue;
        auto& all = paths_of[brand];
        if (!all.empty()) {
            report.error(whole_file(all.front()),
                         "brand " + shown(brand) + " has this file and a folder too; keep one");
        }
        all.insert(all.end(), paths.begin(), paths.end());
    }
    std::vector<BrandTree> trees;
    for (const auto& [name, paths] : paths_of) {
        const Parsed<std::string> good = parse_brand_name(name);
        if (!good) {
            report.error(whole_file(paths.front()),
                         "the file (or folder) is called like its brand: expected " +
                             std::string(kBrandName.expected) + ", found " + shown(name));
            continue;
        }
        trees.push_back(read_tree(files, name, paths, report));
    }
    return trees;
}

}  // namespace tapline
