#include <cstdio>

#include "gateway/cli/admin_client.h"
#include "gateway/cli/cli.h"
#include "gateway/cli/running.h"
#include "gateway/cli/terminal.h"

namespace tapline {

namespace {

using Json = nlohmann::ordered_json;

void print_list(const Json& list) {
    print_line(counted(list.size(), "customer") + " suppressed");
    for (const Json& one : list) {
        print_line(one.value("customer", "") + "  until " + one.value("until", "") + "  by " +
                   one.value("author", "") + ": " + one.value("reason", ""));
    }
}

void print_change(const Json& answer, const std::string& action) {
    std::string became = "not suppressed any more";
    if (action == "add") became = "suppressed until " + answer.value("until", "");
    if (!answer.value("changed", false)) became = "was not suppressed";
    print_line(answer.value("customer", "") + "  " + became);
}

AdminCall call_of(const SuppressOptions& options, const std::string& path) {
    AdminCall call{"GET", path, {}};
    if (options.action == "list") return call;
    call.method = "POST";
    call.body = {{"action", options.action},
                 {"author", author_or_login(options.author)},
                 {"reason", options.reason},
                 {"until", options.until}};
    const std::pair<const char*, const std::string*> who[] = {{"phone", &options.phone},
                                                              {"email", &options.email},
                                                              {"id", &options.id},
                                                              {"profile", &options.profile}};
    for (const auto& [name, value] : who) {
        if (!value->empty()) call.body[name] = *value;
    }
    return call;
}

}  // namespace

int suppress(const SuppressOptions& options) {
    const auto running = find_running(options.config_dir);
    if (!running) return complain(running.error());
    const auto brand = brand_or_only(*running, options.brand);
    if (!brand) return complain(brand.error());
    const auto answer =
        admin_call(*running, call_of(options, "/v1/brands/" + *brand + "/suppressions"));
    if (!answer) return complain(answer.error());
    if (options.json) {
        std::printf("%s\n", answer->dump(2, ' ', kAsciiOnly).c_str());
    } else if (options.action == "list") {
        print_list((*answer)["suppressions"]);
    } else {
        print_change(*answer, options.action);
    }
    return kExitOk;
}

}  // namespace tapline
