// The sections of a brand that people read: costs and the tip sheet.
#include <algorithm>
#include <charconv>

#include "config/brand_file.h"

namespace tapline {

namespace {

constexpr double kCostMax = 1'000'000;

Parsed<double> parse_amount(std::string_view written) {
    const bool plain = !written.empty() && written.front() != '.' &&
                       written.find_first_not_of("0123456789.") == std::string_view::npos;
    double amount = 0;
    const char* end = written.data() + written.size();
    const auto [stop, fault] = std::from_chars(written.data(), end, amount);
    if (!plain || fault != std::errc() || stop != end || amount > kCostMax) {
        return tl::unexpected<std::string>("");
    }
    return amount;
}

constexpr ValueKind<double> kAmount = {"an amount like 6.00, in the brand's currency",
                                       parse_amount};

std::vector<std::string> read_texts(const YamlNode* node, Report& report) {
    std::vector<std::string> texts;
    for (const YamlNode* item : read_items(node, "a list of texts", report)) {
        if (auto text = read_text(item, report)) texts.push_back(*std::move(text));
    }
    return texts;
}

}  // namespace

void read_costs(const YamlNode* section, BrandReading& reading) {
    if (section == nullptr) return;
    KeyReader fields(section, "costs", reading.report);
    for (int i = 0; i < kChannels; ++i) {
        const auto channel = static_cast<Channel>(i);
        reading.draft.brand.costs.at(static_cast<std::size_t>(i)) =
            read_value(fields.find(to_string(channel)), kAmount, reading.report);
    }
    fields.done();
    if (fields.is_map() && reading.draft.brand.currency.empty()) {
        reading.report.error(section->where,
                             "costs are in the brand's currency; add currency: USD to the brand");
    }
}

void read_sheet(const YamlNode* section, BrandReading& reading) {
    if (section == nullptr) return;
    Report& report = reading.report;
    Sheet& sheet = reading.draft.brand.sheet;
    KeyReader fields(section, "sheet", report);
    sheet.mission = read_text(fields.find("mission"), report).value_or("");
    sheet.standards = read_texts(fields.find("standards"), report);
    sheet.priorities = read_texts(fields.find("priorities"), report);
    sheet.thresholds = read_texts(fields.find("thresholds"), report);
    sheet.emergency = read_text(fields.find("emergency"), report).value_or("");
    sheet.in_charge = read_text(fields.find("in_charge"), report).value_or("");
    fields.done();
}

}  // namespace tapline
