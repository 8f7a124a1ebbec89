#include "config/tools/brand_diff.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <functional>
#include <map>

#include "adapters/time_text.h"
#include "config/report.h"
#include "config/tools/describe.h"
#include "config/tools/local_time.h"

namespace tapline {

namespace {

using Texts = std::map<std::string, std::string>;
using Things = std::map<std::string, Texts>;
using Kind = Difference::Kind;

template <class Map, class Describe>
Things things_of(const Map& map, Describe describe) {
    Things things;
    for (const auto& entry : map) things[entry.first] = describe(entry.second);
    return things;
}

std::string joined(const std::vector<std::string>& parts) {
    std::string text;
    for (const std::string& part : parts) text += (text.empty() ? "" : "; ") + part;
    return text;
}

Texts hours_texts(const Hours& hours) {
    Texts texts{{"open", joined(hours_lines(hours))}};
    for (const auto& day : hours.special) {
        texts[date_text(day.first)] = day_text(day.second.open);
    }
    if (!hours.zone.empty()) {
        std::string offsets;
        for (const auto& one : hours.zone) offsets += std::to_string(one.second.count()) + " ";
        texts["zone"] = std::to_string(std::hash<std::string>{}(offsets));
    }
    return texts;
}

Texts topic_texts(const Topic& topic) {
    std::string words;
    for (const WordPattern& word : topic.text)
        words += (words.empty() ? "" : ", ") + word.written();
    std::string steps;
    for (const TopicStep& step : topic.steps) {
        steps += (steps.empty() ? "" : ", ") + std::to_string(step.customers) + " to " + step.to;
    }
    return {{"text", words},
            {"steps", steps},
            {"within", duration_text(topic.within)},
            {"clear_below", std::to_string(topic.clear_below)}};
}

Texts button_texts(const Button& button) {
    return {{"profile", button.profile},   {"channel", std::string(to_string(button.channel))},
            {"line", button.line},         {"address", button.address},
            {"whatsapp", button.whatsapp}, {"campaign", button.campaign},
            {"prefill", button.prefill}};
}

Texts profile_texts(const Profile& profile) {
    return {{"source", profile.source},
            {"connection", profile.connection},
            {"account", profile.account},
            {"handle", profile.handle}};
}

Texts campaign_texts(const Campaign& campaign) {
    Texts texts{{"buttons", joined(campaign.buttons)}};
    if (campaign.from) texts["from"] = to_rfc3339(*campaign.from);
    if (campaign.until) texts["until"] = to_rfc3339(*campaign.until);
    return texts;
}

Texts line_texts(const Line& line) {
    return {{"connection", line.connection}};
}

Texts switch_texts(const Switch& one) {
    return {{"about", one.about}, {"release_per_second", std::to_string(one.release_per_second)}};
}

Texts table_texts(const Table& table) {
    std::string all;
    for (const std::string& value : table.values) all += value + "\n";
    return {{"file", table.file},
            {"customers", std::to_string(table.values.size())},
            {"content", std::to_string(std::hash<std::string>{}(all))}};
}

Texts brand_texts(const Brand& brand) {
    Texts texts{{"display_name", brand.display_name},
                {"owner", brand.owner},
                {"timezone", brand.timezone},
                {"currency", brand.currency}};
    for (int i = 0; i < kChannels; ++i) {
        const auto cost = brand.costs.at(static_cast<std::size_t>(i));
        if (cost) {
            std::array<char, 32> amount{};
            std::snprintf(amount.data(), amount.size(), "%.2f", *cost);
            texts["costs." + std::string(to_string(static_cast<Channel>(i)))] = amount.data();
        }
    }
    return texts;
}

void compare(const std::string& section, const std::string& name, const Texts& before,
             const Texts& after, std::vector<Difference>& found) {
    Texts all = before;
    all.insert(after.begin(), after.end());
    const auto text_in = [](const Texts& texts, const std::string& key) {
        const auto one = texts.find(key);
        return one == texts.end() ? std::string() : one->second;
    };
    for (const auto& entry : all) {
        const std::string was = text_in(before, entry.first);
        const std::string is = text_in(after, entry.first);
        if (was != is) found.push_back({Kind::changed, section, name, entry.first, was, is});
    }
}

void compare_all(const std::string& section, const Things& before, const Things& after,
                 std::vector<Difference>& found) {
    for (const auto& entry : before) {
        if (!after.contains(entry.first)) {
            found.push_back({Kind::removed, section, entry.first, "", "", ""});
        }
    }
    for (const auto& entry : after) {
        const auto was = before.find(entry.first);
        if (was == before.end()) {
            found.push_back({Kind::added, section, entry.first, "", "", ""});
        } else {
            compare(section, entry.first, was->second, entry.second, found);
        }
    }
}

std::vector<std::string> names_in_both(const std::vector<Route>& of, const std::vector<Route>& in) {
    std::vector<std::string> names;
    for (const Route& route : of) {
        const bool both = std::any_of(in.begin(), in.end(),
                                      [&](const Route& one) { return one.name == route.name; });
        if (both) names.push_back(route.name);
    }
    return names;
}

// The fewest routes that must be moved: all but a longest row whose order is as it was.
std::vector<std::string> moved_routes(const std::vector<std::string>& before,
                                      const std::vector<std::string>& after) {
    std::map<std::string, std::size_t> was_at;
    for (std::size_t i = 0; i < before.size(); ++i) was_at[before.at(i)] = i;
    const std::size_t none = after.size();
    std::vector<std::size_t> length(after.size(), 1);
    std::vector<std::size_t> previous(after.size(), none);
    std::size_t last = none;
    for (std::size_t i = 0; i < after.size(); ++i) {
        for (std::size_t j = 0; j < i; ++j) {
            const bool rises = was_at.at(after.at(j)) < was_at.at(after.at(i));
            if (!rises || length.at(j) + 1 <= length.at(i)) continue;
            length.at(i) = length.at(j) + 1;
            previous.at(i) = j;
        }
        if (last == none || length.at(i) > length.at(last)) last = i;
    }
    std::vector<bool> stays(after.size(), false);
    for (std::size_t i = last; i != none; i = previous.at(i)) stays.at(i) = true;
    std::vector<std::string> moved;
    for (std::size_t i = 0; i < after.size(); ++i) {
        if (!stays.at(i)) moved.push_back(after.at(i));
    }
    return moved;
}

std::string route_before(const std::vector<Route>& routes, const std::string& name) {
    std::string before;
    for (const Route& route : routes) {
        if (route.name == name) return before;
        before = route.name;
    }
    return before;
}

Things routes_by_name(const std::vector<Route>& routes) {
    Things things;
    for (const Route& route : routes) things[route.name] = route_texts(route);
    return things;
}

}  // namespace

std::vector<Difference> differences(const Brand& before, const Brand& after) {
    std::vector<Difference> found;
    compare("brand", "", brand_texts(before), brand_texts(after), found);
    compare_all("route", routes_by_name(before.routes), routes_by_name(after.routes), found);
    for (const std::string& name : moved_routes(names_in_both(before.routes, after.routes),
                                                names_in_both(after.routes, before.routes))) {
        found.push_back({Kind::moved, "route", name, "", route_before(before.routes, name),
                         route_before(after.routes, name)});
    }
    const auto both = [&](const std::string& section, const auto& was, const auto& is,
                          const auto& describe) {
        compare_all(section, things_of(was, describe), things_of(is, describe), found);
    };
    both("queue", before.queues, after.queues, queue_texts);
    both("hours", before.hours, after.hours, hours_texts);
    both("switch", before.switches, after.switches, switch_texts);
    both("topic", before.topics, after.topics, topic_texts);
    both("table", before.tables, after.tables, table_texts);
    both("campaign", before.campaigns, after.campaigns, campaign_texts);
    both("line", before.lines, after.lines, line_texts);
    both("button", before.buttons, after.buttons, button_texts);
    both("profile", before.profiles, after.profiles, profile_texts);
    return found;
}

std::string to_string(const Difference& difference) {
    std::string text = difference.section;
    if (!difference.name.empty()) text += " " + shown(difference.name);
    const auto or_nothing = [](const std::string& value) {
        return value.empty() ? std::string("nothing") : value;
    };
    switch (difference.kind) {
        case Kind::added:
            return text + " is new";
        case Kind::removed:
            return text + " is gone";
        case Kind::moved:
            return text + " moved: " +
                   (difference.before.empty() ? "first" : "after " + shown(difference.before)) +
                   " -> " +
                   (difference.after.empty() ? "first" : "after " + shown(difference.after));
        case Kind::changed:
            break;
    }
    if (difference.aspect == "zone" || difference.aspect == "content") {
        return text + ": another " + difference.aspect;
    }
    return text + ": " + difference.aspect + ": " + or_nothing(difference.before) + " -> " +
           or_nothing(difference.after);
}

}  // namespace tapline
