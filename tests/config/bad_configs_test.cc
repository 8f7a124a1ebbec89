// Every file below bad/ has one fault, which its name tells, and beside it the exact messages:
//
//     bad/brand/NAME.yaml, NAME.txt      loaded as brands/acme.yaml beside a good tapline.yaml
//     bad/gateway/NAME.yaml, NAME.txt    loaded as tapline.yaml beside a good brands/acme.yaml
//     bad/cross/NAME/..., NAME.txt       a config directory of its own
#include <filesystem>
#include <set>

#include <doctest/doctest.h>

#include "tests/config/support.h"

namespace {

namespace fs = std::filesystem;
using tapline::test::Files;

const std::string kBad = "tests/config/bad/";

// The names of the cases: all .txt files.
std::set<std::string> cases(const std::string& folder) {
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(TAPLINE_SOURCE_DIR "/" + kBad + folder)) {
        if (entry.path().extension() == ".txt") names.insert(entry.path().stem().string());
    }
    return names;
}

void check_case(const Files& files, const std::string& expected_path) {
    CAPTURE(expected_path);
    const tapline::LoadResult result = tapline::test::load(files);
    const std::string found = tapline::test::messages(result);
    CHECK(found == tapline::test::source_file(expected_path));
    bool has_error = false;
    for (const tapline::Mistake& mistake : result.mistakes) {
        has_error = has_error || mistake.severity == tapline::Mistake::Severity::error;
    }
    CHECK(result.config.has_value() == !has_error);
}

void check_files(const std::string& folder, const std::string& loaded_as, std::size_t at_least) {
    const std::set<std::string> names = cases(folder);
    CHECK(names.size() >= at_least);
    for (const std::string& name : names) {
        Files files = tapline::test::good_files();
        files[loaded_as] = tapline::test::source_file(kBad + folder + "/" + name + ".yaml");
        check_case(files, kBad + folder + "/" + name + ".txt");
    }
}

}  // namespace

TEST_CASE("bad configs: each fault of a brand file is told with its place and mend") {
    check_files("brand", "brands/acme.yaml", 70);
}

TEST_CASE("bad configs: each fault of tapline.yaml is told with its place and mend") {
    check_files("gateway", "tapline.yaml", 35);
}

TEST_CASE("bad configs: faults between files are told, and good files are still checked") {
    const std::set<std::string> names = cases("cross");
    CHECK(names.size() >= 14);
    for (const std::string& name : names) {
        Files files = tapline::test::good_files();
        files.erase("tapline.yaml");
        files.erase("brands/acme.yaml");
        const fs::path root = fs::path(TAPLINE_SOURCE_DIR) / kBad / "cross" / name;
        for (const auto& entry : fs::recursive_directory_iterator(root)) {
            if (!entry.is_regular_file()) continue;
            const std::string path = fs::relative(entry.path(), root).string();
            files[path] = tapline::test::source_file(kBad + "cross/" + name + "/" + path);
        }
        check_case(files, kBad + "cross/" + name + ".txt");
    }
}
