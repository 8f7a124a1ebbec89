#include <cstdio>
#include <functional>

#include <nlohmann/json.hpp>

#include "adapters/time_text.h"
#include "gateway/cli/cli.h"
#include "gateway/cli/running.h"
#include "gateway/cli/terminal.h"
#include "gateway/redis/keys.h"
#include "routes/region.h"

namespace tapline {

namespace {

using Json = nlohmann::ordered_json;
using redis::Reply;

constexpr std::string_view kPageSize = "1000";
constexpr int kPagesMax = 200;
// Redis' clock, which makes the feed's ids, may run behind the gateway's by this much.
constexpr Milliseconds kClockSlack = std::chrono::minutes(5);

struct Story {
    std::string brand;
    std::string zone;
    JourneyRecord record;
    std::vector<Json> facts;
    bool cut = false;  // the feed was too long to be read to its end
};

std::string field(const Reply& fields, std::string_view name) {
    for (std::size_t i = 0; i + 1 < fields.items.size(); i += 2) {
        if (fields.items[i].text == name) return fields.items[i + 1].text;
    }
    return {};
}

Json fact_json(const Reply& fields) {
    Json fact = {{"fact", field(fields, "fact")},
                 {"at", std::strtoll(field(fields, "at").c_str(), nullptr, 10)},
                 {"id", field(fields, "id")}};
    Json body = Json::parse(field(fields, "body"), nullptr, false);
    fact["body"] = body.is_object() ? std::move(body) : Json::object();
    return fact;
}

// The feed has no index by number: it is read from the journey's first moment on.
Result<void> read_facts(redis::Link& link, const std::string& number, Story& story) {
    const std::string feed = redis::brand_key(story.brand, "feed");
    std::string from = std::to_string(to_ms(story.record.journey.started_at - kClockSlack));
    for (int page = 0; page < kPagesMax; ++page) {
        const auto read = link.call(redis::encode({"XRANGE", feed, from, "+", "COUNT", kPageSize}));
        if (!read) return tl::unexpected(read.error());
        if (read->is_error()) return fail(ErrorCode::unavailable, "Redis: " + read->text);
        if (read->items.empty()) return {};
        for (const Reply& entry : read->items) {
            if (entry.items.size() != 2) continue;
            if (field(entry.items[1], "tracking_number") == number) {
                story.facts.push_back(fact_json(entry.items[1]));
            }
            from = "(" + entry.items[0].text;
        }
    }
    story.cut = true;
    return {};
}

// A call's missed entry that gave way to another is a `merged` without a type.
bool is_contact_fact(std::string_view kind, std::string_view type) {
    return kind == "queued" || kind == "held" || kind == "gathering" || kind == "suppressed" ||
           (kind == "merged" && !type.empty());
}

std::string state_of(std::string_view kind, const std::string& by_switch) {
    if (kind == "held") {
        return by_switch.empty() ? ", held until it opens" : ", held by switch " + by_switch;
    }
    if (kind == "gathering") return ", waits for the next post";
    if (kind == "merged") return ", joins the posts that wait";
    return kind == "suppressed" ? ", suppressed: no entry" : "";
}

std::string why_held(std::string_view kind) {
    if (kind == "hours") return ": it opened";
    if (kind == "switch") return ": the switch ended";
    return kind == "patience" ? ": no more posts are waited for" : "";
}

// What the steward did with the entry; "" for other facts.
std::string duty_line(const std::string& kind,
                      const std::function<std::string(const char*)>& text) {
    if (kind == "late") {
        return "late on queue " + text("queue") + ", reason: " + text("late_reason");
    }
    if (kind == "alerted") return "queue " + text("to") + " alerted of queue " + text("queue");
    if (kind == "moved") return "moved from queue " + text("queue") + " to " + text("to");
    if (kind == "copied") {
        return "stays with its owner on queue " + text("queue") + ", copy to " + text("to");
    }
    if (kind == "expired") return "expired on queue " + text("queue");
    if (kind == "transferred") {
        return "transferred from queue " + text("queue") + " to " + text("to");
    }
    if (kind == "followup") return "entry for a public answer, queue " + text("to");
    return {};
}

std::string line_of(const Json& fact) {
    const Json& body = fact["body"];
    // Anybody can add to the feed: a member may be missing, or no text.
    const auto text = [&](const char* name) {
        const auto found = body.find(name);
        return found != body.end() && found->is_string() ? found->get<std::string>()
                                                         : std::string();
    };
    std::string kind = fact["fact"].get<std::string>();
    if (is_contact_fact(kind, text("type"))) {
        return text("type") + " by " +
               (text("button").empty() ? "no known button" : text("button")) + " -> route " +
               text("route") + ", queue " + text("queue") + state_of(kind, text("switch"));
    }
    if (kind == "released") return "released to queue " + text("queue") + why_held(text("kind"));
    if (kind == "tap") return "tap on " + text("button") + " (" + text("source") + ")";
    if (kind == "done" && !text("by").empty()) return "entry taken back: " + text("by");
    if (kind == "merged") return "entry gave way to another: " + text("by");
    const auto talk = body.find("talk_seconds");
    if (kind == "call.ended" && talk != body.end() && talk->is_number_integer()) {
        return kind + ", they talked " + talk->dump() + " s";
    }
    if (kind.starts_with("call.")) return kind;
    if (kind == "done") return "acknowledged by a backend of queue " + text("queue");
    if (kind == "outcome") return "outcome: " + text("outcome");
    if (kind == "outcome_refused") return "outcome refused: " + text("refused");
    if (auto line = duty_line(kind, text); !line.empty()) return line;
    return text("type");
}

void print_story(const Story& story) {
    const Journey& journey = story.record.journey;
    const auto or_dash = [](const std::string& text) {
        return text.empty() ? std::string("-") : text;
    };
    const std::string by = journey.campaign_by.empty() ? "" : " (by " + journey.campaign_by + ")";
    print_line(journey.number.display() + "  brand " + story.brand);
    print_line("  source    " + or_dash(journey.source) + ", profile " + or_dash(journey.profile) +
               ", button " + or_dash(journey.button));
    print_line("  campaign  " + or_dash(journey.campaign) + by);
    print_line("  queue     " + or_dash(journey.queue) + ", route " + or_dash(story.record.route) +
               ", " + counted(static_cast<std::size_t>(journey.contacts), "contact") +
               ", last outcome " + or_dash(journey.last_outcome));
    const Time now = system_clock()();
    for (const Json& fact : story.facts) {
        print_line("  " + due_text(from_ms(fact["at"].get<std::int64_t>()), now, story.zone) +
                   "  " + line_of(fact));
    }
    if (story.cut) print_line("  ... the feed is longer than this command reads");
}

void print_json(const Story& story) {
    const Journey& journey = story.record.journey;
    const Json json = {{"tracking_number", journey.number.display()},
                       {"brand", story.brand},
                       {"started_at", to_rfc3339(journey.started_at)},
                       {"source", journey.source},
                       {"profile", journey.profile},
                       {"button", journey.button},
                       {"campaign", journey.campaign},
                       {"campaign_by", journey.campaign_by},
                       {"queue", journey.queue},
                       {"route", story.record.route},
                       {"contacts", journey.contacts},
                       {"last_outcome", journey.last_outcome},
                       {"facts", story.facts},
                       {"complete", !story.cut}};
    std::printf("%s\n", json.dump(2, ' ', kAsciiOnly, Json::error_handler_t::replace).c_str());
}

void explain_line(const Brand& brand, const std::string& phone) {
    if (!brand.lines.contains(phone)) return;
    std::printf("It is a tracked line of brand %s", brand.name.c_str());
    for (const auto& [name, button] : brand.buttons) {
        if (button.line == phone) {
            std::printf(", button %s of profile %s", name.c_str(), button.profile.c_str());
        }
    }
    std::printf(".\n");
}

void explain_customer(const Installation& installation, const std::string& brand,
                      const std::string& phone) {
    Event event;
    event.customer.phone = phone;
    const auto hash = customer_hash(installation.keys, brand, event);
    const auto read = installation.link->call(
        redis::encode({"GET", redis::customer_key(brand, hash.value_or(""))}));
    const auto record = read ? unpack_customer(read->text) : std::nullopt;
    if (!record || record->contacts == 0) return;
    print_line("A customer of brand " + brand + " called or wrote from it: " +
               counted(static_cast<std::size_t>(record->contacts), "contact") + ", open number " +
               (record->open_number.empty() ? "none" : record->open_number) + ".");
}

// People paste phone numbers here: says what the number is instead.
int explain_phone(const Installation& installation, const std::string& phone) {
    std::printf("%s is a phone number, not a tracking number (such as 7K3-M9Q-2X4).\n",
                phone.c_str());
    for (const auto& [name, brand] : installation.config.brands) {
        explain_line(*brand, phone);
        explain_customer(installation, name, phone);
    }
    std::printf("The region of the number is %s.\n", region_of(phone).c_str());
    return kExitFindings;
}

}  // namespace

int track(const TrackOptions& options) {
    auto opened = open_installation(options.config_dir);
    if (!opened) return complain(opened.error());
    const auto number = TrackingNumber::parse(options.number);
    if (!number) {
        const std::string phone = to_e164(options.number);
        if (!phone.empty()) return explain_phone(*opened, phone);
        return complain({ErrorCode::bad_request,
                         "\"" + options.number +
                             "\" is not a tracking number: nine characters such as 7K3-M9Q-2X4, of "
                             "which the last one checks the others; look for a mistyped one"});
    }
    if (!options.brand.empty()) {
        if (auto named = named_brand(opened->config, options.brand); !named) {
            return complain(named.error());
        }
    }
    for (const auto& [name, brand] : opened->config.brands) {
        if (!options.brand.empty() && options.brand != name) continue;
        const auto read =
            opened->link->call(redis::encode({"GET", redis::journey_key(name, number->compact())}));
        if (!read) return complain(read.error());
        const auto record = unpack_journey(*number, read->text);
        if (!record) continue;
        Story story{name, brand->timezone, *record, {}, false};
        if (auto facts = read_facts(*opened->link, number->display(), story); !facts) {
            return complain(facts.error());
        }
        options.json ? print_json(story) : print_story(story);
        return kExitOk;
    }
    return complain({ErrorCode::bad_request,
                     number->display() + " names no live journey (they are kept for 90 days)"});
}

}  // namespace tapline
