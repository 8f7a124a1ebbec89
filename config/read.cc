#include "config/read.h"

#include <algorithm>
#include <utility>

namespace tapline {

namespace {

// A file with thousands of names and mistakes must not cost the product of the two.
constexpr std::size_t kNamesComparedMax = 250;

bool looks_like_number(std::string_view text) {
    const bool has_digit = text.find_first_of("0123456789") != std::string_view::npos;
    return has_digit && text.find_first_not_of("0123456789+-.eE_") == std::string_view::npos &&
           text.find_first_of("eE_") != 0;
}

std::string found(const YamlNode& node) {
    switch (node.kind) {
        case YamlNode::Kind::scalar:
            return shown(node.text);
        case YamlNode::Kind::list:
            return node.items.empty() ? "an empty list" : "a list";
        case YamlNode::Kind::map:
            return "a map";
        default:
            return "nothing";
    }
}

// {name} without quotes is a map with one key and no value.
bool is_bare_placeholder(const YamlNode& node) {
    return node.kind == YamlNode::Kind::map && node.entries.size() == 1 &&
           node.entries.front().value.kind == YamlNode::Kind::nothing;
}

}  // namespace

KeyReader::KeyReader(const YamlNode* node, std::string what, Report& report)
    : what_(std::move(what)), report_(report) {
    if (node == nullptr) return;
    where_ = node->where;
    if (node->kind == YamlNode::Kind::map) {
        map_ = node;
    } else if (node->kind != YamlNode::Kind::refused) {
        report_.error(where_, what_ + ": expected a map of keys, found " + found(*node));
    }
}

const YamlNode* KeyReader::find(std::string_view key) {
    if (std::find(asked_.begin(), asked_.end(), key) == asked_.end()) asked_.emplace_back(key);
    return map_ == nullptr ? nullptr : map_->find(key);
}

const YamlNode* KeyReader::need(std::string_view key, std::string_view mend) {
    const YamlNode* node = find(key);
    if (node == nullptr && map_ != nullptr) {
        report_.error(where_, what_ + " has no " + shown(key) + "; " + std::string(mend));
    }
    return node;
}

Where KeyReader::where(std::string_view key) const {
    if (map_ == nullptr) return where_;
    const auto entry = std::find_if(map_->entries.begin(), map_->entries.end(),
                                    [key](const Entry& one) { return one.key == key; });
    return entry == map_->entries.end() ? where_ : entry->where;
}

void KeyReader::done() {
    if (map_ == nullptr) return;
    for (const Entry& entry : map_->entries) {
        if (std::find(asked_.begin(), asked_.end(), entry.key) != asked_.end()) continue;
        const std::string near = nearest(entry.key, asked_);
        const std::string mend = near.empty() ? "; its keys are " + listed(asked_)
                                              : "; did you mean " + shown(near) + "?";
        report_.error(entry.where, what_ + " has no key " + shown(entry.key) + mend);
    }
}

void report_shape(const YamlNode& node, std::string_view expected, std::string_view mend,
                  Report& report) {
    std::string message = "expected " + std::string(expected) + ", found " + found(node);
    if (!mend.empty()) message += "; " + std::string(mend);
    if (is_bare_placeholder(node)) {
        const std::string text = "{" + node.entries.front().key + "}";
        message += "; quote a text with braces: " + shown(text);
    }
    report.error(node.where, std::move(message));
}

std::optional<std::string> read_text(const YamlNode* node, Report& report) {
    if (node == nullptr || node->kind == YamlNode::Kind::refused) return std::nullopt;
    if (node->kind != YamlNode::Kind::scalar || node->text.empty()) {
        report_shape(*node, "a text", "", report);
        return std::nullopt;
    }
    if (!node->quoted && looks_like_number(node->text)) {
        report_shape(*node, "a text", "quote it, because bare it is a number", report);
        return std::nullopt;
    }
    return node->text;
}

std::optional<std::string> read_quoted(const YamlNode* node, const ValueKind<std::string>& kind,
                                       Report& report) {
    auto value = read_value(node, kind, report);
    if (value && !node->quoted && looks_like_number(node->text)) {
        report_shape(*node, kind.expected, "quote it, because bare it is a number", report);
        return std::nullopt;
    }
    return value;
}

std::vector<const YamlNode*> read_items(const YamlNode* node, std::string_view expected,
                                        Report& report) {
    if (node == nullptr || node->kind == YamlNode::Kind::refused) return {};
    if (node->kind == YamlNode::Kind::scalar) return {node};
    std::vector<const YamlNode*> items;
    for (const YamlNode& item : node->items) items.push_back(&item);
    if (items.empty()) report_shape(*node, expected, "", report);
    return items;
}

std::vector<const Entry*> read_named(const YamlNode* node, std::string_view what, Report& report) {
    if (node == nullptr || node->kind == YamlNode::Kind::refused) return {};
    if (node->kind != YamlNode::Kind::map) {
        report_shape(*node, "a map from names to " + std::string(what) + "s", "", report);
        return {};
    }
    std::vector<const Entry*> named;
    for (const Entry& entry : node->entries) {
        const Parsed<std::string> name = parse_name(entry.key);
        if (name) {
            named.push_back(&entry);
            continue;
        }
        const std::string mend = name.error().empty() ? "" : "; " + name.error();
        report.error(entry.where, "expected " + std::string(kName.expected) + ", found " +
                                      shown(entry.key) + mend);
    }
    return named;
}

bool check_name(std::string_view kind, const std::string& name, const Where& where,
                const Names& names, Report& report) {
    if (!names.complete || names.all.contains(name)) return true;
    report.error(
        where, std::string(kind) + " " + shown(name) + " does not exist" + name_mend(name, names));
    return false;
}

std::string name_mend(const std::string& name, const Names& names) {
    std::vector<std::string> all;
    for (const std::string& one : names.all) {
        if (all.size() == kNamesComparedMax) break;
        all.push_back(one);
    }
    const std::string near = nearest(name, all);
    if (!near.empty()) return "; did you mean " + shown(near) + "?";
    return all.empty() ? "; there is none yet" : "; there is " + listed(all);
}

}  // namespace tapline
