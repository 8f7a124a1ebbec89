#include "gateway/reload/report.h"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace tapline {

namespace {

using Json = nlohmann::ordered_json;

Json json_of(const Mistake& mistake) {
    const bool is_error = mistake.severity == Mistake::Severity::error;
    return {{"severity", is_error ? "error" : "warning"},
            {"file", mistake.file},
            {"line", mistake.line},
            {"column", mistake.column},
            {"message", mistake.message}};
}

}  // namespace

std::string_view to_string(BrandChange::What what) {
    switch (what) {
        case BrandChange::What::added:
            return "added";
        case BrandChange::What::changed:
            return "changed";
        case BrandChange::What::removed:
            return "removed";
        case BrandChange::What::kept:
            return "kept";
        case BrandChange::What::left_out:
            return "left out";
    }
    return "";
}

bool ReloadReport::has_errors() const {
    return std::any_of(mistakes.begin(), mistakes.end(), [](const Mistake& mistake) {
        return mistake.severity == Mistake::Severity::error;
    });
}

std::string to_json(const ReloadReport& report) {
    Json brands = Json::object();
    for (const auto& [brand, change] : report.changes) {
        brands[brand] = {
            {"change", to_string(change.what)}, {"from", change.from}, {"to", change.to}};
    }
    Json mistakes = Json::array();
    for (const Mistake& mistake : report.mistakes) mistakes.push_back(json_of(mistake));
    const Json json = {{"reloaded", report.is_used},
                       {"hash", report.hash},
                       {"versions", report.versions},
                       {"brands", brands},
                       {"needs_restart", report.needs_restart},
                       {"mistakes", mistakes}};
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string changes_text(const ReloadReport& report) {
    std::string text;
    for (const auto& [brand, change] : report.changes) {
        text.append(text.empty() ? "" : ", ").append(brand).append(" ");
        if (change.what == BrandChange::What::changed) {
            text.append(change.from).append(" -> ").append(change.to);
        } else {
            text.append(to_string(change.what));
        }
    }
    return text;
}

}  // namespace tapline
