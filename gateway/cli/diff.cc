#include <cstdio>
#include <cstdlib>

#include <nlohmann/json.hpp>

#include "config/tools/brand_diff.h"
#include "config/tools/local_time.h"
#include "config/tools/replay.h"
#include "config/values.h"
#include "gateway/cli/cli.h"
#include "gateway/cli/config_tools.h"
#include "gateway/cli/load_for_tool.h"
#include "gateway/cli/running.h"
#include "gateway/cli/terminal.h"
#include "gateway/clock.h"
#include "gateway/redis/keys.h"

namespace tapline {

namespace {

using Json = nlohmann::ordered_json;
using redis::Reply;

constexpr const char* kPageSize = "1000";

struct BrandDiff {
    std::string brand;
    bool is_new = false;
    bool is_gone = false;
    std::vector<Difference> differences;
    std::optional<ReplayResult> replayed;
};

std::string text_of(const Json& json, const char* key) {
    const auto found = json.find(key);
    return found != json.end() && found->is_string() ? found->get<std::string>() : "";
}

// A contact as the feed has it; nothing for other facts.
std::optional<PastContact> contact_of(const Reply& entry) {
    if (entry.items.size() != 2) return std::nullopt;
    const auto& fields = entry.items[1].items;
    PastContact contact;
    bool is_contact = false;
    Json body;
    for (std::size_t i = 0; i + 1 < fields.size(); i += 2) {
        const std::string& name = fields[i].text;
        const std::string& value = fields[i + 1].text;
        if (name == "fact") {
            is_contact = value == "queued" || value == "held" || value == "gathering";
        }
        if (name == "at") contact.at = from_ms(std::strtoll(value.c_str(), nullptr, 10));
        if (name == "body") body = Json::parse(value, nullptr, false);
    }
    const auto channel = body.is_object() ? parse_channel(text_of(body, "channel")) : std::nullopt;
    if (!is_contact || !channel) return std::nullopt;
    contact.event.channel = *channel;
    contact.event.occurred_at = contact.at;
    contact.place.source = text_of(body, "source");
    contact.place.profile = text_of(body, "profile");
    contact.place.button = text_of(body, "button");
    contact.place.campaign = text_of(body, "campaign");
    contact.place.region = text_of(body, "region");
    contact.route = text_of(body, "route");
    const auto attribution = body.find("fields");
    if (attribution == body.end() || !attribution->is_object()) return contact;
    for (const auto& field : attribution->items()) {
        if (field.value().is_string()) {
            contact.event.attribution.emplace_back(field.key(), field.value().get<std::string>());
        }
    }
    return contact;
}

Result<std::vector<PastContact>> read_contacts(redis::Link& link, const std::string& brand,
                                               Time since) {
    std::vector<PastContact> contacts;
    std::string from = std::to_string(to_ms(since));
    for (;;) {
        const auto read = link.call(redis::encode(
            {"XRANGE", redis::brand_key(brand, "feed"), from, "+", "COUNT", kPageSize}));
        if (!read) return tl::unexpected(read.error());
        if (read->is_error()) return fail(ErrorCode::unavailable, "Redis: " + read->text);
        for (const Reply& entry : read->items) {
            if (auto contact = contact_of(entry)) contacts.push_back(*std::move(contact));
        }
        if (read->items.empty() || read->items.back().items.empty()) return contacts;
        from = "(" + read->items.back().items[0].text;
    }
}

std::vector<BrandDiff> compare(const Config& before, const Config& after) {
    std::vector<BrandDiff> diffs;
    for (const auto& entry : before.brands) {
        BrandDiff diff;
        diff.brand = entry.first;
        const auto now = after.brands.find(entry.first);
        diff.is_gone = now == after.brands.end();
        if (!diff.is_gone) diff.differences = differences(*entry.second, *now->second);
        diffs.push_back(std::move(diff));
    }
    for (const auto& entry : after.brands) {
        if (before.brands.contains(entry.first)) continue;
        BrandDiff diff;
        diff.brand = entry.first;
        diff.is_new = true;
        diffs.push_back(std::move(diff));
    }
    return diffs;
}

// Adds what the running gateway's contacts would have become.
std::optional<Error> replay_all(const Config& before, const Config& after,
                                const std::string& config_dir, Time since,
                                std::vector<BrandDiff>& diffs) {
    auto opened = open_installation(config_dir);
    if (!opened) return opened.error();
    for (BrandDiff& diff : diffs) {
        if (diff.is_new || diff.is_gone) continue;
        const auto contacts = read_contacts(*opened->link, diff.brand, since);
        if (!contacts) return contacts.error();
        diff.replayed =
            replay(*before.brands.at(diff.brand), *after.brands.at(diff.brand), *contacts);
    }
    return std::nullopt;
}

void print_replay(const ReplayResult& result) {
    print_line("  replay: " + counted(result.contacts, "contact") + ", " +
               std::to_string(result.moved()) + " would have gone to another queue, of " +
               std::to_string(result.cannot_tell) +
               " it cannot be told (the feed keeps no texts and little of customers)");
    for (const auto& move : result.moves) {
        print_line("    " + move.first.first + " -> " + move.first.second + ": " +
                   std::to_string(move.second));
    }
    const auto change = result.due_change.count();
    print_line("    due sooner: " + std::to_string(result.due_sooner) + ", later: " +
               std::to_string(result.due_later) + ", together " + (change < 0 ? "-" : "+") +
               duration_text(std::chrono::seconds(change < 0 ? -change : change)));
    if (result.cost_before == 0 && result.cost_after == 0) return;
    std::printf("    cost: %.2f -> %.2f\n", result.cost_before, result.cost_after);
}

void print_text(const std::vector<BrandDiff>& diffs) {
    for (const BrandDiff& diff : diffs) {
        const bool same = !diff.is_new && !diff.is_gone && diff.differences.empty();
        print_line("brand " + diff.brand +
                   (diff.is_new    ? " is new"
                    : diff.is_gone ? " is gone"
                    : same         ? ": no difference"
                                   : ":"));
        for (const Difference& one : diff.differences) print_line("  " + to_string(one));
        if (diff.replayed) print_replay(*diff.replayed);
    }
}

Json json_of(const ReplayResult& result) {
    Json json = {{"contacts", result.contacts},
                 {"moved", result.moved()},
                 {"cannot_tell", result.cannot_tell},
                 {"due_sooner", result.due_sooner},
                 {"due_later", result.due_later},
                 {"due_change_seconds", result.due_change.count()},
                 {"cost_before", result.cost_before},
                 {"cost_after", result.cost_after},
                 {"moves", Json::array()}};
    for (const auto& move : result.moves) {
        json["moves"].push_back(
            {{"from", move.first.first}, {"to", move.first.second}, {"contacts", move.second}});
    }
    return json;
}

void print_json(const std::vector<BrandDiff>& diffs) {
    constexpr const char* kKinds[] = {"added", "removed", "moved", "changed"};
    Json list = Json::array();
    for (const BrandDiff& diff : diffs) {
        Json json = {{"brand", diff.brand},
                     {"state", diff.is_new    ? "added"
                               : diff.is_gone ? "removed"
                                              : "compared"},
                     {"differences", Json::array()}};
        for (const Difference& one : diff.differences) {
            json["differences"].push_back({{"kind", kKinds[static_cast<int>(one.kind)]},
                                           {"section", one.section},
                                           {"name", one.name},
                                           {"aspect", one.aspect},
                                           {"before", one.before},
                                           {"after", one.after},
                                           {"text", to_string(one)}});
        }
        if (diff.replayed) json["replay"] = json_of(*diff.replayed);
        list.push_back(std::move(json));
    }
    std::printf("%s\n", list.dump(2, ' ', kAsciiOnly, Json::error_handler_t::replace).c_str());
}

}  // namespace

int diff(const DiffOptions& options) {
    const auto before = load_for_tool(options.before);
    const auto after = load_for_tool(options.after);
    if (!before || !after) return kExitConfig;
    auto diffs = compare(*before, *after);
    if (options.replay) {
        const auto within = parse_duration(options.replay_for);
        if (!within) {
            complain({ErrorCode::bad_request, "--replay takes a duration like 7d"});
            return kExitUsage;
        }
        const auto error =
            replay_all(*before, *after, options.config_dir, system_clock()() - *within, diffs);
        if (error) return complain(*error);
    }
    if (options.json) {
        print_json(diffs);
    } else {
        print_text(diffs);
    }
    bool differ = false;
    for (const BrandDiff& one : diffs) {
        differ = differ || one.is_new || one.is_gone || !one.differences.empty();
    }
    return differ ? kExitFindings : kExitOk;
}

}  // namespace tapline
