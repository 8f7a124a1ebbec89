#include <cstdio>

#include <nlohmann/json.hpp>

#include "config/mistake.h"
#include "gateway/cli/admin_call.h"
#include "gateway/cli/cli.h"
#include "gateway/cli/running.h"
#include "gateway/cli/terminal.h"

namespace tapline {

namespace {

using Json = nlohmann::ordered_json;

// The brands' tests run meanwhile.
constexpr long kDeadlineSeconds = 120;

Result<Json> ask(const std::string& config_dir) {
    const auto running = find_running(config_dir);
    if (!running) return tl::unexpected(running.error());
    const auto answer = admin_call(*running, "POST", "/v1/reload", kDeadlineSeconds);
    if (!answer) return tl::unexpected(answer.error());
    Json report = Json::parse(answer->body, nullptr, false);
    if (!report.is_object() || !report.contains("mistakes")) {
        return fail(ErrorCode::corrupt, "the admin listener answered something that is no report");
    }
    return report;
}

Mistake mistake_of(const Json& json) {
    Mistake mistake;
    const bool is_error = json.value("severity", "") == "error";
    mistake.severity = is_error ? Mistake::Severity::error : Mistake::Severity::warning;
    mistake.file = json.value("file", "");
    mistake.line = json.value("line", 0);
    mistake.column = json.value("column", 0);
    mistake.message = json.value("message", "");
    return mistake;
}

// "brand acme: changed, 3f2a9c01d4e7 -> 9b1c77aa02de".
std::string change_line(const std::string& brand, const Json& change) {
    const std::string what = change.value("change", "");
    std::string line = "brand " + brand + ": " + what;
    if (what == "changed")
        line += ", " + change.value("from", "") + " -> " + change.value("to", "");
    if (what == "kept") line += ", version " + change.value("to", "") + " from before decides";
    if (what == "left out") line += " until its files are mended";
    return line;
}

// The brands that the files do not decide: " but for brand acme, brand bmart"; "" without one.
std::string left_behind(const Json& brands) {
    std::string text;
    for (const auto& [brand, change] : brands.items()) {
        const std::string what = change.value("change", "");
        if (what != "kept" && what != "left out") continue;
        text += (text.empty() ? " but for brand " : ", brand ") + brand;
    }
    return text;
}

void print_report(const Json& report) {
    for (const auto& [brand, change] : report["brands"].items()) {
        print_line(change_line(brand, change));
    }
    for (const Json& key : report["needs_restart"]) {
        print_line("tapline.yaml: \"" + key.get<std::string>() +
                   "\" changed; it keeps its old value until the gateway restarts");
    }
    const std::string hash = report.value("hash", "");
    if (!report.value("reloaded", false)) {
        print_line("not reloaded; config " + hash + " from before decides");
    } else {
        const std::string but = left_behind(report["brands"]);
        print_line((report["brands"].empty() ? "reloaded, no brand changed; config "
                                             : "reloaded" + but + "; config ") +
                   hash);
    }
}

}  // namespace

int reload(const ReloadCommand& options) {
    const auto report = ask(options.config_dir);
    if (!report) return complain(report.error());
    bool has_errors = false;
    for (const Json& json : (*report)["mistakes"]) {
        const Mistake mistake = mistake_of(json);
        has_errors = has_errors || mistake.severity == Mistake::Severity::error;
        if (options.json) continue;
        std::fprintf(stderr, "%s\n", printable(to_string(mistake)).c_str());
    }
    if (options.json) {
        std::printf("%s\n",
                    report->dump(2, ' ', kAsciiOnly, Json::error_handler_t::replace).c_str());
    } else {
        print_report(*report);
    }
    return has_errors ? kExitConfig : kExitOk;
}

}  // namespace tapline
