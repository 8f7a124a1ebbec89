#include "gateway/steward/situation.h"

#include <nlohmann/json.hpp>

#include "gateway/redis/keys.h"
#include "redis_scripts.h"

namespace tapline {

namespace {

using Json = nlohmann::ordered_json;
using redis::Reply;

constexpr std::string_view kStopped = " stopped";
constexpr std::string_view kPage = "200";

std::string dump(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json parsed(const std::string& text) {
    return Json::parse(text, nullptr, false);
}

std::string text_in(const Json& json, const char* name) {
    const auto found = json.find(name);
    return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::optional<Time> time_in(const Json& json, const char* name) {
    const auto found = json.find(name);
    if (found == json.end() || !found->is_number()) return std::nullopt;
    return from_ms(found->get<std::int64_t>());
}

Result<void> expire_switch(const Duty& duty, const std::string& name) {
    static const redis::Script script = redis::make_script("switch", kScriptSwitch);
    const std::string& brand = duty.brand.name;
    const auto done = run_script(
        duty.link, script, {redis::brand_key(brand, "switches"), redis::brand_key(brand, "feed")},
        {name, "", std::to_string(to_ms(duty.now)), "switch_expired", dump({{"switch", name}}),
         "expired"});
    if (!done) return tl::unexpected(done.error());
    return {};
}

Result<void> read_switches(const Duty& duty, Situation& situation) {
    const auto all = ask(duty.link, {"HGETALL", redis::brand_key(duty.brand.name, "switches")});
    if (!all) return tl::unexpected(all.error());
    for (std::size_t i = 0; i + 1 < all->items.size(); i += 2) {
        const std::string& name = all->items[i].text;
        const auto record = switch_of(all->items[i + 1].text);
        if (!record) continue;
        if (record->state.until <= duty.now) {
            if (auto done = expire_switch(duty, name); !done) return done;
        } else {
            situation.switches.emplace(name, record->state);
        }
    }
    return {};
}

Result<void> read_pilots(const Duty& duty, Situation& situation) {
    const auto fields = ask(duty.link, {"HKEYS", redis::brand_key(duty.brand.name, "pilots")});
    if (!fields) return tl::unexpected(fields.error());
    for (const Reply& field : fields->items) {
        std::string_view name = field.text;
        if (!name.ends_with(kStopped)) continue;
        name.remove_suffix(kStopped.size());
        situation.stopped_pilots.emplace(name);
    }
    return {};
}

}  // namespace

std::string to_json(const SwitchRecord& record) {
    return dump({{"until", to_ms(record.state.until)},
                 {"author", record.author},
                 {"reason", record.reason},
                 {"regions", record.state.regions},
                 {"since", to_ms(record.since)}});
}

std::optional<SwitchRecord> switch_of(const std::string& json) {
    const Json read = parsed(json);
    if (!read.is_object()) return std::nullopt;
    const auto until = time_in(read, "until");
    if (!until) return std::nullopt;
    SwitchRecord record{{*until, {}}, text_in(read, "author"), text_in(read, "reason"), {}};
    record.since = time_in(read, "since").value_or(Time{});
    const auto regions = read.find("regions");
    if (regions == read.end() || !regions->is_array()) return record;
    for (const Json& region : *regions) {
        if (region.is_string()) record.state.regions.push_back(region.get<std::string>());
    }
    return record;
}

std::string to_json(const SuppressionRecord& record) {
    return dump(
        {{"reason", record.reason}, {"author", record.author}, {"until", to_ms(record.until)}});
}

std::optional<SuppressionRecord> suppression_of(const std::string& json) {
    const Json read = parsed(json);
    if (!read.is_object()) return std::nullopt;
    const auto until = time_in(read, "until");
    if (!until) return std::nullopt;
    return SuppressionRecord{text_in(read, "reason"), text_in(read, "author"), *until};
}

Result<SituationFigures> read_situation(const Duty& duty) {
    auto situation = std::make_shared<Situation>();
    if (auto done = read_switches(duty, *situation); !done) return tl::unexpected(done.error());
    if (auto done = read_pilots(duty, *situation); !done) return tl::unexpected(done.error());
    const auto count = ask(duty.link, {"HLEN", redis::brand_key(duty.brand.name, "suppressed")});
    if (!count) return tl::unexpected(count.error());
    situation->has_suppressions = count->integer > 0;
    const SituationFigures figures{situation->switches.size(), count->integer};
    duty.state.situations.set(duty.brand.name, std::move(situation));
    return figures;
}

Result<void> expire_suppressions(const Duty& duty, std::string& cursor) {
    static const redis::Script script = redis::make_script("suppress", kScriptSuppress);
    const std::string key = redis::brand_key(duty.brand.name, "suppressed");
    if (cursor.empty()) cursor.assign(1, '0');
    const auto page = ask(duty.link, {"HSCAN", key, cursor, "COUNT", std::string(kPage)});
    if (!page) return tl::unexpected(page.error());
    if (page->items.size() != 2) return fail(ErrorCode::corrupt, "HSCAN: odd answer of Redis");
    cursor = page->items[0].text;
    const auto& fields = page->items[1].items;
    for (std::size_t i = 0; i + 1 < fields.size(); i += 2) {
        const auto record = suppression_of(fields[i + 1].text);
        if (!record || record->until > duty.now) continue;
        const auto done =
            run_script(duty.link, script, {key, redis::brand_key(duty.brand.name, "feed")},
                       {fields[i].text, "", std::to_string(to_ms(duty.now)), "suppression_expired",
                        dump({{"customer", fields[i].text}}), fields[i + 1].text});
        if (!done) return tl::unexpected(done.error());
    }
    return {};
}

}  // namespace tapline
