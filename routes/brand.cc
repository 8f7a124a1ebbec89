#include "routes/brand.h"

#include <algorithm>

namespace tapline {

namespace {

void index_button(const Button& button, Brand& brand) {
    if (!button.line.empty() && button.channel == Channel::call) {
        brand.button_by_line_call.emplace(button.line, button.name);
    }
    if (!button.line.empty() && button.channel == Channel::text) {
        brand.button_by_line_text.emplace(button.line, button.name);
    }
    if (!button.whatsapp.empty()) brand.button_by_whatsapp.emplace(button.whatsapp, button.name);
    if (!button.address.empty()) {
        brand.button_by_address.emplace(address_key(button.address), button.name);
    }
    // A WhatsApp button's messages come to its own number, which is the profile's account only
    // where the profile is one of WhatsApp.
    const auto profile = brand.profiles.find(button.profile);
    const bool on_whatsapp =
        profile != brand.profiles.end() && profile->second.source == "whatsapp";
    if (button.profile.empty() || (!button.whatsapp.empty() && !on_whatsapp)) return;
    auto& only = brand.button_by_profile.at(static_cast<std::size_t>(button.channel));
    const auto [place, is_first] = only.emplace(button.profile, button.name);
    if (!is_first) place->second.clear();
}

}  // namespace

std::string address_key(std::string_view address) {
    std::string key(address);
    std::transform(key.begin(), key.end(), key.begin(), [](char byte) {
        const bool is_upper = byte >= 'A' && byte <= 'Z';
        return is_upper ? static_cast<char>(byte + ('a' - 'A')) : byte;
    });
    return key;
}

void Brand::index() {
    button_by_line_call.clear();
    button_by_line_text.clear();
    button_by_whatsapp.clear();
    button_by_address.clear();
    profile_by_account.clear();
    campaigns_by_button.clear();
    for (auto& by_profile : button_by_profile) by_profile.clear();

    for (const auto& [key, button] : buttons) index_button(button, *this);
    for (const auto& [key, profile] : profiles) {
        // Without an account it has what comes by its connection and names none (chat, web).
        if (profile.account.empty() && profile.connection.empty()) continue;
        profile_by_account.emplace(profile.connection + '\n' + profile.account, profile.name);
    }
    for (const auto& [key, campaign] : campaigns) {
        for (const std::string& button : campaign.buttons) {
            campaigns_by_button[button].push_back(campaign.name);
        }
    }
    route_index = RouteIndex(routes);
}

}  // namespace tapline
