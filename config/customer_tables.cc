// The section of a brand that names its tables of customers.
#include <algorithm>

#include "config/brand_file.h"

namespace tapline {

namespace {

std::string lower(std::string_view text) {
    std::string low(text);
    for (char& c : low) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return low;
}

const std::vector<std::string> kColumns = {"phone", "email", "id", "handle"};

// As the condition `customer_in` looks customers up: phones and ids as they are, addresses and
// handles in lower case and without "@" before a handle.
void add_value(std::size_t column, const std::string& written, const Where& where, Report& report,
               Table& table) {
    if (written.empty()) return;
    if (column == 0) {
        const auto phone = parse_phone(written);
        if (!phone) {
            report.error(where, "expected " + std::string(kPhone.expected) + ", found " +
                                    shown(written));
            return;
        }
    }
    if (column == 1 && !parse_email(written)) {
        report.error(where,
                     "expected " + std::string(kEmail.expected) + ", found " + shown(written));
        return;
    }
    const bool exact = column == 0 || column == 2;
    std::string value = exact ? written : lower(written);
    if (column == 3 && value.front() == '@') value.erase(0, 1);
    table.values.insert(std::move(value));
}

}  // namespace

void read_tables(const YamlNode* section, BrandReading& reading) {
    for (const Entry* entry : read_named(section, "table", reading.report)) {
        Table table;
        table.name = entry->key;
        table.file = entry->value.text;
        reading.draft.places[{"table", entry->key}] = entry->where;
        const auto csv = read_table(&entry->value, kColumns, reading);
        if (csv) {
            for (const CsvRow& row : csv->rows) {
                for (std::size_t i = 0; i < kColumns.size(); ++i) {
                    if (csv->column_at[i] == 0) continue;
                    add_value(i, row.fields[i], csv->at(row, i), reading.report, table);
                }
            }
        }
        reading.draft.brand.tables[entry->key] = std::move(table);
    }
}

}  // namespace tapline
