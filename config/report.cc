#include "config/report.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "routes/utf8.h"

namespace tapline {

namespace {

constexpr std::size_t kShownBytesMax = 60;

auto order(const Mistake& mistake) {
    return std::tie(mistake.file, mistake.line, mistake.column, mistake.severity, mistake.message);
}

}  // namespace

Where whole_file(std::string file) {
    return {std::make_shared<const std::string>(std::move(file)), 0, 0};
}

std::string pointer_to(const Where& target, const Where& from) {
    const std::string line = std::to_string(target.line);
    const bool same_file = target.file && from.file && *target.file == *from.file;
    return same_file || !target.file ? "line " + line : *target.file + ":" + line;
}

std::string shown(std::string_view written) {
    std::string text = "\"";
    std::size_t at = 0;
    while (at < written.size()) {
        const CodePoint point = decode_utf8(written.substr(at));
        if (at + point.bytes > kShownBytesMax) return text + "...\"";
        const bool is_control = point.value < ' ' || (point.value >= 0x7F && point.value < 0xA0);
        if (is_control || (point.value == kInvalidCodePoint && point.bytes == 1)) {
            text += '?';
        } else {
            text += written.substr(at, point.bytes);
        }
        at += point.bytes;
    }
    return text + "\"";
}

std::string listed(const std::vector<std::string>& names, std::size_t most) {
    std::string text;
    const std::size_t count = std::min(names.size(), most);
    for (std::size_t i = 0; i < count; ++i) {
        const bool last = i + 1 == names.size();
        if (i > 0) text += last ? " and " : ", ";
        text += names[i];
    }
    if (names.size() > most) text += ", ...";
    return text;
}

void Report::error(const Where& where, std::string message) {
    ++errors_;
    add(Mistake::Severity::error, where, std::move(message));
}

void Report::warning(const Where& where, std::string message) {
    add(Mistake::Severity::warning, where, std::move(message));
}

void Report::append(const Report& other) {
    mistakes_.insert(mistakes_.end(), other.mistakes_.begin(), other.mistakes_.end());
    errors_ += other.errors_;
}

void Report::add(Mistake::Severity severity, const Where& where, std::string message) {
    mistakes_.push_back({severity, where.file ? *where.file : std::string(), where.line,
                         where.column, std::move(message)});
}

std::vector<Mistake> Report::sorted() const {
    std::vector<Mistake> mistakes = mistakes_;
    std::sort(mistakes.begin(), mistakes.end(),
              [](const Mistake& a, const Mistake& b) { return order(a) < order(b); });
    const auto end =
        std::unique(mistakes.begin(), mistakes.end(),
                    [](const Mistake& a, const Mistake& b) { return order(a) == order(b); });
    mistakes.erase(end, mistakes.end());
    return mistakes;
}

}  // namespace tapline
