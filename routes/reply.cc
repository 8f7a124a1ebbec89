#include "routes/reply.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace tapline {

void fill_in(std::string& text, std::string_view name, std::string_view value) {
    for (std::size_t at = text.find(name); at != std::string::npos; at = text.find(name, at)) {
        std::size_t begin = at;
        if (value.empty()) {
            while (begin > 0 && (text[begin - 1] == ' ' || text[begin - 1] == ',')) --begin;
        }
        text.replace(begin, at + name.size() - begin, value);
        at = begin + value.size();
    }
}

std::string spoken(std::chrono::seconds duration) {
    struct Unit {
        std::string_view name;
        std::int64_t seconds;
    };
    constexpr std::array<Unit, 4> kUnits = {
        {{"day", 86'400}, {"hour", 3'600}, {"minute", 60}, {"second", 1}}};
    std::string text;
    std::int64_t rest = duration.count();
    for (const Unit& unit : kUnits) {
        const std::int64_t count = rest / unit.seconds;
        rest %= unit.seconds;
        if (count <= 0) continue;
        if (!text.empty()) text += ' ';
        text.append(std::to_string(count)).append(" ").append(unit.name);
        if (count != 1) text += 's';
    }
    return text;
}

std::string_view withheld(const Event& event, const CustomerFacts& customer, Time now) {
    if (customer.opted_out) return "opted_out";
    // Mail that is no contact has its reason, and the brand's own apps tell it by a field.
    const bool automatic =
        std::any_of(event.attribution.begin(), event.attribution.end(), [](const auto& field) {
            return field.first == "mail.reason" ||
                   (field.first == "auto_reply" && !field.second.empty() &&
                    field.second != "false");
        });
    if (automatic) return "auto_reply";
    if (customer.replied_at && now < *customer.replied_at + kReplyPause) return "recently_replied";
    return "";
}

}  // namespace tapline
