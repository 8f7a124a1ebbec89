#include "config/tools/upgrade.h"

#include <algorithm>
#include <array>
#include <vector>

#include "config/yaml.h"

namespace tapline {

namespace {

struct Renamed {
    std::string_view before;
    std::string_view after;
};

constexpr std::array<Renamed, 1> kSources = {{{"twitter", "x"}}};

// A scalar to be written otherwise.
struct Edit {
    Where where;
    std::string before;
    std::string after;
};

void add_edit(const YamlNode& node, std::vector<Edit>& edits) {
    const auto name = deprecated_source(node.text);
    if (node.kind == YamlNode::Kind::scalar && name) {
        edits.push_back({node.where, node.text, std::string(*name)});
    }
}

// The values of every key `source`, but for those of attribution: those names are the sender's.
std::vector<Edit> edits_of(const YamlNode& root) {
    std::vector<Edit> edits;
    std::vector<const YamlNode*> open = {&root};
    while (!open.empty()) {
        const YamlNode& node = *open.back();
        open.pop_back();
        for (const YamlNode& item : node.items) open.push_back(&item);
        for (const Entry& entry : node.entries) {
            if (entry.key == "attribution") continue;
            open.push_back(&entry.value);
            if (entry.key != "source") continue;
            add_edit(entry.value, edits);
            for (const YamlNode& item : entry.value.items) add_edit(item, edits);
        }
    }
    // From the end, so that earlier positions stay right.
    std::sort(edits.begin(), edits.end(), [](const Edit& a, const Edit& b) {
        return a.where.line != b.where.line ? a.where.line > b.where.line
                                            : a.where.column > b.where.column;
    });
    return edits;
}

// Where the line begins; npos for one that is not there.
std::size_t begin_of_line(std::string_view text, int line) {
    std::size_t at = 0;
    for (int i = 1; i < line; ++i) {
        at = text.find('\n', at);
        if (at == std::string_view::npos) return at;
        ++at;
    }
    return at;
}

bool same(const YamlNode& a, const YamlNode& b);
bool same_entries(const YamlNode& a, const YamlNode& b) {
    return std::equal(
        a.entries.begin(), a.entries.end(), b.entries.begin(), b.entries.end(),
        [](const Entry& x, const Entry& y) { return x.key == y.key && same(x.value, y.value); });
}
// The depth is limited by the parser.
bool same(const YamlNode& a, const YamlNode& b) {
    return a.kind == b.kind && a.text == b.text && a.quoted == b.quoted &&
           std::equal(a.items.begin(), a.items.end(), b.items.begin(), b.items.end(), same) &&
           same_entries(a, b);
}

}  // namespace

std::optional<std::string_view> deprecated_source(std::string_view name) {
    const auto found = std::find_if(kSources.begin(), kSources.end(),
                                    [name](const Renamed& one) { return one.before == name; });
    if (found == kSources.end()) return std::nullopt;
    return found->after;
}

std::string tidied_config(const std::string& file, const std::string& bytes) {
    std::string text;
    std::size_t at = 0;
    while (at < bytes.size()) {
        const std::size_t end = std::min(bytes.find('\n', at), bytes.size());
        std::string_view line = std::string_view(bytes).substr(at, end - at);
        while (!line.empty() &&
               (line.back() == ' ' || line.back() == '\r' || line.back() == '\t')) {
            line.remove_suffix(1);
        }
        text.append(line).append("\n");
        at = end + 1;
    }
    while (text.size() > 1 && text.ends_with("\n\n")) text.pop_back();
    Report report;
    const auto before = parse_yaml(file, bytes, report);
    const auto after = parse_yaml(file, text, report);
    return before && after && same(*before, *after) ? text : bytes;
}

std::string upgraded_config(const std::string& file, const std::string& bytes) {
    Report report;
    const auto root = parse_yaml(file, bytes, report);
    if (!root) return bytes;
    std::string text = bytes;
    for (const Edit& edit : edits_of(*root)) {
        const std::size_t line = begin_of_line(text, edit.where.line);
        if (line == std::string::npos) continue;
        // The column may be that of the quote.
        const std::size_t from =
            line + static_cast<std::size_t>(std::max(edit.where.column, 1)) - 1;
        const std::size_t found = text.find(edit.before, from);
        if (found == std::string::npos || found > from + 1) continue;
        text.replace(found, edit.before.size(), edit.after);
    }
    return text;
}

}  // namespace tapline
