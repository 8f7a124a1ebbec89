#include "routes/place.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

#include "routes/region.h"

namespace tapline {

namespace {

constexpr std::array<std::string_view, 5> kAttributionNames = {
    "exact_ref", "exact_line", "pool_window", "overflow", "unknown"};

using Names = std::unordered_map<std::string, std::string>;

const Button* find_button(const Brand& brand, const std::string& name) {
    const auto found = brand.buttons.find(name);
    return found == brand.buttons.end() ? nullptr : &found->second;
}

const Button* find_button(const Brand& brand, const Names& names, const std::string& key) {
    const auto found = names.find(key);
    return found == names.end() ? nullptr : find_button(brand, found->second);
}

const Button* button_by_line(const Brand& brand, const Event& event) {
    if (event.line.empty()) return nullptr;
    if (event.channel == Channel::dm) {
        const Button* whatsapp = find_button(brand, brand.button_by_whatsapp, event.line);
        if (whatsapp != nullptr) return whatsapp;
    }
    const bool is_text = event.channel == Channel::text;
    const Names& same = is_text ? brand.button_by_line_text : brand.button_by_line_call;
    const Names& other = is_text ? brand.button_by_line_call : brand.button_by_line_text;
    const Button* button = find_button(brand, same, event.line);
    return button != nullptr ? button : find_button(brand, other, event.line);
}

const Button* button_by_address(const Brand& brand, const Event& event) {
    std::string address = address_key(event.address);
    while (!address.empty()) {
        const Button* button = find_button(brand, brand.button_by_address, address);
        if (button != nullptr) return button;
        const std::size_t at = address.rfind('@');
        if (at == std::string::npos) return nullptr;
        const std::size_t plus = address.rfind('+', at);
        if (plus == std::string::npos) return nullptr;
        address.erase(plus, at - plus);
    }
    return nullptr;
}

std::string find_profile(const Brand& brand, const Event& event) {
    if (brand.profiles.contains(event.profile)) return event.profile;
    if (event.connection.empty()) return "";
    const auto found = brand.profile_by_account.find(event.connection + '\n' + event.account);
    return found == brand.profile_by_account.end() ? "" : found->second;
}

void set_button(const Button& button, Attribution attribution, Place& place) {
    place.button = button.name;
    place.profile = button.profile;
    place.attribution = attribution;
}

void place_by_event(const Brand& brand, const Event& event, Place& place) {
    for (const std::string* name : {&event.ref, &event.button}) {
        const Button* button = find_button(brand, *name);
        if (button != nullptr) return set_button(*button, Attribution::exact_ref, place);
    }
    const Button* button = button_by_line(brand, event);
    if (button == nullptr) button = button_by_address(brand, event);
    if (button == nullptr) {
        place.profile = find_profile(brand, event);
        const auto channel = static_cast<std::size_t>(event.channel);
        button = find_button(brand, brand.button_by_profile.at(channel), place.profile);
    }
    if (button != nullptr) set_button(*button, Attribution::exact_line, place);
}

void place_by_journey(const Brand& brand, const Journey& journey, Place& place) {
    place.source = journey.source;
    place.profile = journey.profile;
    place.button = journey.button;
    place.attribution = Attribution::exact_ref;
    const Button* button = find_button(brand, journey.button);
    if (place.profile.empty() && button != nullptr) place.profile = button->profile;
}

std::string attribution_field(const Event& event, std::string_view key) {
    for (const auto& [name, value] : event.attribution) {
        if (name == key && !value.empty()) return value;
    }
    return "";
}

std::string source_of(const Brand& brand, const Event& event, const std::string& profile) {
    const auto found = brand.profiles.find(profile);
    if (found != brand.profiles.end()) return found->second.source;
    std::string source = address_key(attribution_field(event, "utm_source"));
    if (source == "twitter") source = "x";
    const bool is_declared =
        std::any_of(brand.profiles.begin(), brand.profiles.end(),
                    [&](const auto& entry) { return entry.second.source == source; });
    if (is_declared && !source.empty()) return source;
    return event.platform.empty() ? "unknown" : event.platform;
}

// The declared spelling of a campaign, "" when none has that name.
std::string declared_campaign(const Brand& brand, const std::string& name) {
    if (name.empty()) return "";
    if (brand.campaigns.contains(name)) return name;
    const std::string key = address_key(name);
    for (const auto& [declared, campaign] : brand.campaigns) {
        if (address_key(declared) == key) return declared;
    }
    return "";
}

bool has_dates(const Campaign& campaign) {
    return campaign.from || campaign.until;
}

bool holds_at(const Campaign& campaign, Time moment) {
    return (!campaign.from || *campaign.from <= moment) &&
           (!campaign.until || moment < *campaign.until);
}

// Whether a campaign that lists the button says more about the moment than the other.
bool is_closer(const Campaign& campaign, const Campaign& other) {
    if (has_dates(campaign) != has_dates(other)) return has_dates(campaign);
    return campaign.from.value_or(Time::min()) > other.from.value_or(Time::min());
}

const Campaign* listing_campaign(const Brand& brand, const std::string& button, Time moment) {
    const auto listing = brand.campaigns_by_button.find(button);
    if (listing == brand.campaigns_by_button.end()) return nullptr;
    const Campaign* best = nullptr;
    for (const std::string& name : listing->second) {
        const auto found = brand.campaigns.find(name);
        if (found == brand.campaigns.end() || !holds_at(found->second, moment)) continue;
        if (best == nullptr || is_closer(found->second, *best)) best = &found->second;
    }
    return best;
}

void set_campaign(std::string name, std::string_view by, Place& place) {
    place.campaign = std::move(name);
    place.campaign_by = by;
}

void campaign_by_button(const Brand& brand, Time moment, Place& place) {
    const Button* button = find_button(brand, place.button);
    if (button == nullptr) return;
    const auto named = brand.campaigns.find(button->campaign);
    if (named != brand.campaigns.end() && holds_at(named->second, moment)) {
        return set_campaign(named->first, "button", place);
    }
    const Campaign* listing = listing_campaign(brand, button->name, moment);
    if (listing == nullptr) return;
    set_campaign(listing->name, has_dates(*listing) ? "dates" : "button", place);
}

void find_campaign(const Brand& brand, const Event& event, const std::optional<Journey>& journey,
                   Place& place) {
    const std::string utm = attribution_field(event, "utm_campaign");
    if (!utm.empty()) {
        const std::string declared = declared_campaign(brand, utm);
        return set_campaign(declared.empty() ? utm : declared, "utm", place);
    }
    if (journey) {
        if (!journey->campaign.empty()) set_campaign(journey->campaign, "journey", place);
        return;
    }
    const std::string by_ref = declared_campaign(brand, event.ref);
    if (!by_ref.empty()) return set_campaign(by_ref, "ref", place);
    campaign_by_button(brand, event.occurred_at, place);
}

std::string language_of(const Brand& brand, const Event& event, const Place& place) {
    if (!event.language.empty()) return event.language;
    const Button* button = find_button(brand, place.button);
    if (button != nullptr && !button->language.empty()) return button->language;
    const auto profile = brand.profiles.find(place.profile);
    const bool told = profile != brand.profiles.end() && !profile->second.language.empty();
    return told ? profile->second.language : "unknown";
}

}  // namespace

std::string_view to_string(Attribution attribution) {
    return kAttributionNames.at(static_cast<std::size_t>(attribution));
}

Place place(const Brand& brand, const Event& event, const std::optional<Journey>& journey) {
    Place place;
    if (journey) {
        place_by_journey(brand, *journey, place);
        // A missed call knows its journey because it is the same call, not because anybody named
        // it.
        if (event.call_step) {
            Place own;
            place_by_event(brand, event, own);
            place.attribution = own.attribution;
        }
    } else {
        place_by_event(brand, event, place);
    }
    if (place.source.empty()) place.source = source_of(brand, event, place.profile);
    find_campaign(brand, event, journey, place);
    place.region = region_of(event.customer.phone);
    place.language = language_of(brand, event, place);
    return place;
}

}  // namespace tapline
