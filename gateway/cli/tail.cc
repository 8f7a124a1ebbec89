#include <cstdio>

#include <nlohmann/json.hpp>

#include "adapters/utf8.h"
#include "gateway/cli/cli.h"
#include "gateway/cli/running.h"
#include "gateway/cli/terminal.h"
#include "gateway/redis/keys.h"

namespace tapline {

namespace {

using Json = nlohmann::ordered_json;
using redis::Reply;

constexpr std::size_t kTextShown = 80;
constexpr std::string_view kBlockMs = "1000";

// The brand that has the queue; an error lists what there is.
Result<std::shared_ptr<const Brand>> find_brand(const Config& config, const TailOptions& options) {
    if (!options.brand.empty()) {
        if (auto named = named_brand(config, options.brand); !named) return named;
    }
    std::vector<std::shared_ptr<const Brand>> found;
    std::string known;
    for (const auto& [name, brand] : config.brands) {
        if (!options.brand.empty() && name != options.brand) continue;
        if (brand->queues.contains(options.queue)) found.push_back(brand);
        for (const auto& [queue, settings] : brand->queues) {
            known.append(" ").append(name).append("/").append(queue);
        }
    }
    if (found.size() == 1) return found.front();
    if (found.empty()) {
        return fail(ErrorCode::bad_request, "no queue \"" + options.queue + "\"; there is:" +
                                                (known.empty() ? " none" : known));
    }
    return fail(ErrorCode::bad_request,
                "several brands have a queue \"" + options.queue + "\"; say which with --brand");
}

Json entry_json(const Reply& entry) {
    Json json = {{"entry", entry.items[0].text}};
    const Reply& fields = entry.items[1];
    for (std::size_t i = 0; i + 1 < fields.items.size(); i += 2) {
        json[fields.items[i].text] = fields.items[i + 1].text;
    }
    return json;
}

// A text member; empty when it is missing or something else. Anybody can add an entry.
std::string member(const Json& json, const char* name) {
    if (!json.is_object()) return {};
    const auto found = json.find(name);
    return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// What is not as usual: "  express", "  copy of sales".
std::string marks_of(const Json& entry) {
    std::string marks;
    const std::string priority = printable(member(entry, "priority"));
    if (!priority.empty() && priority != "normal") marks += "  " + priority;
    const std::string owner = printable(member(entry, "copy_of"));
    if (!owner.empty()) marks += "  copy of " + owner;
    return marks;
}

std::string shortened(const std::string& text) {
    if (text.size() <= kTextShown) return text;
    return std::string(utf8_prefix(text, kTextShown)) + "...";
}

std::optional<Time> time_of(const std::string& ms) {
    if (ms.empty()) return std::nullopt;
    return from_ms(std::strtoll(ms.c_str(), nullptr, 10));
}

void print_entry(const Reply& entry, const TailOptions& options, const Brand& brand) {
    if (entry.items.size() != 2) return;
    const Json json = entry_json(entry);
    if (options.json) {
        std::printf("%s\n", json.dump(-1, ' ', kAsciiOnly, Json::error_handler_t::replace).c_str());
        return;
    }
    const auto shown = [&](const char* name) { return printable(member(json, name)); };
    const auto accepted = time_of(member(json, "accepted_at"));
    const Time now = system_clock()();
    const Json data = Json::parse(member(json, "data"), nullptr, false);
    const auto inner = data.is_object() ? data.find("data") : data.end();
    const std::string text = inner == data.end() ? std::string() : member(*inner, "text");
    std::printf("%s  %s  %-5s %s/%s  route %s%s  due %s  %s\n",
                due_text(accepted, now, brand.timezone).c_str(), shown("tracking_number").c_str(),
                shown("channel").c_str(), shown("source").c_str(),
                (shown("button").empty() ? "-" : shown("button")).c_str(), shown("route").c_str(),
                marks_of(json).c_str(),
                due_text(time_of(member(json, "due_at")), now, brand.timezone).c_str(),
                shortened(printable(text)).c_str());
}

// Prints what a range or read gave; the id of the last entry, or `last` when there was none.
std::string print_all(const Reply& entries, std::string last, const TailOptions& options,
                      const Brand& brand, bool newest_first) {
    const std::size_t count = entries.items.size();
    for (std::size_t i = 0; i < count; ++i) {
        const Reply& entry = entries.items[newest_first ? count - 1 - i : i];
        print_entry(entry, options, brand);
        if (!entry.items.empty()) last = entry.items[0].text;
    }
    std::fflush(stdout);
    return last;
}

int follow(redis::Link& link, const std::string& key, std::string last, const TailOptions& options,
           const Brand& brand) {
    for (;;) {
        const auto read = link.call(
            redis::encode({"XREAD", "COUNT", "100", "BLOCK", kBlockMs, "STREAMS", key, last}));
        if (!read) {
            return complain({ErrorCode::unavailable,
                             "the gateway's Redis is gone: it was stopped or started anew; start "
                             "tail again once the gateway runs"});
        }
        if (read->is_error()) return complain({ErrorCode::unavailable, "Redis: " + read->text});
        if (read->items.empty() || read->items[0].items.size() != 2) continue;
        last = print_all(read->items[0].items[1], last, options, brand, false);
    }
}

}  // namespace

int tail(const TailOptions& options) {
    auto opened = open_installation(options.config_dir);
    if (!opened) return complain(opened.error());
    const auto brand = find_brand(opened->config, options);
    if (!brand) return complain(brand.error());
    const std::string key = redis::queue_key((*brand)->name, options.queue);

    // The id to follow from is fixed first, so that nothing slips between the two reads.
    std::string last = "0-0";
    const auto range = opened->link->call(redis::encode(
        {"XREVRANGE", key, "+", "-", "COUNT", std::to_string(std::max(1, options.count))}));
    if (!range) return complain(range.error());
    if (range->is_error()) return complain({ErrorCode::unavailable, "Redis: " + range->text});
    if (options.count > 0) {
        last = print_all(*range, last, options, **brand, true);
    } else if (!range->items.empty() && !range->items[0].items.empty()) {
        last = range->items[0].items[0].text;
    }
    if (!options.follow) return kExitOk;
    return follow(*opened->link, key, last, options, **brand);
}

}  // namespace tapline
