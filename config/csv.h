// Tables beside the YAML files: CSV as spreadsheets write it (RFC 4180).
//
//     const auto table = read_csv(files, "tables/us_days.csv", where, {"date", "open", "name"},
//     report); if (table) for (const CsvRow& row : table->rows) ... row.fields[0] ...
//
// The first line names the columns, in any order and case; a column that nobody asked for is a
// mistake, since it may be a misspelt one. Quoted fields may hold commas, quotes ("") and line
// breaks; lines end with LF or CRLF; a byte order mark and empty lines are passed over; blanks
// around an unquoted field are not part of it. UTF-8 without control characters.
//
// Limits: 64 MiB and 1,000,000 rows a table; 50 mistakes of one table are told.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "config/report.h"

namespace tapline {

inline constexpr std::size_t kTableBytesMax = std::size_t{64} << 20;

struct CsvRow {
    std::vector<std::string> fields;  // in the order of the columns asked for; "" where absent
    int line = 0;                     // on which it begins
};

struct CsvTable {
    std::string path;
    std::vector<int> column_at;  // of each column asked for: its place, from 1; 0 = absent
    std::vector<CsvRow> rows;

    // The place of a field, for messages: its line, and its number among the fields as column.
    Where at(const CsvRow& row, std::size_t column) const;
};

// Reads the table that a brand's file names at `where`. Every mistake stands at its place in the
// table; nothing is answered when the file cannot be used at all. The path must be relative and
// stay inside the config directory.
std::optional<CsvTable> read_csv(const FileAccess& files, const std::string& path,
                                 const Where& where, const std::vector<std::string>& columns,
                                 Report& report);

}  // namespace tapline
