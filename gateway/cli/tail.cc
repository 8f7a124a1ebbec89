#include <algorithm>
#include <cstdio>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "adapters/utf8.h"
#include "gateway/cli/cli.h"
#include "gateway/cli/running.h"
#include "gateway/cli/terminal.h"
#include "gateway/intake/accept_script.h"
#include "gateway/redis/keys.h"

namespace tapline {

namespace {

using Json = nlohmann::ordered_json;
using redis::Reply;

constexpr std::size_t kTextShown = 80;
constexpr std::string_view kBlockMs = "1000";
constexpr std::string_view kExpress = ":express";

// A stream of the queue, and the entry up to which it was shown.
struct Lane {
    std::string name;  // "sales", "sales:express"
    std::string last = "0-0";
};

struct Shown {
    Reply entry;
    std::size_t lane = 0;
};

bool names_express_lane(std::string_view queue) {
    return queue.ends_with(kExpress);
}

// "sales" of "sales:express".
std::string queue_of(std::string lane) {
    if (names_express_lane(lane)) lane.resize(lane.size() - kExpress.size());
    return lane;
}

// Of a queue both lanes, the express one first; of an express lane that one.
std::vector<Lane> lanes_of(const std::string& asked) {
    const std::string queue = queue_of(asked);
    std::vector<Lane> lanes = {{express_lane(queue)}};
    if (queue == asked) lanes.push_back({queue});
    return lanes;
}

// The brand that has the queue; an error lists what there is.
Result<std::shared_ptr<const Brand>> find_brand(const Config& config, const TailOptions& options) {
    if (!options.brand.empty()) {
        if (auto named = named_brand(config, options.brand); !named) return named;
    }
    const std::string asked = queue_of(options.queue);
    std::vector<std::shared_ptr<const Brand>> found;
    std::string known;
    for (const auto& [name, brand] : config.brands) {
        if (!options.brand.empty() && name != options.brand) continue;
        if (brand->queues.contains(asked)) found.push_back(brand);
        for (const auto& [queue, settings] : brand->queues) {
            known.append(" ").append(name).append("/").append(queue);
        }
    }
    if (found.size() == 1) return found.front();
    if (found.empty()) {
        return fail(ErrorCode::bad_request,
                    "no queue \"" + asked + "\"; there is:" + (known.empty() ? " none" : known));
    }
    return fail(ErrorCode::bad_request,
                "several brands have a queue \"" + asked + "\"; say which with --brand");
}

Json entry_json(const Reply& entry, const std::string& lane) {
    Json json = {{"entry", entry.items[0].text}, {"lane", lane}};
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
    const bool is_express = member(entry, "priority") == "express";
    const bool is_first = names_express_lane(member(entry, "lane"));
    if (is_first) marks += "  express";
    if (is_express && !is_first) marks += "  express, but over the cap";
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

void print_entry(const Reply& entry, const std::string& lane, const TailOptions& options,
                 const Brand& brand) {
    if (entry.items.size() != 2) return;
    const Json json = entry_json(entry, lane);
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

// As stream ids count: by milliseconds, then by the number within them.
std::pair<std::uint64_t, std::uint64_t> order_of(const Reply& entry) {
    if (entry.items.empty()) return {};
    const std::string& id = entry.items[0].text;
    char* end = nullptr;
    const std::uint64_t ms = std::strtoull(id.c_str(), &end, 10);
    return {ms, *end == '-' ? std::strtoull(end + 1, nullptr, 10) : 0};
}

// Shows the last `most` of what a turn found in all lanes, in the order in which it came.
void print_all(std::vector<Shown> found, std::size_t most, std::vector<Lane>& lanes,
               const TailOptions& options, const Brand& brand) {
    std::stable_sort(found.begin(), found.end(), [](const Shown& one, const Shown& other) {
        return order_of(one.entry) < order_of(other.entry);
    });
    const std::size_t skipped = found.size() - std::min(found.size(), most);
    for (std::size_t i = 0; i < found.size(); ++i) {
        const Shown& one = found[i];
        if (i >= skipped) print_entry(one.entry, lanes[one.lane].name, options, brand);
        if (!one.entry.items.empty()) lanes[one.lane].last = one.entry.items[0].text;
    }
    std::fflush(stdout);
}

// What stands in the lanes already. The ids to follow from are fixed here, so that nothing slips
// between two reads.
std::optional<Error> print_past(redis::Link& link, std::vector<Lane>& lanes,
                                const TailOptions& options, const Brand& brand) {
    std::vector<Shown> found;
    const std::string count = std::to_string(std::max(1, options.count));
    for (std::size_t lane = 0; lane < lanes.size(); ++lane) {
        const std::string key = redis::queue_key(brand.name, lanes[lane].name);
        const auto range = link.call(redis::encode({"XREVRANGE", key, "+", "-", "COUNT", count}));
        if (!range) return range.error();
        if (range->is_error()) return Error{ErrorCode::unavailable, "Redis: " + range->text};
        for (const Reply& entry : range->items) found.push_back({entry, lane});
    }
    print_all(std::move(found), static_cast<std::size_t>(options.count), lanes, options, brand);
    return std::nullopt;
}

Result<Reply> read_next(redis::Link& link, const std::vector<Lane>& lanes, const Brand& brand) {
    std::vector<std::string> keys;
    keys.reserve(lanes.size());
    for (const Lane& lane : lanes) keys.push_back(redis::queue_key(brand.name, lane.name));
    std::vector<std::string_view> words = {"XREAD", "COUNT", "100", "BLOCK", kBlockMs, "STREAMS"};
    for (const std::string& key : keys) words.push_back(key);
    for (const Lane& lane : lanes) words.push_back(lane.last);
    return link.call(redis::encode(words));
}

std::vector<Shown> shown_of(const Reply& read, const std::vector<Lane>& lanes, const Brand& brand) {
    std::vector<Shown> found;
    for (const Reply& stream : read.items) {
        if (stream.items.size() != 2) continue;
        const auto lane = std::find_if(lanes.begin(), lanes.end(), [&](const Lane& one) {
            return stream.items[0].text == redis::queue_key(brand.name, one.name);
        });
        if (lane == lanes.end()) continue;
        const auto index = static_cast<std::size_t>(lane - lanes.begin());
        for (const Reply& entry : stream.items[1].items) found.push_back({entry, index});
    }
    return found;
}

int follow(redis::Link& link, std::vector<Lane>& lanes, const TailOptions& options,
           const Brand& brand) {
    for (;;) {
        const auto read = read_next(link, lanes, brand);
        if (!read) {
            return complain({ErrorCode::unavailable,
                             "the gateway's Redis is gone: it was stopped or started anew; start "
                             "tail again once the gateway runs"});
        }
        if (read->is_error()) return complain({ErrorCode::unavailable, "Redis: " + read->text});
        std::vector<Shown> found = shown_of(*read, lanes, brand);
        const std::size_t all = found.size();
        print_all(std::move(found), all, lanes, options, brand);
    }
}

}  // namespace

int tail(const TailOptions& options) {
    auto opened = open_installation(options.config_dir);
    if (!opened) return complain(opened.error());
    const auto brand = find_brand(opened->config, options);
    if (!brand) return complain(brand.error());
    std::vector<Lane> lanes = lanes_of(options.queue);
    if (const auto error = print_past(*opened->link, lanes, options, **brand)) {
        return complain(*error);
    }
    if (!options.follow) return kExitOk;
    return follow(*opened->link, lanes, options, **brand);
}

}  // namespace tapline
