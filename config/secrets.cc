#include "config/secrets.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace tapline {

namespace {

constexpr std::string_view kHowToRefer = "write ${env:NAME} or file:PATH";
constexpr std::string_view kFile = "file:";
constexpr std::string_view kEnvironment = "${env:";

constexpr std::array<std::string_view, 21> kPlaceholders = {
    "changeme", "changethis", "replaceme", "secret", "secretkey", "mysecret", "yoursecret",
    "password", "passwd",     "example",   "test",   "testing",   "dummy",    "placeholder",
    "todo",     "tbd",        "none",      "null",   "default",   "insecure", "fixme"};

// Whoever is to put a secret in writes such words, alone or beside those of what it is.
constexpr std::array<std::string_view, 17> kHints = {
    "your", "example", "sample", "dummy", "placeholder", "replace", "change", "insert", "enter",
    "put",  "paste",   "here",   "me",    "please",      "fill",    "todo",   "fixme"};
constexpr std::array<std::string_view, 22> kFillers = {
    "auth",   "token",   "secret",  "key",    "api",     "app", "access", "password",
    "client", "webhook", "signing", "verify", "with",    "the", "a",      "real",
    "value",  "my",      "this",    "in",     "account", "to"};

bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

// Letters and digits only, in lower case: "Change-Me" and "<changeme>" are the same placeholder.
std::string squeezed(std::string_view value) {
    std::string letters;
    for (const char c : value) {
        if (c >= 'A' && c <= 'Z') letters += static_cast<char>(c - 'A' + 'a');
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) letters += c;
    }
    return letters;
}

template <std::size_t N>
bool is_one_of(const std::array<std::string_view, N>& words, std::string_view word) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

// "<token>", "your-auth-token-here", "REPLACE_ME_PLEASE_123".
bool is_instruction(std::string_view value) {
    if (value.starts_with('<') && value.ends_with('>')) return true;
    bool hinted = false;
    while (!value.empty()) {
        const auto letter = [](char c) { return is_word(c) && c != '_'; };
        const auto begin = std::find_if(value.begin(), value.end(), letter);
        const auto end = std::find_if_not(begin, value.end(), letter);
        const std::string word = squeezed(std::string_view(begin, end));
        value = std::string_view(end, value.end());
        const bool is_number = word.find_first_not_of("0123456789") == std::string::npos;
        if (is_number || is_one_of(kFillers, word)) continue;
        if (!is_one_of(kHints, word)) return false;
        hinted = true;
    }
    return hinted;
}

bool is_placeholder(std::string_view value) {
    if (is_instruction(value)) return true;
    const std::string letters = squeezed(value);
    if (letters.empty()) return true;
    const bool one_letter = letters.find_first_not_of(letters.front()) == std::string::npos;
    return one_letter ||
           std::find(kPlaceholders.begin(), kPlaceholders.end(), letters) != kPlaceholders.end();
}

// What is wrong with the value, and the mend; "" when it may be a secret.
std::string fault_of(std::string_view value) {
    if (std::all_of(value.begin(), value.end(), is_space))
        return "is empty; write the secret there";
    if (is_space(value.front()) || is_space(value.back())) {
        return "begins or ends with white space; remove it";
    }
    const auto control = [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 127; };
    if (std::any_of(value.begin(), value.end(), control)) {
        return "has control characters or several lines in it; keep the secret alone on one line";
    }
    if (is_placeholder(value)) return "holds a placeholder; put the real secret there";
    return "";
}

// `at` names the place: `the file "secrets/x"`.
std::optional<std::string> checked(std::string value, const std::string& at, const Where& where,
                                   Report& report) {
    const std::string fault = fault_of(value);
    if (fault.empty()) return value;
    report.error(where, at + " " + fault);
    return std::nullopt;
}

std::optional<std::string> missing(const Where& where, std::string message, const FileAccess& files,
                                   Report& report) {
    if (!files.on_missing_secret) {
        report.error(where, std::move(message));
        return std::nullopt;
    }
    files.on_missing_secret({Mistake::Severity::warning, where.file ? *where.file : std::string(),
                             where.line, where.column, std::move(message)});
    return "";
}

