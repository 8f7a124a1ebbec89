#include "gateway/steward/channels.h"

#include <algorithm>
#include <cstdio>

#include <nlohmann/json.hpp>

#include "adapters/time_text.h"
#include "gateway/cli/cli.h"
#include "gateway/cli/running.h"

namespace tapline {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::int64_t kMinute = 60;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::int64_t kDay = 24 * kHour;

std::int64_t seconds_of(Milliseconds duration) {
    return std::chrono::duration_cast<std::chrono::seconds>(duration).count();
}

// "3d 4h", "4h 12m", "12m", "8s".
std::string shown(const std::optional<Milliseconds>& duration) {
    if (!duration) return "-";
    const std::int64_t seconds = std::max<std::int64_t>(0, seconds_of(*duration));
    const auto text = [](std::int64_t count, const char* unit) {
        return std::to_string(count) + unit;
    };
    if (seconds >= kDay) return text(seconds / kDay, "d ") + text(seconds % kDay / kHour, "h");
    if (seconds >= kHour) {
        return text(seconds / kHour, "h ") + text(seconds % kHour / kMinute, "m");
    }
    return seconds >= kMinute ? text(seconds / kMinute, "m") : text(seconds, "s");
}

std::optional<Milliseconds> silence_of(const ChannelRow& row, Time now) {
    return row.record ? std::optional(now - row.record->last) : std::nullopt;
}

std::optional<Milliseconds> usual_of(const ChannelRow& row) {
    if (row.kind == "handshake" || !row.record) return std::nullopt;
    return row.record->usual_longest();
}

Json json_of(const ChannelRow& row, Time now) {
    const auto number = [](const std::optional<Milliseconds>& duration) {
        return duration ? Json(seconds_of(*duration)) : Json();
    };
    return {{"kind", row.kind},
            {"name", row.name},
            {"about", row.about},
            {"brand", row.brand},
            {"state", to_string(row.state)},
            {"last_heard", row.record ? Json(to_rfc3339(row.record->last)) : Json()},
            {"silent_seconds", number(silence_of(row, now))},
            {"usual_longest_seconds", number(usual_of(row))},
            {"events", row.record ? row.record->events : 0}};
}

void print_row(const std::vector<std::string>& cells) {
    std::printf("%-8s  %-10s  %-20s  %-10s  %-12s  %-24s  %-8s  %s\n", cells[0].c_str(),
                cells[1].c_str(), cells[2].c_str(), cells[3].c_str(), cells[4].c_str(),
                cells[5].c_str(), cells[6].c_str(), cells[7].c_str());
}

void print_table(const std::vector<ChannelRow>& rows, Time now) {
    print_row({"STATE", "KIND", "NAME", "OF", "BRAND", "LAST HEARD", "SILENT", "USUAL LONGEST"});
    for (const ChannelRow& row : rows) {
        print_row({std::string(to_string(row.state)), row.kind, row.name, row.about,
                   row.brand.empty() ? "-" : row.brand,
                   row.record ? to_rfc3339(row.record->last) : "-", shown(silence_of(row, now)),
                   shown(usual_of(row))});
    }
}

}  // namespace

int channels(const ChannelsOptions& options) {
    auto opened = open_installation(options.config_dir);
    if (!opened) return complain(opened.error());
    const auto heard = read_heard(*opened->link, opened->config);
    if (!heard) return complain(heard.error());
    const Time now = system_clock()();
    const auto rows = channel_rows(opened->config, *heard, now);
    if (options.json) {
        Json list = Json::array();
        for (const ChannelRow& row : rows) list.push_back(json_of(row, now));
        std::printf("%s\n", list.dump(2, ' ', false, Json::error_handler_t::replace).c_str());
    } else {
        print_table(rows, now);
    }
    const bool quiet = std::any_of(rows.begin(), rows.end(), [](const ChannelRow& row) {
        return row.state == HeardState::quiet;
    });
    return quiet ? kExitFindings : kExitOk;
}

}  // namespace tapline
