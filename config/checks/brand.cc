#include "config/checks/brand.h"

#include <algorithm>
#include <set>

#include "adapters/link.h"
#include "config/brand_overdue.h"
#include "config/brand_route_keys.h"

namespace tapline {

namespace {

// Things that only one button or profile may have: the first that claims one keeps it.
class Claims {
  public:
    Claims(const BrandDraft& draft, Report& report) : draft_(draft), report_(report) {}

    // `what` is "line "+1..." of channel call", `kind` the place of the value.
    void claim(const std::string& what, const std::string& owner_kind, const std::string& owner,
               const std::string& place_kind) {
        const auto [first, added] = owners_.emplace(what, owner);
        if (added) return;
        report_.error(draft_.at(place_kind, owner),
                      what + " belongs to " + owner_kind + " " + shown(first->second) +
                          " already; give each " + owner_kind + " its own");
    }

  private:
    const BrandDraft& draft_;
    Report& report_;
    std::map<std::string, std::string> owners_;
};

// Buttons in the order in which they are written.
std::vector<const Button*> written_order(const BrandDraft& draft) {
    std::vector<const Button*> buttons;
    for (const auto& [name, button] : draft.brand.buttons) buttons.push_back(&button);
    std::sort(buttons.begin(), buttons.end(), [&](const Button* a, const Button* b) {
        const Where first = draft.at("button", a->name);
        const Where second = draft.at("button", b->name);
        if (*first.file != *second.file) return *first.file < *second.file;
        return std::tie(first.line, first.column) < std::tie(second.line, second.column);
    });
    return buttons;
}

void check_claims(const BrandDraft& draft, Report& report) {
    Claims claims(draft, report);
    for (const Button* button : written_order(draft)) {
        const std::string channel(to_string(button->channel));
        if (!button->line.empty()) {
            claims.claim("line " + shown(button->line) + " of channel " + channel, "button",
                         button->name, "button line");
        }
        if (!button->address.empty()) {
            claims.claim("address " + shown(address_key(button->address)), "button", button->name,
                         "button address");
        }
    }
}

std::set<std::string> queues_in_use(const Brand& brand) {
    std::set<std::string> used;
    const auto add_closed = [&used](const Closed& closed) {
        for (const auto& one : closed.by_channel) {
            if (one) used.insert(one->queue);
        }
        if (closed.other) used.insert(closed.other->queue);
    };
    for (const Route& route : brand.routes) {
        used.insert(route.to);
        used.insert(route.copy_to.begin(), route.copy_to.end());
        add_closed(route.closed);
        if (!route.pilot) continue;
        for (const Arm& arm : route.pilot->arms) used.insert(arm.to);
    }
    for (const auto& [name, queue] : brand.queues) {
        add_closed(queue.closed);
        for (const OverdueStep& step : queue.overdue) used.insert(step.queue);
    }
    for (const auto& [name, topic] : brand.topics) {
        for (const TopicStep& step : topic.steps) used.insert(step.to);
    }
    return used;
}

// Profiles that buttons and routes name, or that direct messages come to by their connection.
std::set<std::string> profiles_in_use(const Brand& brand) {
    std::set<std::string> used;
    for (const auto& [name, button] : brand.buttons) used.insert(button.profile);
    for (const Route& route : brand.routes) {
        used.insert(route.when.profile.begin(), route.when.profile.end());
    }
    for (const auto& [name, profile] : brand.profiles) {
        if (!profile.connection.empty()) used.insert(name);
    }
    return used;
}

// No webhook exists for a source that the brand declares itself: its profiles live on what
// customers do with their buttons, and on what the brand's own apps tell.
void warn_of_unfed_sources(const BrandDraft& draft, Report& report) {
    const Brand& brand = draft.brand;
    std::set<std::string> with_button;
    for (const auto& [name, button] : brand.buttons) with_button.insert(button.profile);
    for (const auto& [place, where] : draft.places) {
        if (place.first != "source") continue;
        const std::string& source = place.second;
        bool has_profile = false;
        for (const auto& [name, profile] : brand.profiles) {
            if (profile.source != source) continue;
            has_profile = true;
            if (with_button.contains(name) || !profile.connection.empty()) continue;
            report.warning(draft.at("profile", name),
                           "profile " + shown(name) + " of source " + shown(source) +
                               " has no button; give it buttons with a line, an address or a link, "
                               "or let events of your own name it (profile: " +
                               shown(name) + "): nothing else can feed it");
        }
        if (has_profile) continue;
        report.warning(where, "source " + shown(source) +
                                  " has no profile; add one with buttons, or remove it from "
                                  "sources");
    }
}

// The names of hours, tables and switches that conditions ask for.
void collect_conditions(const When& when, std::set<std::string>& hours,
                        std::set<std::string>& tables, std::set<std::string>& switches) {
    hours.insert(when.time.begin(), when.time.end());
    tables.insert(when.customer_in.begin(), when.customer_in.end());
    switches.insert(when.switches.begin(), when.switches.end());
    for (const auto* branches : {&when.any, &when.all, &when.none}) {
        for (const When& one : *branches) collect_conditions(one, hours, tables, switches);
    }
}

void warn_of_unused(const BrandDraft& draft, Report& report) {
    const Brand& brand = draft.brand;
    const auto warn = [&](const std::string& kind, const std::string& name,
                          const std::string& mend) {
        report.warning(draft.at(kind, name), kind + " " + shown(name) + " is not used; " + mend);
    };
    const std::set<std::string> queues = queues_in_use(brand);
    for (const auto& [name, queue] : brand.queues) {
        if (!queues.contains(name)) warn("queue", name, "name it in a route or remove it");
    }
    std::set<std::string> hours_used;
    std::set<std::string> tables_used;
    std::set<std::string> switches_used;
    for (const auto& [name, queue] : brand.queues) hours_used.insert(queue.hours);
    for (const Route& route : brand.routes) {
        collect_conditions(route.when, hours_used, tables_used, switches_used);
    }
    for (const auto& [name, table] : brand.tables) {
        if (!tables_used.contains(name)) warn("table", name, "ask for it in a route or remove it");
    }
    for (const auto& [name, one] : brand.switches) {
        if (!switches_used.contains(name)) {
            warn("switch", name, "ask for it in a route or remove it");
        }
    }
    for (const auto& [name, hours] : brand.hours) {
        if (!hours_used.contains(name))
            warn("hours", name, "name it at a queue or in a route's time, or remove it");
    }
    const std::set<std::string> profiles = profiles_in_use(brand);
    for (const auto& [name, profile] : brand.profiles) {
        const bool is_own = draft.places.contains({"source", profile.source});
        if (!is_own && !profiles.contains(name)) {
            warn("profile", name, "give it a button or remove it");
        }
    }
    std::set<std::string> lines;
    for (const auto& [name, button] : brand.buttons) lines.insert(button.line);
    for (const auto& [number, line] : brand.lines) {
        if (!lines.contains(number)) warn("line", number, "give it a button or remove it");
    }
}

// Who promises an answer within a time promises it for some hours.
void warn_of_missing_hours(const BrandDraft& draft, Report& report) {
    std::set<std::pair<int, int>> told;  // those that are "like" another have its place
    for (const auto& [name, queue] : draft.brand.queues) {
        const auto due = draft.places.find({"respond_within", name});
        if (due == draft.places.end() || draft.places.contains({"queue hours", name})) continue;
        if (!told.emplace(due->second.line, due->second.column).second) continue;
        report.warning(due->second, "queue " + shown(name) +
                                        " has respond_within and no hours, so its times run day "
                                        "and night; add hours: NAME, or hours: always");
    }
}

// A key's value may be in one place only: else nobody can tell which app has signed.
void check_app_keys(const BrandDraft& draft, const std::vector<BrandSecret>& keys,
                    const std::string& what, Report& report) {
    std::map<std::string, std::string> names;
    for (const BrandSecret& key : keys) {
        if (key.value.empty()) continue;
        const auto [first, added] = names.emplace(key.value, key.name);
        if (added) continue;
        report.error(draft.at(what, key.name), what + " " + shown(key.name) +
                                                   " has the same value as " +
                                                   shown(first->second) + "; make a new one");
    }
}

// What gives the direct messages of the button's profile a link to begin at.
std::string link_mend(const Brand& brand, const Button& button) {
    const auto found = brand.profiles.find(button.profile);
    const std::string source = found == brand.profiles.end() ? "" : found->second.source;
    const std::string profile = "profile " + shown(button.profile);
    if (source == "x") {
        return "give " + profile + " its \"account\", the number of the X account, in quotes";
    }
    if (source == "instagram" || source == "facebook") {
        return "give " + profile + " its \"handle\"";
    }
    return "add whatsapp: with a number, or use a profile of instagram, facebook or x";
}

// A chat or a form is opened on the brand's own site, so only the site needs to know the button.
void warn_of_dead_links(const BrandDraft& draft, Report& report) {
    const Brand& brand = draft.brand;
    for (const Button* button : written_order(draft)) {
        const bool is_form = button->channel == Channel::email && button->address.empty();
        const bool has_link =
            button->channel != Channel::chat && button->channel != Channel::post && !is_form;
        if (!has_link || !link_target(brand, *button, std::nullopt).empty()) continue;
        report.warning(draft.at("button", button->name),
                       "the contact link of button " + shown(button->name) + " leads nowhere; " +
                           link_mend(brand, *button));
    }
}

}  // namespace

void check_brand(const BrandDraft& draft, Report& report) {
    if (!draft.complete) return;
    check_claims(draft, report);
    check_app_keys(draft, draft.brand.signing_secrets, "signing secret", report);
    check_app_keys(draft, draft.brand.api_keys, "API key", report);
    check_routes(draft, report);
    check_holds(draft, report);
    check_closed(draft, report);
    check_overdue(draft, report);
    if (!draft.sound) return;
    warn_of_unused(draft, report);
    warn_of_missing_hours(draft, report);
    warn_of_futile(draft, report);
    warn_of_unfed_sources(draft, report);
    warn_of_dead_links(draft, report);
}

}  // namespace tapline
