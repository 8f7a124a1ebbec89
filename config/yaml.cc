#include "config/yaml.h"

#include <algorithm>
#include <istream>
#include <memory>
#include <streambuf>
#include <unordered_map>
#include <utility>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "routes/utf8.h"

namespace tapline {

namespace {

constexpr std::size_t kLevelsMax = 32;
constexpr std::size_t kValuesMax = 250'000;

// Thrown by TreeBuilder to leave the parser, caught in parse_yaml.
struct LimitReached {
    YAML::Mark mark;
    std::string message;
};

class TreeBuilder : public YAML::EventHandler {
  public:
    TreeBuilder(std::shared_ptr<const std::string> file, Report& report)
        : file_(std::move(file)), report_(report) {
        root_.where = {file_, 0, 0};
    }

    // Where the document begins.
    const Where& begin() const { return begin_; }
    YamlNode take() { return std::move(root_); }

    void OnDocumentStart(const YAML::Mark& mark) override { begin_ = at(mark); }
    void OnDocumentEnd() override {}

    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        YamlNode node = start(YamlNode::Kind::nothing, mark);
        check(node, "", anchor);
        place(std::move(node));
    }

    void OnAlias(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override {
        YamlNode node = start(YamlNode::Kind::refused, mark);
        report_.error(node.where,
                      "aliases (*name) are not part of the language; write the value out, or quote "
                      "a text that begins with \"*\"");
        place(std::move(node));
    }

    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& value) override {
        YamlNode node = start(YamlNode::Kind::scalar, mark);
        node.text = value;
        node.quoted = tag == "!";
        check(node, tag, anchor);
        place(std::move(node));
    }

    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value /*style*/) override {
        open(YamlNode::Kind::list, mark, tag, anchor);
    }
    void OnSequenceEnd() override { close(); }

    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value /*style*/) override {
        open(YamlNode::Kind::map, mark, tag, anchor);
    }
    void OnMapEnd() override { close(); }

  private:
    struct Open {
        YamlNode node;
        std::optional<YamlNode> key;  // a map's key that waits for its value
        std::unordered_map<std::string, Where> keys;
    };

    Where at(const YAML::Mark& mark) const { return {file_, mark.line + 1, mark.column + 1}; }

    YamlNode start(YamlNode::Kind kind, const YAML::Mark& mark) {
        if (++values_ > kValuesMax) {
            throw LimitReached{mark, "more than 250000 values in one file; split it"};
        }
        YamlNode node;
        node.kind = kind;
        node.where = at(mark);
        return node;
    }

    void check(YamlNode& node, const std::string& tag, YAML::anchor_t anchor) {
        if (anchor != YAML::NullAnchor) {
            report_.error(node.where,
                          "anchors (&name) are not part of the language; write the value out, or "
                          "quote a text that begins with \"&\"");
        }
        const bool tagged = !tag.empty() && tag != "?" && tag != "!";
        if (!tagged) return;
        report_.error(node.where,
                      "tags (!name) are not part of the language; leave the tag out, or quote a "
                      "text that begins with \"!\"");
        node.kind = YamlNode::Kind::refused;
    }

    void open(YamlNode::Kind kind, const YAML::Mark& mark, const std::string& tag,
              YAML::anchor_t anchor) {
        if (open_.size() >= kLevelsMax) {
            throw LimitReached{mark, "nested deeper than 32 levels"};
        }
        Open opened{start(kind, mark), std::nullopt, {}};
        check(opened.node, tag, anchor);
        open_.push_back(std::move(opened));
    }

    void close() {
        YamlNode node = std::move(open_.back().node);
        open_.pop_back();
        place(std::move(node));
    }

    void place(YamlNode&& node) {
        if (open_.empty()) {
            root_ = std::move(node);
            return;
        }
        Open& parent = open_.back();
        if (parent.node.kind == YamlNode::Kind::list) {
            parent.node.items.push_back(std::move(node));
        } else if (parent.node.kind == YamlNode::Kind::map && !parent.key) {
            parent.key = std::move(node);
        } else if (parent.node.kind == YamlNode::Kind::map) {
            add_entry(parent, std::move(node));
        }
    }

    void add_entry(Open& parent, YamlNode&& value) {
        YamlNode key = *std::exchange(parent.key, std::nullopt);
        // The library marks a block where its first item stands, and an absent value where the next
        // token stands, often lines below the key that a person looks for.
        if (value.where.line > key.where.line && value.kind != YamlNode::Kind::scalar) {
            value.where = key.where;
        }
        if (value.kind == YamlNode::Kind::nothing) value.where = key.where;
        if (key.kind == YamlNode::Kind::refused) return;
        if (key.kind != YamlNode::Kind::scalar) {
            report_.error(key.where, "a key must be a word; found " + kind_name(key));
            return;
        }
        if (key.text == "<<" && !key.quoted) {
            report_.error(key.where,
                          "merge keys (<<) are not part of the language; write the keys out");
            return;
        }
        const auto [first, added] = parent.keys.emplace(key.text, key.where);
        if (!added) {
            report_.error(key.where, "key " + shown(key.text) + " is there twice, first in " +
                                         pointer_to(first->second, key.where) + "; keep one");
            return;
        }
        parent.node.entries.push_back(
            {std::move(key.text), key.quoted, key.where, std::move(value)});
    }

    static std::string kind_name(const YamlNode& node) {
        if (node.kind == YamlNode::Kind::list) return "a list";
        if (node.kind == YamlNode::Kind::map) return "a map (quote a text with braces)";
        return "nothing";
    }

    std::shared_ptr<const std::string> file_;
    Report& report_;
    std::vector<Open> open_;
    std::size_t values_ = 0;
    Where begin_;
    YamlNode root_;
};