bool leads_out(std::string_view path) {
    return path == ".." || path.starts_with("../") || path.ends_with("/..") ||
           path.find("/../") != std::string_view::npos;
}

std::optional<std::string> read_secret_file(const YamlNode& node, SecretHome home,
                                            const FileAccess& files, Report& report) {
    const std::string path = node.text.substr(kFile.size());
    const std::string at = "the file " + shown(path);
    if (path.empty()) {
        report.error(node.where, "file: without a path; write file:secrets/NAME");
        return std::nullopt;
    }
    if (home == SecretHome::brand_file) {
        const bool outside = path.front() == '/' || leads_out(path);
        const bool links_outside = !outside && files.is_outside && files.is_outside(path);
        if (outside || links_outside) {
            report.error(node.where, at + (links_outside ? " links to a file" : " is") +
                                         " outside the config directory; a brand's files may "
                                         "name only files below it");
            return std::nullopt;
        }
    }
    if (files.on_secret_file) files.on_secret_file(path);
    auto value = files.read(path);
    if (!value) {
        return missing(node.where,
                       at + " cannot be read; write the secret into it, readable by the gateway "
                            "alone",
                       files, report);
    }
    if (!value->empty() && value->back() == '\n') value->pop_back();
    if (!value->empty() && value->back() == '\r') value->pop_back();
    return checked(*std::move(value), at, node.where, report);
}

std::optional<std::string> read_secret_variable(const YamlNode& node, const FileAccess& files,
                                                Report& report) {
    const std::string name =
        node.text.substr(kEnvironment.size(), node.text.size() - kEnvironment.size() - 1);
    const bool good = !name.empty() && std::all_of(name.begin(), name.end(), is_word);
    if (!good) {
        report.error(node.where, "expected ${env:NAME} with a name of letters, digits and \"_\"");
        return std::nullopt;
    }
    const std::string at = "the environment variable " + name;
    auto value = files.environment(name);
    if (!value) {
        return missing(node.where,
                       at + " is not set; set it where tapline is started, or use file:PATH", files,
                       report);
    }
    return checked(*std::move(value), at, node.where, report);
}

bool is_variable(std::string_view text) {
    return text.starts_with(kEnvironment) && text.back() == '}' &&
           text.find('}') == text.size() - 1;
}

}  // namespace

std::optional<std::string> read_secret(const YamlNode* node, SecretHome home,
                                       const FileAccess& files, Report& report) {
    if (node == nullptr || node->kind == YamlNode::Kind::refused) return std::nullopt;
    if (node->kind == YamlNode::Kind::scalar) {
        if (node->text.starts_with(kFile)) {
            return read_secret_file(*node, home, files, report);
        }
        if (is_variable(node->text)) return read_secret_variable(*node, files, report);
        report.error(node->where, "a secret must not stand in this file; " +
                                      std::string(kHowToRefer) +
                                      ", and change the secret if others can read the file");
        return std::nullopt;
    }
    report_shape(*node, "a reference to a secret", kHowToRefer, report);
    return std::nullopt;
}

std::optional<std::string> read_key_path(const YamlNode* node, Report& report) {
    if (node == nullptr || node->kind == YamlNode::Kind::refused) return std::nullopt;
    const bool is_reference = node->kind == YamlNode::Kind::scalar &&
                              node->text.starts_with(kFile) && node->text.size() > kFile.size();
    if (is_reference) return node->text.substr(kFile.size());
    report.error(node->where,
                 "a key must be a file:PATH; the gateway makes the file at its first start");
    return std::nullopt;
}

std::string below(const std::string& directory, const std::string& path) {
    if (directory.empty() || (!path.empty() && path.front() == '/')) return path;
    return directory.back() == '/' ? directory + path : directory + "/" + path;
}

}  // namespace tapline
