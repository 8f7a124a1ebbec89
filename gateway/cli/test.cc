#include <algorithm>
#include <cstdio>
#include <fstream>

#include <nlohmann/json.hpp>

#include "adapters/xml.h"
#include "config/tools/coverage.h"
#include "config/tools/mutants.h"
#include "config/tools/run_tests.h"
#include "gateway/cli/cli.h"
#include "gateway/cli/config_tools.h"
#include "gateway/cli/load_for_tool.h"
#include "gateway/cli/running.h"
#include "gateway/cli/terminal.h"

namespace tapline {

namespace {

using Json = nlohmann::ordered_json;

struct Survivor {
    std::string brand;
    Mutant mutant;
};

struct Results {
    std::vector<TestResult> tests;
    std::vector<RouteCoverage> coverage;
    std::vector<Survivor> survivors;
    std::size_t mutants = 0;

    std::size_t failed() const {
        return static_cast<std::size_t>(std::count_if(
            tests.begin(), tests.end(), [](const TestResult& one) { return !one.passed(); }));
    }
};

std::string place_text(const Where& where) {
    return where.file ? *where.file + ":" + std::to_string(where.line) : "";
}

// The tests whose name has one of the words.
BrandTests chosen(BrandTests tests, const std::vector<std::string>& words) {
    if (words.empty()) return tests;
    std::erase_if(tests.tests, [&words](const BrandTest& test) {
        return std::none_of(words.begin(), words.end(), [&test](const std::string& word) {
            return test.name.find(word) != std::string::npos;
        });
    });
    return tests;
}

void run_brand(const Brand& brand, const BrandTests& all, const TestOptions& options,
               Results& results) {
    const BrandTests tests = chosen(all, options.names);
    auto ran = run_tests(brand, tests);
    if (options.coverage) {
        auto coverage = coverage_of(brand, tests, ran);
        std::move(coverage.begin(), coverage.end(), std::back_inserter(results.coverage));
    }
    const bool sound =
        std::all_of(ran.begin(), ran.end(), [](const TestResult& one) { return one.passed(); });
    std::move(ran.begin(), ran.end(), std::back_inserter(results.tests));
    if (!options.mutate || !sound) return;
    for (Mutant& mutant : mutants_of(brand, tests)) {
        ++results.mutants;
        if (survives(brand, tests, mutant)) {
            results.survivors.push_back({brand.name, std::move(mutant)});
        }
    }
}

void print_failure(const TestResult& result) {
    print_line(place_text(result.where) + ": FAILED " + result.name);
    for (const TestFailure& failure : result.failures) {
        print_line("    " + failure.key + ": expected " + failure.expected + ", got " +
                   failure.got);
    }
    for (const std::string& line : trail_lines(result.trail)) print_line("      " + line);
}

void print_coverage(const std::vector<RouteCoverage>& coverage) {
    std::size_t whole = 0;
    std::printf("%-32s  %6s  %s\n", "ROUTE", "TAKEN", "CONDITIONS (met/not met)");
    for (const RouteCoverage& route : coverage) {
        std::string conditions;
        for (const ConditionCoverage& one : route.conditions) {
            conditions += (conditions.empty() ? "" : ", ") + one.condition + " " +
                          std::to_string(one.met) + "/" + std::to_string(one.not_met) +
                          (one.covered() ? "" : " !");
        }
        if (route.covered()) ++whole;
        std::printf("%-32s  %6d%s %s\n", printable(route.brand + "/" + route.route).c_str(),
                    route.taken, route.taken == 0 ? "!" : " ", printable(conditions).c_str());
    }
    print_line("covered: " + std::to_string(whole) + " of " + counted(coverage.size(), "route"));
}

void print_text(const Results& results, const TestOptions& options) {
    for (const TestResult& result : results.tests) {
        if (!result.passed()) print_failure(result);
    }
    if (options.coverage) print_coverage(results.coverage);
    for (const Survivor& one : results.survivors) {
        print_line(place_text(one.mutant.where) + ": no test notices that " + one.mutant.what);
    }
    const std::size_t failed = results.failed();
    std::string summary =
        counted(results.tests.size(), "test") + ", " + std::to_string(failed) + " failed";
    if (options.mutate && failed > 0) summary += "; mutants are tried once all tests pass";
    if (options.mutate && failed == 0) {
        summary += "; " + counted(results.mutants, "mutant") + ", " +
                   std::to_string(results.survivors.size()) + " unnoticed";
    }
    print_line(summary);
}

Json json_of(const Where& where) {
    return {
        {"file", where.file ? *where.file : ""}, {"line", where.line}, {"column", where.column}};
}

Json json_of(const TestResult& result) {
    Json json = {{"brand", result.brand}, {"name", result.name}, {"passed", result.passed()}};
    json["where"] = json_of(result.where);
    json["failures"] = Json::array();
    for (const TestFailure& failure : result.failures) {
        json["failures"].push_back(
            {{"key", failure.key}, {"expected", failure.expected}, {"got", failure.got}});
    }
    json["trail"] = Json::array();
    for (const TrailStep& step : result.trail) {
        json["trail"].push_back(
            {{"route", step.route}, {"condition", step.condition}, {"holds", step.holds}});
    }
    return json;
}

Json json_of(const RouteCoverage& route) {
    Json json = {{"brand", route.brand},
                 {"route", route.route},
                 {"taken", route.taken},
                 {"covered", route.covered()},
                 {"conditions", Json::array()}};
    for (const ConditionCoverage& one : route.conditions) {
        json["conditions"].push_back({{"condition", one.condition},
                                      {"met", one.met},
                                      {"not_met", one.not_met},
                                      {"covered", one.covered()}});
    }
    return json;
}

void print_json(const Results& results, const TestOptions& options) {
    Json json = {{"tests", Json::array()}, {"failed", results.failed()}};
    for (const TestResult& result : results.tests) json["tests"].push_back(json_of(result));
    if (options.coverage) {
        json["coverage"] = Json::array();
        for (const RouteCoverage& one : results.coverage) json["coverage"].push_back(json_of(one));
    }
    if (options.mutate) {
        json["mutants"] = results.mutants;
        json["unnoticed"] = Json::array();
        for (const Survivor& one : results.survivors) {
            json["unnoticed"].push_back({{"brand", one.brand},
                                         {"what", one.mutant.what},
                                         {"where", json_of(one.mutant.where)}});
        }
    }
    std::printf("%s\n", json.dump(2, ' ', kAsciiOnly, Json::error_handler_t::replace).c_str());
}

bool write_junit(const Results& results, const std::string& path) {
    std::string xml =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites tests=\"" +
        std::to_string(results.tests.size()) + "\" failures=\"" + std::to_string(results.failed()) +
        "\">\n<testsuite name=\"tapline\" tests=\"" + std::to_string(results.tests.size()) +
        "\" failures=\"" + std::to_string(results.failed()) + "\">\n";
    for (const TestResult& result : results.tests) {
        xml += "<testcase classname=\"" + xml_escape(result.brand) + "\" name=\"" +
               xml_escape(printable(result.name)) + "\" file=\"" +
               xml_escape(result.where.file ? *result.where.file : "") + "\" line=\"" +
               std::to_string(result.where.line) + "\">";
        std::string words;
        for (const TestFailure& one : result.failures) {
            words += one.key + ": expected " + one.expected + ", got " + one.got + "\n";
        }
        for (const std::string& line : trail_lines(result.trail)) {
            if (!words.empty()) words += line + "\n";
        }
        if (!result.passed()) {
            xml += "<failure message=\"" + xml_escape(printable(result.failures.front().key)) +
                   "\">" + xml_escape(words) + "</failure>";
        }
        xml += "</testcase>\n";
    }
    std::ofstream file(path, std::ios::binary);
    file << xml << "</testsuite>\n</testsuites>\n";
    return file.good();
}

}  // namespace

int test_config(const TestOptions& options) {
    const auto config = load_for_tool(options.config_dir);
    if (!config) return kExitConfig;
    if (!options.brand.empty() && choose_brand(*config, options.brand) == nullptr) {
        return kExitUsage;
    }
    Results results;
    for (const auto& entry : config->tests) {
        if (!options.brand.empty() && options.brand != entry.first) continue;
        run_brand(*config->brands.at(entry.first), *entry.second, options, results);
    }
    if (options.json) {
        print_json(results, options);
    } else {
        print_text(results, options);
    }
    if (!options.junit.empty() && !write_junit(results, options.junit)) {
        complain({ErrorCode::bad_request, "cannot write " + options.junit});
        return kExitUsage;
    }
    if (results.tests.empty() && !options.names.empty()) {
        complain({ErrorCode::bad_request, "no test has such a name"});
        return kExitUsage;
    }
    return results.failed() > 0 || !results.survivors.empty() ? kExitFindings : kExitOk;
}

}  // namespace tapline