// Reads bytes in place: the library takes a stream only.
class ByteBuffer : public std::streambuf {
  public:
    explicit ByteBuffer(std::string_view bytes) {
        char* begin = const_cast<char*>(bytes.data());  // never written: only the get area is set
        setg(begin, begin, begin + bytes.size());
    }
};

std::string_view line_of(std::string_view bytes, int line) {
    for (int i = 1; i < line; ++i) {
        const std::size_t end = bytes.find('\n');
        if (end == std::string_view::npos) return {};
        bytes.remove_prefix(end + 1);
    }
    return bytes.substr(0, bytes.find('\n'));
}

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

// Whether a value on the line begins with the character: after a space, "[" or ",".
bool has_value_beginning_with(std::string_view line, char first) {
    for (std::size_t at = 1; at < line.size(); ++at) {
        const char before = line[at - 1];
        if (line[at] == first && (before == ' ' || before == '[' || before == ',')) return true;
    }
    return false;
}

// Whether a {word} stands on the line.
bool has_placeholder(std::string_view line) {
    for (std::size_t open = line.find('{'); open != std::string_view::npos;
         open = line.find('{', open + 1)) {
        std::size_t end = open + 1;
        while (end < line.size() && is_letter(line[end])) ++end;
        if (end > open + 1 && end < line.size() && line[end] == '}') return true;
    }
    return false;
}

// What most often breaks a line: a text that needed quotes. The line itself is not shown, because
// it may hold a secret.
std::string mend_for(std::string_view line, std::size_t column) {
    const std::size_t first_colon = line.find(": ");
    const bool second_colon = column < line.size() && line[column] == ':' && column > first_colon;
    if (line.find('\t') != std::string_view::npos) return "; indent with spaces, never with tabs";
    if (second_colon) return "; quote the text that has \": \" in it";
    for (const char first : {'*', '&', '!', '@', '`', '%'}) {
        if (!has_value_beginning_with(line, first)) continue;
        return "; quote the text that begins with \"" + std::string(1, first) + "\"";
    }
    if (has_placeholder(line) || line.find("${") != std::string_view::npos) {
        return "; quote the text that has \"{\" in it";
    }
    return "; look for a missing quote, bracket or comma, or for wrong indentation";
}

// Where the first byte stands that belongs to no character.
std::optional<std::size_t> first_invalid_utf8(std::string_view text) {
    std::size_t at = 0;
    while (at < text.size()) {
        const CodePoint point = decode_utf8(text.substr(at));
        if (point.value == kInvalidCodePoint && point.bytes == 1) return at;
        at += point.bytes;
    }
    return std::nullopt;
}

Where position_of(const std::shared_ptr<const std::string>& file, std::string_view bytes,
                  std::size_t offset) {
    const std::string_view before = bytes.substr(0, offset);
    const auto lines = std::count(before.begin(), before.end(), '\n');
    const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
    return {file, static_cast<int>(lines) + 1, static_cast<int>(offset - line_start) + 1};
}

// False when the bytes are no text that a YAML parser should be shown.
bool check_bytes(const std::shared_ptr<const std::string>& file, std::string_view bytes,
                 Report& report) {
    if (bytes.size() > kFileBytesMax) {
        report.error({file, 0, 0}, "the file is larger than 1 MiB; split it");
        return false;
    }
    if (const auto invalid = first_invalid_utf8(bytes)) {
        report.error(position_of(file, bytes, *invalid),
                     "a byte that is not UTF-8; save the file as UTF-8");
        return false;
    }
    if (const std::size_t nul = bytes.find('\0'); nul != std::string_view::npos) {
        report.error(position_of(file, bytes, nul), "a NUL byte; save the file as plain text");
        return false;
    }
    return true;
}

}  // namespace

const YamlNode* YamlNode::find(std::string_view key) const {
    for (const Entry& entry : entries) {
        if (entry.key == key) return &entry.value;
    }
    return nullptr;
}

std::optional<YamlNode> parse_yaml(const std::string& file, std::string_view bytes,
                                   Report& report) {
    const auto name = std::make_shared<const std::string>(file);
    if (!check_bytes(name, bytes, report)) return std::nullopt;

    // Mistakes that the builder finds count only when the file as a whole can be read.
    Report found;
    TreeBuilder builder(name, found);
    try {
        ByteBuffer buffer(bytes);
        std::istream stream(&buffer);
        YAML::Parser parser(stream);
        parser.HandleNextDocument(builder);
        Report ignored;
        TreeBuilder rest(name, ignored);
        if (parser.HandleNextDocument(rest)) {
            report.error(rest.begin(),
                         "more than one YAML document (---); keep one document a file");
            return std::nullopt;
        }
    } catch (const LimitReached& limit) {
        report.error({name, limit.mark.line + 1, limit.mark.column + 1}, limit.message);
        return std::nullopt;
    } catch (const YAML::Exception& error) {
        const int line = error.mark.line + 1;
        report.error({name, line, error.mark.column + 1},
                     "not valid YAML: " + error.msg +
                         mend_for(line_of(bytes, line),
                                  static_cast<std::size_t>(std::max(error.mark.column, 0))));
        return std::nullopt;
    }
    report.append(found);
    return builder.take();
}

}  // namespace tapline
