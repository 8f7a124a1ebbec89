#include "gateway/steward/situation.h"

#include <algorithm>
#include <array>

#include "adapters/json.h"
#include "adapters/json_writer.h"
#include "gateway/redis/keys.h"
#include "redis_scripts.h"

namespace tapline {

namespace {

using redis::Reply;

constexpr std::string_view kStopped = " stopped";
constexpr std::string_view kPage = "200";

using Switches = decltype(Situation::switches);
using StoppedPilots = decltype(Situation::stopped_pilots);

std::string one_member(std::string_view name, std::string_view value) {
    JsonWriter json;
    json.open('{');
    json.key(name).value(value);
    json.close('}');
    return json.take();
}

std::string text_in(const json::MaybeValue& value) {
    return std::string(json::text_of(value).value_or(std::string_view()));
}

std::optional<Time> time_in(const json::MaybeValue& value) {
    const auto ms = json::integer_of(value);
    return ms ? std::optional(from_ms(*ms)) : std::nullopt;
}

Result<void> expire_switch(const Duty& duty, const std::string& name) {
    static const redis::Script script = redis::make_script("switch", kScriptSwitch);
    const std::string& brand = duty.brand.name;
    const auto done =
        run_script(duty.link, script,
                   {redis::brand_key(brand, "switches"), redis::brand_key(brand, "feed"),
                    redis::brand_key(brand, "switch_passed")},
                   {name, "", std::to_string(to_ms(duty.now)), "switch_expired",
                    one_member("switch", name), "expired"});
    if (!done) return tl::unexpected(done.error());
    return {};
}

Result<void> read_switches(const Duty& duty, Switches& switches) {
    const auto all = ask(duty.link, {"HGETALL", redis::brand_key(duty.brand.name, "switches")});
    if (!all) return tl::unexpected(all.error());
    switches.clear();
    Result<void> trouble;
    for (std::size_t i = 0; i + 1 < all->items.size(); i += 2) {
        const std::string& name = all->items[i].text;
        const auto record = switch_of(all->items[i + 1].text);
        if (!record) continue;
        if (record->state.until > duty.now) {
            switches.emplace(name, record->state);
        } else if (auto done = expire_switch(duty, name); !done) {
            trouble = std::move(done);
        }
    }
    return trouble;
}

Result<void> read_pilots(const Duty& duty, StoppedPilots& stopped) {
    const auto fields = ask(duty.link, {"HKEYS", redis::brand_key(duty.brand.name, "pilots")});
    if (!fields) return tl::unexpected(fields.error());
    stopped.clear();
    for (const Reply& field : fields->items) {
        std::string_view name = field.text;
        if (!name.ends_with(kStopped)) continue;
        name.remove_suffix(kStopped.size());
        stopped.emplace(name);
    }
    return {};
}

Result<void> read_suppressed(const Duty& duty, Situation& situation, SituationFigures& figures) {
    const auto count = ask(duty.link, {"HLEN", redis::brand_key(duty.brand.name, "suppressed")});
    if (!count) return tl::unexpected(count.error());
    situation.has_suppressions = count->integer > 0;
    figures.suppressed = count->integer;
    return {};
}

}  // namespace

std::string to_json(const SwitchRecord& record) {
    JsonWriter json;
    json.open('{');
    json.key("until").value(to_ms(record.state.until));
    json.key("author").value(record.author);
    json.key("reason").value(record.reason);
    json.key("regions").open('[');
    for (const std::string& region : record.state.regions) json.value(region);
    json.close(']');
    json.key("since").value(to_ms(record.since));
    json.close('}');
    return json.take();
}

std::optional<SwitchRecord> switch_of(const std::string& stored) {
    constexpr std::array<std::string_view, 5> kNames = {"until", "author", "reason", "since",
                                                        "regions"};
    const auto root = json::parse(stored);
    if (!root) return std::nullopt;
    const auto found = json::members(*root, kNames);
    if (!found) return std::nullopt;
    const auto until = time_in((*found)[0]);
    if (!until) return std::nullopt;
    SwitchRecord record{{*until, {}}, text_in((*found)[1]), text_in((*found)[2]), {}};
    record.since = time_in((*found)[3]).value_or(Time{});
    const auto regions = json::array_of((*found)[4]);
    if (!regions) return record;
    for (const json::Value& region : *regions) {
        record.state.regions.push_back(text_in(json::MaybeValue(region)));
    }
    return record;
}

std::string to_json(const SuppressionRecord& record) {
    JsonWriter json;
    json.open('{');
    json.key("reason").value(record.reason);
    json.key("author").value(record.author);
    json.key("until").value(to_ms(record.until));
    json.close('}');
    return json.take();
}

std::optional<SuppressionRecord> suppression_of(const std::string& stored) {
    constexpr std::array<std::string_view, 3> kNames = {"until", "author", "reason"};
    const auto root = json::parse(stored);
    if (!root) return std::nullopt;
    const auto found = json::members(*root, kNames);
    if (!found) return std::nullopt;
    const auto until = time_in((*found)[0]);
    if (!until) return std::nullopt;
    return SuppressionRecord{text_in((*found)[2]), text_in((*found)[1]), *until};
}

Result<SituationFigures> read_situation(const Duty& duty) {
    auto situation = std::make_shared<Situation>(*duty.state.situation(duty.brand.name));
    SituationFigures figures;
    const std::array<Result<void>, 3> parts = {read_switches(duty, situation->switches),
                                               read_pilots(duty, situation->stopped_pilots),
                                               read_suppressed(duty, *situation, figures)};
    for (const auto& part : parts) {
        if (!part && part.error().code == ErrorCode::unavailable) {
            return tl::unexpected(part.error());
        }
    }
    figures.switches_on = situation->switches.size();
    duty.state.situations.set(duty.brand.name, std::move(situation));
    for (const auto& part : parts) {
        if (!part) return tl::unexpected(part.error());
    }
    return figures;
}

bool knows_situations(const GatewayState& state) {
    const auto config = state.config();
    return std::all_of(config->brands.begin(), config->brands.end(), [&](const auto& one) {
        return state.situations.known(one.first) != nullptr;
    });
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
                        one_member("customer", fields[i].text), fields[i + 1].text});
        if (!done) return tl::unexpected(done.error());
    }
    return {};
}

}  // namespace tapline
