#include "config/csv.h"

#include <algorithm>

#include "adapters/utf8.h"

namespace tapline {

namespace {

constexpr std::size_t kRowsMax = 1'000'000;
constexpr std::size_t kMistakesMax = 50;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

struct Record {
    std::vector<std::string> fields;
    int line = 0;
};

// One record after the other out of the bytes of a table.
class Records {
  public:
    explicit Records(std::string_view bytes) : rest_(bytes) {
        if (rest_.starts_with(kByteOrderMark)) rest_.remove_prefix(kByteOrderMark.size());
    }

    // Nothing at the end, and where a quote is not closed.
    std::optional<Record> next() {
        while (!rest_.empty() && at_line_end()) take_line_end();
        if (rest_.empty()) return std::nullopt;
        Record record{{}, line_};
        for (;;) {
            record.fields.push_back(rest_.front() == '"' ? quoted() : plain());
            if (rest_.empty() || rest_.front() != ',') break;
            rest_.remove_prefix(1);
            if (rest_.empty()) {
                record.fields.emplace_back();
                break;
            }
        }
        if (!rest_.empty() && at_line_end()) take_line_end();
        if (open_quote_line_ != 0) return std::nullopt;
        return record;
    }

    // The line on which a quote was opened and never closed; 0 = none.
    int open_quote_line() const { return open_quote_line_; }

  private:
    bool at_line_end() const { return rest_.front() == '\n' || rest_.front() == '\r'; }

    void take_line_end() {
        rest_.remove_prefix(rest_.starts_with("\r\n") ? 2 : 1);
        ++line_;
    }

    std::string plain() {
        const std::size_t end = std::min(rest_.find_first_of(",\r\n"), rest_.size());
        std::string_view field = rest_.substr(0, end);
        rest_.remove_prefix(end);
        while (!field.empty() && field.front() == ' ') field.remove_prefix(1);
        while (!field.empty() && field.back() == ' ') field.remove_suffix(1);
        return std::string(field);
    }

    std::string quoted() {
        const int opened = line_;
        std::string field;
        rest_.remove_prefix(1);
        while (!rest_.empty()) {
            const char byte = rest_.front();
            rest_.remove_prefix(1);
            if (byte == '\n') ++line_;
            if (byte != '"') {
                field += byte;
            } else if (!rest_.empty() && rest_.front() == '"') {
                field += '"';
                rest_.remove_prefix(1);
            } else {
                // What stands between the quote and the comma belongs to the field.
                return field + plain();
            }
        }
        open_quote_line_ = opened;
        return field;
    }

