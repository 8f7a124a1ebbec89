#include "config/yaml.h"

#include <chrono>
#include <filesystem>
#include <fstream>

#include <doctest/doctest.h>
#include <unistd.h>

#include "config/config.h"
#include "tests/config/support.h"

using namespace tapline;

namespace {

std::string first_message(const std::string& bytes) {
    Report report;
    const auto root = parse_yaml("a.yaml", bytes, report);
    const auto mistakes = report.sorted();
    if (mistakes.empty()) return root ? "" : "nothing was reported";
    return to_string(mistakes.front());
}

std::string repeated(const std::string& text, std::size_t times) {
    std::string all;
    for (std::size_t i = 0; i < times; ++i) all += text;
    return all;
}

}  // namespace

TEST_CASE("yaml: keeps scalars as they are written") {
    Report report;
    const auto root = parse_yaml(
        "a.yaml", "a: no\nb: 0123\nc: +18005550100\nd: '1'\ne: 1e3\nf: |\n  two\n  lines\ng:\n",
        report);
    REQUIRE(root.has_value());
    CHECK(report.sorted().empty());
    CHECK(root->find("a")->text == "no");
    CHECK(root->find("b")->text == "0123");
    CHECK(root->find("c")->text == "+18005550100");
    CHECK_FALSE(root->find("c")->quoted);
    CHECK(root->find("d")->quoted);
    CHECK(root->find("e")->text == "1e3");
    CHECK(root->find("f")->text == "two\nlines\n");
    CHECK(root->find("g")->kind == YamlNode::Kind::nothing);
    CHECK(root->find("g")->where.line == 9);
    CHECK(root->find("h") == nullptr);
}

TEST_CASE("yaml: reads a byte order mark, comments and an empty file") {
    CHECK(first_message("\xEF\xBB\xBF"
                        "a: b\n") == "");
    CHECK(first_message("# nothing\n") == "");
    CHECK(first_message("") == "");
}

TEST_CASE("yaml: refuses bytes that are no text, with their place") {
    CHECK(first_message("a: b\nc: \xFF\n") ==
          "a.yaml:2:4: a byte that is not UTF-8; save the file as UTF-8");
    CHECK(first_message("a: \xC0\x80\n") ==
          "a.yaml:1:4: a byte that is not UTF-8; save the file as UTF-8");
    CHECK(first_message(std::string("a: b\nc\0d: e\n", 12)) ==
          "a.yaml:2:2: a NUL byte; save the file as plain text");
}

TEST_CASE("yaml: refuses what is too large, too deep or too many") {
    CHECK(first_message(std::string(kFileBytesMax + 1, '#')) ==
          "a.yaml: the file is larger than 1 MiB; split it");
    CHECK(first_message(std::string(kFileBytesMax, '#')) == "");
    CHECK(first_message(repeated("[", 32) + repeated("]", 32)) == "");
    CHECK(first_message(repeated("[", 33) + repeated("]", 33)) ==
          "a.yaml:1:33: nested deeper than 32 levels");
    CHECK(first_message(repeated("- ", 100'000)) == "a.yaml:1:65: nested deeper than 32 levels");
    CHECK(first_message("[" + repeated("a,", 250'001) + "]").find("more than 250000 values") !=
          std::string::npos);
}

TEST_CASE("yaml: does not follow aliases, so that no file can explode") {
    std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x]\n";
    for (int i = 1; i < 20; ++i) {
        const std::string name = std::to_string(i);
        const std::string last = "*a" + std::to_string(i - 1);
        bomb += "a" + name + ": &a" + name + " [" + last + repeated(", " + last, 8) + "]\n";
    }
    Report report;
    CHECK(parse_yaml("a.yaml", bomb, report).has_value());
    CHECK(report.has_errors());
}

TEST_CASE("disk: reads and lists what is below its directory") {
    namespace fs = std::filesystem;
    const fs::path root =
        fs::temp_directory_path() / ("tapline-config-test-" + std::to_string(getpid()));
    fs::create_directories(root / "brands" / "globex");
    std::ofstream(root / "brands" / "acme.yaml") << "config: 1\n";
    std::ofstream(root / "large") << std::string(kFileBytesMax + 100, 'x');
    const FileAccess files = disk_access(root.string());
    CHECK(files.directory == root.string());
    CHECK(files.read("brands/acme.yaml") == "config: 1\n");
    CHECK(files.read((root / "brands" / "acme.yaml").string()) == "config: 1\n");
    CHECK(files.read("large")->size() == kFileBytesMax + 100);
    CHECK_FALSE(files.read("brands").has_value());
    CHECK_FALSE(files.read("missing").has_value());
    CHECK(files.list("brands") == std::vector<std::string>{"acme.yaml", "globex/"});
    CHECK(files.list("missing").empty());
    CHECK(files.environment("PATH").has_value());
    CHECK_FALSE(files.environment("TAPLINE_TEST_VARIABLE_THAT_IS_NOT_SET").has_value());
    fs::remove_all(root);
}
