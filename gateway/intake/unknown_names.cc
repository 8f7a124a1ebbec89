#include "gateway/intake/unknown_names.h"

#include <algorithm>

namespace tapline {

namespace {

void add_unknown(Unknown& unknown, std::string_view kind, const std::string& note) {
    unknown.kinds.push_back(kind);
    if (note.empty()) return;
    if (!unknown.note.empty()) unknown.note += "; ";
    unknown.note += note;
}

bool declares_campaign(const Brand& brand, const std::string& name) {
    return brand.campaigns.contains(name) ||
           std::any_of(brand.campaigns.begin(), brand.campaigns.end(), [&](const auto& campaign) {
               return address_key(campaign.first) == address_key(name);
           });
}

}  // namespace

Unknown unknown_names(const Brand& brand, const Event& event, const std::string& passed_over) {
    Unknown unknown;
    if (!event.button.empty() && !brand.buttons.contains(event.button)) {
        add_unknown(unknown, "button", "the brand has no button \"" + event.button + "\"");
    }
    if (!event.profile.empty() && !brand.profiles.contains(event.profile)) {
        add_unknown(unknown, "profile", "the brand has no profile \"" + event.profile + "\"");
    }
    for (const auto& [name, value] : event.attribution) {
        if (name != "utm_campaign" || declares_campaign(brand, value)) continue;
        add_unknown(unknown, "campaign", "");
    }
    if (!passed_over.empty()) {
        add_unknown(unknown, "member", "\"" + passed_over + "\" is no member of an event");
    }
    return unknown;
}

}  // namespace tapline