    std::string_view rest_;
    int line_ = 1;
    int open_quote_line_ = 0;
};

std::string lower(std::string_view text) {
    std::string low(text);
    for (char& c : low) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return low;
}

Where place(const CsvTable& table, int line, std::size_t column) {
    Where where = whole_file(table.path);
    where.line = line;
    where.column = static_cast<int>(column);
    return where;
}

// For each column that the table has, which of the asked ones it is. Nothing: it cannot be used.
std::optional<std::vector<std::size_t>> read_header(const Record& header,
                                                    const std::vector<std::string>& columns,
                                                    CsvTable& table, Report& report) {
    std::vector<std::size_t> meant;
    bool good = true;
    for (std::size_t i = 0; i < header.fields.size(); ++i) {
        const Where where = place(table, header.line, i + 1);
        const std::string name = lower(header.fields[i]);
        const auto found = std::find(columns.begin(), columns.end(), name);
        const auto index = static_cast<std::size_t>(found - columns.begin());
        if (found == columns.end()) {
            const std::string near = nearest(name, columns);
            report.error(where, "the table has no use for column " + shown(header.fields[i]) +
                                    (near.empty() ? "; its columns are " + listed(columns)
                                                  : "; did you mean " + shown(near) + "?"));
            good = false;
        } else if (table.column_at[index] != 0) {
            report.error(where, "column " + shown(name) + " stands twice; keep one");
            good = false;
        } else {
            table.column_at[index] = static_cast<int>(i + 1);
        }
        meant.push_back(index);
    }
    if (!good) return std::nullopt;
    return meant;
}

bool is_clean(std::string_view field) {
    return is_valid_utf8(field) && std::none_of(field.begin(), field.end(), [](char c) {
               return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == '\x7F';
           });
}

// The row of a record; nothing, and what is wrong told, where it does not fit the columns.
std::optional<CsvRow> row_of(Record&& record, const std::vector<std::size_t>& meant,
                             const CsvTable& table, Report& report) {
    if (record.fields.size() > meant.size()) {
        report.error(place(table, record.line, meant.size() + 1),
                     "the line has " + std::to_string(record.fields.size()) + " fields and the " +
                         "table " + std::to_string(meant.size()) +
                         " columns; quote a field that holds a comma");
        return std::nullopt;
    }
    CsvRow row{std::vector<std::string>(table.column_at.size()), record.line};
    for (std::size_t i = 0; i < record.fields.size(); ++i) {
        if (!is_clean(record.fields[i])) {
            report.error(place(table, record.line, i + 1),
                         "the field is not UTF-8 or holds a line break or control character; save "
                         "the table as CSV UTF-8");
            return std::nullopt;
        }
        row.fields[meant[i]] = std::move(record.fields[i]);
    }
    return row;
}

std::optional<std::string> read_bytes(const FileAccess& files, const std::string& path,
                                      const Where& where, Report& report) {
    const bool leaves = path.starts_with("/") || path.find("..") != std::string::npos ||
                        (files.is_outside && files.is_outside(path));
    if (leaves) {
        report.error(where, "table " + shown(path) +
                                " is outside the config directory; put it into tables/");
        return std::nullopt;
    }
    if (!path.ends_with(".csv")) {
        report.error(where, "table " + shown(path) + " must end in .csv; rename the file");
        return std::nullopt;
    }
    auto bytes = files.read(path);
    if (!bytes) {
        report.error(where, "table " + shown(path) +
                                " does not exist or cannot be read; its path begins at the "
                                "directory of tapline.yaml, like tables/us_days.csv");
    } else if (bytes->size() > kTableBytesMax) {
        report.error(where, "table " + shown(path) + " is larger than 64 MiB; split it");
        return std::nullopt;
    }
    return bytes;
}

}  // namespace

Where CsvTable::at(const CsvRow& row, std::size_t column) const {
    return place(*this, row.line, static_cast<std::size_t>(column_at.at(column)));
}

std::optional<CsvTable> read_csv(const FileAccess& files, const std::string& path,
                                 const Where& where, const std::vector<std::string>& columns,
                                 Report& report) {
    const auto bytes = read_bytes(files, path, where, report);
    if (!bytes) return std::nullopt;
    CsvTable table{path, std::vector<int>(columns.size()), {}};
    Records records(*bytes);
    const auto header = records.next();
    if (!header) {
        report.error(whole_file(path),
                     "the table is empty; its first line names the columns " + listed(columns));
        return std::nullopt;
    }
    const auto meant = read_header(*header, columns, table, report);
    if (!meant) return std::nullopt;
    const std::size_t mistakes_max = report.errors() + kMistakesMax;
    while (auto record = records.next()) {
        if (table.rows.size() == kRowsMax) {
            report.error(place(table, record->line, 1), "the table has more than 1000000 rows");
            return std::nullopt;
        }
        auto row = row_of(*std::move(record), *meant, table, report);
        if (row) table.rows.push_back(*std::move(row));
        if (report.errors() >= mistakes_max) return std::nullopt;
    }
    if (records.open_quote_line() != 0) {
        report.error(place(table, records.open_quote_line(), 1),
                     "a quote is opened on this line and never closed; close it, or write two for "
                     "one that belongs to the text");
    }
    return table;
}

}  // namespace tapline
