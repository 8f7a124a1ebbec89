#include "adapters/source.h"

#include <algorithm>

namespace tapline {

std::string_view SourceRequest::header(std::string_view name) const {
    for (const auto& [key, value] : headers) {
        if (key == name) return value;
    }
    return {};
}

int SourceRequest::header_count(std::string_view name) const {
    return static_cast<int>(std::count_if(
        headers.begin(), headers.end(), [&](const auto& header) { return header.first == name; }));
}

std::string media_type(std::string_view content_type) {
    constexpr std::string_view kBlank = " \t";
    content_type = content_type.substr(0, content_type.find(';'));
    const std::size_t begin = content_type.find_first_not_of(kBlank);
    if (begin == std::string_view::npos) return {};
    const std::size_t end = content_type.find_last_not_of(kBlank) + 1;
    std::string type(content_type.substr(begin, end - begin));
    std::transform(type.begin(), type.end(), type.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return type;
}

ParsedItem ignored_item(std::string reason) {
    ParsedItem item{tl::unexpected("ignored: " + reason), {}};
    item.kind = EventKind::recorded;
    item.ignored = std::move(reason);
    return item;
}

std::string sample_digits(std::string_view random, std::size_t count) {
    std::string digits(count, '0');
    for (std::size_t i = 0; i < count && i < random.size(); ++i) {
        digits[i] = static_cast<char>('0' + static_cast<unsigned char>(random[i]) % 10);
    }
    return digits;
}

}  // namespace tapline
