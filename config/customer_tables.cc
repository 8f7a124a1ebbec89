// The section of a brand that names its tables of customers.
#include <algorithm>

#include "config/brand_file.h"
#include "routes/identity_keys.h"

namespace tapline {

namespace {

const std::vector<std::string> kColumns = {"phone", "email", "id", "handle"};

// Messages reach the log, where nobody's number or address belongs.
std::string unlike(std::string_view written) {
    return ", found another text of " + std::to_string(written.size()) + " bytes";
}

// As the condition `customer_in` looks customers up (routes/identity_keys.h).
void add_value(std::size_t column, const std::string& written, const Where& where, Report& report,
               Table& table) {
    if (written.empty()) return;
    if (column == 0) {
        const auto phone = parse_phone(written);
        if (!phone) {
            report.error(where, "expected " + std::string(kPhone.expected) + unlike(written));
            return;
        }
    }
    if (column == 1 && !parse_email(written)) {
        report.error(where, "expected " + std::string(kEmail.expected) + unlike(written));
        return;
    }
    if (column == 3) {
        table.values.insert(handle_key(written));
    } else {
        table.values.insert(column == 1 ? address_key(written) : written);
    }
}

void add_row(const CsvTable& csv, const CsvRow& row, Report& report, Table& table) {
    for (std::size_t i = 0; i < kColumns.size(); ++i) {
        if (csv.column_at[i] == 0) continue;
        add_value(i, row.fields[i], csv.at(row, i), report, table);
    }
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
            for (const CsvRow& row : csv->rows) add_row(*csv, row, reading.report, table);
        }
        reading.draft.brand.tables[entry->key] = std::move(table);
    }
}

}  // namespace tapline
