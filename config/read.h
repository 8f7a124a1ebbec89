// Reading typed values out of a tree, with one wording for each kind of mistake.
//
//     KeyReader fields(node, "queue \"sales\"", report);
//     queue.reply = read_text(fields.find("reply"), report).value_or("");
//     fields.done();  // complains of the keys that nobody asked for
//
// Every reader takes a node that may be null (absent) or refused (already reported): it then
// answers nothing and says nothing.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "config/report.h"
#include "config/values.h"
#include "config/yaml.h"

namespace tapline {

class KeyReader {
  public:
    // `what` names the map in messages. Reports when the node is not a map. `node` may be null.
    // REQUIRES: node and report outlive the KeyReader.
    KeyReader(const YamlNode* node, std::string what, Report& report);

    // Null when the key is absent.
    const YamlNode* find(std::string_view key);
    // The same; reports an absent key. `mend` is what to write: "add source: instagram".
    const YamlNode* need(std::string_view key, std::string_view mend);
    // Where the key itself stands; the map's own place when it is absent.
    Where where(std::string_view key) const;
    // Reports every key of the map that was not asked for.
    void done();

    bool is_map() const { return map_ != nullptr; }

  private:
    const YamlNode* map_ = nullptr;
    Where where_;
    std::string what_;
    Report& report_;
    std::vector<std::string> asked_;
};

// "expected a list, found "x"": for a node of the wrong shape. The text of scalars is shown.
void report_shape(const YamlNode& node, std::string_view expected, std::string_view mend,
                  Report& report);

// A text that is not empty. Bare numbers must be quoted: other YAML tools drop their zeros and "+".
std::optional<std::string> read_text(const YamlNode* node, Report& report);

// A phone number or dial target, which must stand in quotes for the same reason.
std::optional<std::string> read_quoted(const YamlNode* node, const ValueKind<std::string>& kind,
                                       Report& report);

// The items of a list, or the one scalar that stands for a list of one. An empty list is a mistake.
std::vector<const YamlNode*> read_items(const YamlNode* node, std::string_view expected,
                                        Report& report);

// The entries of a map of named things: reports bad names and leaves them out.
std::vector<const Entry*> read_named(const YamlNode* node, std::string_view what, Report& report);

template <class T>
std::optional<T> read_value(const YamlNode* node, const ValueKind<T>& kind, Report& report) {
    if (node == nullptr || node->kind == YamlNode::Kind::refused) return std::nullopt;
    if (node->kind != YamlNode::Kind::scalar) {
        report_shape(*node, kind.expected, "", report);
        return std::nullopt;
    }
    Parsed<T> value = kind.parse(node->text);
    if (value) return *std::move(value);
    report_shape(*node, kind.expected, value.error(), report);
    return std::nullopt;
}

// A set of names that others refer to. When a file that may define more of them could not be read,
// the set is not complete, and nobody is told that a name does not exist.
struct Names {
    std::set<std::string, std::less<>> all;
    bool complete = true;
};

// Whether the name exists; reports `kind "x" does not exist` with the nearest one when it does not.
bool check_name(std::string_view kind, const std::string& name, const Where& where,
                const Names& names, Report& report);

// The nearest of the names, or all of them: `; did you mean "sales"?`
std::string name_mend(const std::string& name, const Names& names);

}  // namespace tapline
