// Conditions that exclude each other.
#include <algorithm>

#include "config/brand_when.h"
#include "config/checks/reach.h"

namespace tapline {

namespace {

template <class T>
bool allows(const std::vector<T>& list, const T& value) {
    return list.empty() || std::find(list.begin(), list.end(), value) != list.end();
}

// Whether what comes by the button can have the channel, the profile and the source asked for. By a
// number that is shown for calls texts come too, and the other way round.
bool fits(const When& when, const Button& button, const Brand& brand) {
    bool by_channel = allows(when.channel, button.channel);
    if (!button.line.empty()) {
        by_channel = by_channel || allows(when.channel, Channel::call) ||
                     allows(when.channel, Channel::text);
    }
    const auto profile = brand.profiles.find(button.profile);
    const bool by_source = profile == brand.profiles.end() || button.profile.empty() ||
                           allows(when.source, profile->second.source);
    return by_channel && by_source && allows(when.profile, button.profile) &&
           (when.line.empty() || button.line.empty() || allows(when.line, button.line));
}

bool has_written_words(const When& when) {
    return !when.text.empty() || !when.pattern.empty();
}

// A WhatsApp number is a line, too.
bool may_come_by_line(const When& when, const Brand& brand) {
    const bool by_message =
        allows(when.channel, Channel::dm) &&
        std::any_of(brand.buttons.begin(), brand.buttons.end(), [&when](const auto& one) {
            return !one.second.whatsapp.empty() && allows(when.line, one.second.whatsapp);
        });
    return by_message || allows(when.channel, Channel::call) || allows(when.channel, Channel::text);
}

// Of a map whose conditions are possible beside each other. What nobody can know is not asked.
bool is_possible(const When& when, const Brand& brand) {
    const auto ways = ways_in(brand, when);
    return std::any_of(ways.begin(), ways.end(), [&](const WayIn& way) {
        return chance_of(brand, when, way) != Chance::never;
    });
}

}  // namespace

void check_possible(const When& when, const Where& where, const std::string& what,
                    const BrandReading& reading) {
    const Brand& brand = reading.draft.brand;
    bool told = false;
    const auto never = [&](const std::string& why) {
        told = true;
        reading.report.error(where, what + " can never hold: " + why);
    };
    const bool any_button =
        when.button.empty() ||
        std::any_of(when.button.begin(), when.button.end(), [&](const std::string& name) {
            const auto button = brand.buttons.find(name);
            return button == brand.buttons.end() || fits(when, button->second, brand);
        });
    if (!any_button) {
        never("no button of " + listed(when.button) +
              " has the channel, profile, source or line that stands beside it; remove one of the "
              "two");
    }
    const bool any_profile =
        when.profile.empty() || when.source.empty() ||
        std::any_of(when.profile.begin(), when.profile.end(), [&](const std::string& name) {
            const auto profile = brand.profiles.find(name);
            return profile == brand.profiles.end() || allows(when.source, profile->second.source);
        });
    if (!any_profile) {
        never("no profile of " + listed(when.profile) +
              " has the source that stands beside it; remove one of the two");
    }
    const bool is_new = when.customer_known == std::optional(false);
    if (is_new && (when.contacts || when.open_journey)) {
        never("a new customer has no earlier contacts and no journey; remove \"customer: new\"");
    }
    const bool only_calls =
        !when.channel.empty() && std::all_of(when.channel.begin(), when.channel.end(),
                                             [](Channel one) { return one == Channel::call; });
    if (only_calls && has_written_words(when)) {
        never("a call has no text; remove \"text\" and \"pattern\", or name another channel");
    }
    if (!when.line.empty() && !may_come_by_line(when, brand)) {
        never(
            "only calls and texts come by a line; remove \"line\" or name the channel call or "
            "text");
    }
    if (!told && !is_possible(when, brand)) {
        never("what its any, all and not ask for excludes the rest; remove one of the two");
    }
}

}  // namespace tapline
