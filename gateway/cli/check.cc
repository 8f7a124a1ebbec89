#include <algorithm>
#include <cstdio>

#include <nlohmann/json.hpp>

#include "config/config.h"
#include "config/notes/patience.h"
#include "config/notes/pilots.h"
#include "config/notes/replies.h"
#include "gateway/cli/cli.h"
#include "gateway/cli/terminal.h"
#include "gateway/clock.h"

namespace tapline {

namespace {

std::size_t count_errors(const std::vector<Mistake>& mistakes) {
    return static_cast<std::size_t>(std::count_if(
        mistakes.begin(), mistakes.end(),
        [](const Mistake& mistake) { return mistake.severity == Mistake::Severity::error; }));
}

void print_json(const std::vector<Mistake>& mistakes) {
    nlohmann::ordered_json list = nlohmann::ordered_json::array();
    for (const auto& mistake : mistakes) {
        const bool error = mistake.severity == Mistake::Severity::error;
        list.push_back({{"severity", error ? "error" : "warning"},
                        {"file", mistake.file},
                        {"line", mistake.line},
                        {"column", mistake.column},
                        {"message", mistake.message}});
    }
    std::printf("%s\n",
                list.dump(2, ' ', kAsciiOnly, nlohmann::json::error_handler_t::replace).c_str());
}

void print_notes(const std::vector<std::string>& notes) {
    for (const std::string& note : notes) print_line("note: " + note);
}

void print_summary(const Config& config) {
    std::size_t routes = 0;
    for (const auto& [name, brand] : config.brands) routes += brand->routes.size();
    print_line("ok: " + counted(config.connections.size(), "connection") + ", " +
               counted(config.brands.size(), "brand") + ", " + counted(routes, "route"));
}

}  // namespace

int check(const CheckOptions& options) {
    const LoadResult loaded = load_config(disk_access(options.config_dir));
    if (options.json) {
        print_json(loaded.mistakes);
    } else {
        for (const auto& mistake : loaded.mistakes) print_line(to_string(mistake));
        if (loaded.config) {
            print_notes(reply_notes(*loaded.config));
            print_notes(patience_notes(*loaded.config));
            print_notes(pilot_notes(*loaded.config, system_clock()()));
            print_summary(*loaded.config);
        } else {
            print_line(counted(count_errors(loaded.mistakes), "mistake"));
        }
    }
    return loaded.config ? kExitOk : kExitConfig;
}

}  // namespace tapline
