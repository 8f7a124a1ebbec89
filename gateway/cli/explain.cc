#include <cstdio>

#include <nlohmann/json.hpp>

#include "adapters/backends/stream.h"
#include "adapters/crypto.h"
#include "adapters/sources/registry.h"
#include "config/calendar.h"
#include "config/tools/local_time.h"
#include "config/tools/read_tests.h"
#include "config/tools/run_tests.h"
#include "config/tools/test_reply.h"
#include "gateway/cli/cli.h"
#include "gateway/cli/config_tools.h"
#include "gateway/cli/load_for_tool.h"
#include "gateway/cli/running.h"
#include "gateway/cli/terminal.h"
#include "gateway/clock.h"
#include "gateway/intake/unknown_names.h"
#include "routes/closed.h"
#include "routes/reply.h"

namespace tapline {

namespace {

using Json = nlohmann::ordered_json;

// Everything that is told of one contact.
struct Explained {
    const Brand& brand;
    const TestContact& contact;
    const TestOutcome& outcome;
    const ZoneOffsets& zone;
    bool is_posted = false;  // in the words of the events API
    std::string note;        // what the event names and nobody knows
};

constexpr std::string_view kExampleNumber = "7K3-M9Q-2X4";

struct ReadContact {
    TestContact contact;
    bool is_posted = false;
    std::string note;
};

// A contact in the words of POST /v1/{brand}/events.
Result<ReadContact> posted_contact(const std::string& bytes, const Brand& brand, Time now) {
    const std::pair<std::string_view, std::string_view> headers[] = {
        {"content-type", "application/json"}};
    SourceRequest request;
    request.method = "POST";
    request.body = bytes;
    request.headers = headers;
    const auto items = find_source("events")->parse(request, SourceSecrets{}, now);
    if (!items) return tl::unexpected(items.error());
    if (items->empty()) return fail(ErrorCode::bad_request, "there is no event");
    if (!items->front().event) return fail(ErrorCode::bad_request, items->front().event.error());
    ReadContact read;
    read.is_posted = true;
    read.note = unknown_names(brand, *items->front().event, items->front().passed_over).note;
    TestContact& contact = read.contact;
    contact.event = *items->front().event;
    contact.event.brand = brand.name;
    contact.event.auth = "signature";
    contact.at = now;
    contact.customer.key = sha256_hex(contact.event.customer.phone + contact.event.customer.email +
                                      contact.event.customer.platform_id);
    return read;
}

// A contact in the words of a test: the event alone, or the test's other keys beside it.
Result<ReadContact> tested_contact(const std::string& file, const std::string& bytes,
                                   const Brand& brand, const ZoneOffsets& zone, Time now) {
    Report report;
    const auto root = parse_yaml(file, bytes, report);
    TestContact contact;
    if (root) {
        const TestNames names = test_names(brand);
        const ContactReading reading{brand, names, zone, report};
        if (root->find("event") == nullptr) {
            contact.at = now;
            contact.event.occurred_at = now;
            read_test_event(*root, "the contact", reading, contact);
        } else {
            KeyReader fields(&*root, "the contact", report);
            for (const char* key : {"name", "expect", "repeat"}) fields.find(key);
            contact = read_contact(fields, "the contact", now, reading);
            fields.done();
        }
    }
    if (!report.has_errors()) return ReadContact{std::move(contact), false, ""};
    const auto mistakes = report.sorted();
    for (const Mistake& mistake : mistakes) {
        std::fprintf(stderr, "%s\n", printable(to_string(mistake)).c_str());
    }
    return fail(ErrorCode::bad_request, "the contact has " + counted(mistakes.size(), "mistake"));
}

// The events API asks for an id, and tests have none.
Result<ReadContact> contact_of(const std::string& file, const std::string& bytes,
                               const Brand& brand, const ZoneOffsets& zone, Time now) {
    const auto json = Json::parse(bytes, nullptr, false);
    const bool posted = json.is_object() && !json.contains("event") && !json.contains("from") &&
                        (json.contains("id") || json.contains("customer"));
    return posted ? posted_contact(bytes, brand, now)
                  : tested_contact(file, bytes, brand, zone, now);
}

std::string opt_out_text(const Explained& told) {
    const CustomerFacts& customer = told.outcome.customer;
    if (!told.outcome.decision.suppressed_because.empty()) {
        return "suppressed: " + told.outcome.decision.suppressed_because;
    }
    if (customer.suppressed) return "suppressed: " + customer.suppressed->reason;
    return customer.opted_out ? "opted out: no automatic reply" : "neither";
}

std::string pilot_text(const Explained& told) {
    const Decision& decision = told.outcome.decision;
    if (decision.pilot.empty()) return "the route has none";
    return decision.pilot + ": arm " + (decision.arm.empty() ? "control" : decision.arm);
}

// The hours of the queue; null where it is always open.
const Hours* hours_of(const Explained& told, const std::string& queue, std::string& name) {
    const auto found = told.brand.queues.find(queue);
    if (found == told.brand.queues.end()) return nullptr;
    name = found->second.hours;
    return tapline::hours_of(told.brand, found->second);
}

std::string special_day_of(const Hours& hours, Time at) {
    const auto date = parse_date(local_text(at, hours.zone).substr(0, 10));
    if (!date) return "";
    const auto day = hours.special.find(std::chrono::local_days(*date));
    if (day == hours.special.end()) return "";
    return "; a special day" + (day->second.name.empty() ? "" : ": " + day->second.name);
}

std::string hours_text(const Explained& told, const std::string& queue) {
    std::string name;
    const Hours* hours = hours_of(told, queue, name);
    if (hours == nullptr) return "queue " + queue + " is always open";
    std::string text = "queue " + queue + " keeps the hours " + name + ": ";
    if (is_open(*hours, told.contact.at)) {
        text += "open";
    } else {
        const auto opens = next_open(*hours, told.contact.at);
        text += opens ? "closed until " + local_text(*opens, told.zone) : "closed for good";
    }
    return text + special_day_of(*hours, told.contact.at);
}

// What `closed` did in the queue that has it in the end.
std::string closed_text(const Explained& told) {
    const Decision& decision = told.outcome.decision;
    if (!decision.closed) return "";
    if (told.contact.event.channel == Channel::call && !told.contact.event.call_step) {
        return "; the caller gets: " + call_of(decision);
    }
    if (!decision.held_by.empty()) return "";
    return decision.state == Decision::State::held ? "; holds it until then"
                                                   : "; queued all the same";
}

// The queues that were asked, in order: those that handed it on, then the one that has it.
std::vector<std::string> hours_texts(const Explained& told) {
    const Decision& decision = told.outcome.decision;
    std::vector<std::string> texts;
    const auto& passed = decision.handed_on_by;
    for (std::size_t i = 0; i < passed.size(); ++i) {
        const std::string& next = i + 1 < passed.size() ? passed[i + 1] : decision.queue;
        texts.push_back(hours_text(told, passed[i]) + "; hands it to queue " + next);
    }
    texts.push_back(hours_text(told, decision.queue) + closed_text(told));
    return texts;
}

std::string hours_text(const Explained& told) {
    std::string text;
    for (const std::string& one : hours_texts(told)) text += (text.empty() ? "" : ", ") + one;
    return text;
}

std::string patience_text(const Explained& told) {
    const Decision& decision = told.outcome.decision;
    if (decision.flushes) return "ends the wait of what came before";
    if (!decision.patience) return "none";
    return "waits " + duration_text(decision.patience->quiet) + " for more, at most " +
           duration_text(decision.patience->at_most);
}

std::string due_text_of(const Explained& told) {
    const Decision& decision = told.outcome.decision;
    if (!decision.due_at) return "never";
    std::string text = local_text(*decision.due_at, told.zone);
    if (!decision.respond_within) return text;
    std::string name;
    text += " (" + duration_text(*decision.respond_within);
    text += hours_of(told, decision.queue, name) == nullptr ? " from "
                                                            : " of the hours " + name + " from ";
    text += local_text(told.contact.at, told.zone);
    if (told.contact.event.reply_before) {
        text += ", and before the reply window ends at " +
                local_text(*told.contact.event.reply_before, told.zone);
    }
    return text + ")";
}

// As the customer reads it.
std::string filled_reply(const Explained& told) {
    std::string text = told.outcome.decision.reply;
    fill_in(text, "{brand}", told.brand.shown_name());
    fill_in(text, "{tracking_number}", kExampleNumber);
    return text;
}

// The provider's answer to a text carries it; whatever else was posted or written is answered by
// the backend.
bool sends_reply(const Explained& told) {
    return !told.is_posted && told.contact.event.channel == Channel::text &&
           !told.outcome.customer.key.empty();
}

std::string suggested_reply(const Explained& told) {
    const Decision& decision = told.outcome.decision;
    const bool silent = told.contact.event.channel == Channel::call ||
                        decision.state == Decision::State::suppressed;
    return silent || sends_reply(told) ? "" : filled_reply(told);
}

std::string reply_text(const Explained& told) {
    const Decision& decision = told.outcome.decision;
    if (!decision.reply_withheld.empty()) return "none: " + decision.reply_withheld;
    if (decision.reply.empty()) return "none";
    return filled_reply(told) + (sends_reply(told)
                                     ? " (sent by Tapline)"
                                     : " (not sent: the entry suggests it to the backend)");
}

std::string listed_names(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
    return text.empty() ? "none" : text;
}

Json entry_json(const Explained& told) {
    const std::string suggested = suggested_reply(told);
    const EntryContext context{told.brand,
                               told.contact.event,
                               told.outcome.place,
                               told.outcome.decision,
                               told.outcome.customer,
                               kExampleNumber,
                               "",
                               told.contact.at,
                               "redis",
                               suggested};
    Json json = Json::object();
    for (const auto& field : stream_entry(context)) {
        const auto data = Json::parse(field.second, nullptr, false);
        const bool is_body = field.first == "data" && !data.is_discarded();
        json[std::string(field.first)] = is_body ? data : Json(field.second);
    }
    return json;
}

void print_text(const Explained& told) {
    const Place& at = told.outcome.place;
    const auto facts = tapline::told(told.outcome, told.contact, told.zone);
    print_line(std::string(to_string(told.contact.event.channel)) + " at " +
               local_text(told.contact.at, told.zone) + " (" + told.brand.timezone + ")");
    if (!told.note.empty()) print_line("note: " + told.note);
    print_line("came by: source " + at.source + ", profile " + facts.at("profile") + ", button " +
               facts.at("button") + ", campaign " + facts.at("campaign") + ", region " + at.region +
               ", attribution " + facts.at("attribution"));
    print_line("1 opt-out and suppression: " + opt_out_text(told));
    print_line("2 routes:");
    const auto trail = trail_of(told.brand, told.contact, told.outcome);
    for (const std::string& line : trail_lines(trail)) print_line("    " + line);
    print_line("  decided by " + facts.at("route") + ": queue " + facts.at("queue") +
               ", priority " + facts.at("priority") + ", copies to " +
               listed_names(told.outcome.decision.copy_to));
    print_line("3 pilot: " + pilot_text(told));
    const auto hours = hours_texts(told);
    for (std::size_t i = 0; i < hours.size(); ++i) {
        print_line((i == 0 ? "4 closed hours: " : "    then: ") + hours[i]);
    }
    print_line("5 patience: " + patience_text(told));
    print_line("6 topics: " + listed_names(told.outcome.decision.topics));
    print_line("state: " + facts.at("state") +
               (facts.at("until") == "none" ? "" : ", until " + facts.at("until")) +
               (facts.at("held_by") == "none" ? "" : ", held by switch " + facts.at("held_by")));
    if (facts.at("call") != "none") {
        print_line("call: " + facts.at("call") + ", says: " + facts.at("says"));
    }
    print_line("due: " + due_text_of(told));
    print_line("reply: " + reply_text(told));
    print_line("entry:");
    const std::string entry =
        entry_json(told).dump(2, ' ', kAsciiOnly, Json::error_handler_t::replace);
    std::printf("%s\n", entry.c_str());
}

void print_json(const Explained& told) {
    const auto facts = tapline::told(told.outcome, told.contact, told.zone);
    Json json = {{"brand", told.brand.name},
                 {"at", local_text(told.contact.at, told.zone)},
                 {"timezone", told.brand.timezone}};
    json["outcome"] = Json::object();
    for (const auto& fact : facts) json["outcome"][fact.first] = fact.second;
    json["outcome"]["region"] = told.outcome.place.region;
    json["steps"] = {{"opt_out_and_suppression", opt_out_text(told)},
                     {"routes", Json::array()},
                     {"pilot", pilot_text(told)},
                     {"closed_hours", hours_text(told)},
                     {"patience", patience_text(told)},
                     {"topics", listed_names(told.outcome.decision.topics)},
                     {"due", due_text_of(told)},
                     {"reply", reply_text(told)}};
    for (const TrailStep& step : trail_of(told.brand, told.contact, told.outcome)) {
        json["steps"]["routes"].push_back(
            {{"route", step.route}, {"condition", step.condition}, {"holds", step.holds}});
    }
    if (!told.note.empty()) json["note"] = told.note;
    json["entry"] = entry_json(told);
    std::printf("%s\n", json.dump(2, ' ', kAsciiOnly, Json::error_handler_t::replace).c_str());
}

}  // namespace

int explain(const ExplainOptions& options) {
    const auto config = load_for_tool(options.config_dir);
    if (!config) return kExitConfig;
    const auto brand = choose_brand(*config, options.brand);
    if (brand == nullptr) return kExitUsage;
    const auto bytes = read_input(options.file);
    if (!bytes) return kExitUsage;
    const ZoneOffsets zone = zone_offsets(brand->timezone);
    Time now = system_clock()();
    if (!options.at.empty()) {
        const auto local = parse_local_time(options.at);
        const auto time = local ? moment_of(*local, zone) : std::nullopt;
        if (!time) {
            complain({ErrorCode::bad_request,
                      local ? "the clocks skip --at in " + brand->timezone + "; write another time"
                            : "--at is a time like \"2026-03-09 12:30\""});
            return kExitUsage;
        }
        now = *time;
    }
    auto read = contact_of(options.file, *bytes, *brand, zone, now);
    if (!read) {
        complain(read.error());
        return kExitUsage;
    }
    if (!read->is_posted) set_reply(config->connections, *brand, read->contact);
    const TestOutcome outcome = outcome_of(*brand, read->contact);
    const Explained told{*brand, read->contact, outcome, zone, read->is_posted, read->note};
    if (options.json) {
        print_json(told);
    } else {
        print_text(told);
    }
    return kExitOk;
}

}  // namespace tapline
