#include <cstdio>

#include "gateway/cli/admin_client.h"
#include "gateway/cli/cli.h"
#include "gateway/cli/running.h"
#include "gateway/cli/terminal.h"

namespace tapline {

namespace {

using Json = nlohmann::ordered_json;

std::string joined(const Json& list) {
    std::string text;
    for (const Json& one : list) text += (text.empty() ? "" : ",") + one.get<std::string>();
    return text;
}

void print_switch(const Json& one) {
    std::string line = one.value("name", "") + "  " + (one.value("on", false) ? "on" : "off");
    if (one.value("on", false)) {
        line += "  until " + one.value("until", "") + "  by " + one.value("author", "") + ": " +
                one.value("reason", "");
        const std::string regions = joined(one.value("regions", Json::array()));
        if (!regions.empty()) line += "  in " + regions;
    }
    if (one.contains("held")) {
        line += "  holds " + counted(one.value("held", std::size_t{0}), "contact");
        const auto passed = one.value("unknown_regions_passed", std::int64_t{0});
        if (passed > 0) {
            line += "  (" + std::to_string(passed) + " of unknown region passed)";
        }
    }
    print_line(line);
    const std::string about = one.value("about", "");
    if (!about.empty()) print_line("    " + about);
}

int print_answer(const Result<Json>& answer, bool as_json) {
    if (!answer) return complain(answer.error());
    if (as_json) {
        std::printf("%s\n", answer->dump(2, ' ', kAsciiOnly).c_str());
        return kExitOk;
    }
    if (!answer->contains("switches")) {
        print_switch(*answer);
        return kExitOk;
    }
    const Json& list = (*answer)["switches"];
    if (list.empty())
        print_line("the config of " + answer->value("brand", "") + " has no switches");
    for (const Json& one : list) print_switch(one);
    return kExitOk;
}

}  // namespace

int turn_switch(const SwitchOptions& options) {
    const auto running = find_running(options.config_dir);
    if (!running) return complain(running.error());
    const auto brand = brand_or_only(*running, options.brand);
    if (!brand) return complain(brand.error());
    const std::string path = "/v1/brands/" + *brand + "/switches";
    if (options.name.empty()) {
        return print_answer(admin_call(*running, {"GET", path, {}}), options.json);
    }
    Json body = {{"on", options.state == "on"},
                 {"author", author_or_login(options.author)},
                 {"reason", options.reason}};
    if (options.state == "on") {
        body["until"] = options.until;
        body["regions"] = options.regions;
    }
    return print_answer(admin_call(*running, {"PUT", path + "/" + options.name, body}),
                        options.json);
}

}  // namespace tapline
