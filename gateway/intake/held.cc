#include "gateway/intake/held.h"

#include "gateway/redis/keys.h"

namespace tapline {

namespace {

std::vector<std::string> words_of(std::string_view joined) {
    std::vector<std::string> words;
    while (!joined.empty()) {
        const std::size_t space = joined.find(' ');
        words.emplace_back(joined.substr(0, space));
        joined.remove_prefix(space == std::string_view::npos ? joined.size() : space + 1);
    }
    return words;
}

}  // namespace

std::string held_query(std::string_view brand, std::string_view ident) {
    const std::string key = redis::held_key(brand, ident);
    return redis::encode({"HMGET", key, "_kind", "_lane", "_group", "_copies", "_switch", "_place",
                          "route", "tracking_number", "due_at"});
}

std::optional<HeldEntry> held_of(std::string_view ident, const redis::Reply& reply) {
    constexpr std::size_t kFields = 9;
    if (reply.items.size() != kFields || reply.items[0].text.empty()) return std::nullopt;
    const auto& f = reply.items;
    return HeldEntry{std::string(ident), std::string(ident),  f[0].text, f[1].text,
                     f[2].text,          words_of(f[3].text), f[4].text, f[5].text,
                     f[6].text,          f[7].text,           f[8].text};
}

std::string_view ident_of(std::string_view member) {
    const std::size_t space = member.rfind(' ');
    return space == std::string_view::npos ? member : member.substr(space + 1);
}

std::string timer_key(std::string_view brand, std::string_view switch_name) {
    return switch_name.empty() ? redis::brand_key(brand, "delayed")
                               : redis::switched_key(brand, switch_name);
}

}  // namespace tapline
