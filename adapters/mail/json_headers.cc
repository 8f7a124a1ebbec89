#include "adapters/mail/json_headers.h"

#include <string>

namespace tapline {

namespace {

void add(const json::MaybeValue& name, const json::MaybeValue& value, MailHeaders& headers) {
    const auto written = json::text_of(name);
    const auto text = json::text_of(value);
    const bool is_header = written && text && !written->empty();
    if (!is_header || headers.size() >= kMailHeadersMax) return;
    const std::string line = std::string(*written) + ": " + one_line(*text, kMailValueBytesMax);
    for (auto& header : parse_header_block(line)) headers.push_back(std::move(header));
}

}  // namespace

MailHeaders headers_of_objects(const json::MaybeValue& list,
                               const std::array<std::string_view, 2>& members) {
    MailHeaders headers;
    const auto objects = json::array_of(list);
    if (!objects) return headers;
    for (const auto& one : *objects) {
        const auto named = json::members(one, members);
        if (named) add((*named)[0], (*named)[1], headers);
    }
    return headers;
}

MailHeaders headers_of_pairs(const json::MaybeValue& list) {
    MailHeaders headers;
    const auto pairs = json::array_of(list);
    if (!pairs) return headers;
    for (const auto& one : *pairs) {
        const auto pair = json::array_of(one);
        if (pair && pair->size() == 2) add(pair->at(0).value(), pair->at(1).value(), headers);
    }
    return headers;
}

}  // namespace tapline
