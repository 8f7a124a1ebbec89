#include "gateway/cli/admin_client.h"

#include <unistd.h>

#include "config/load.h"
#include "gateway/cli/http_client.h"

namespace tapline {

namespace {

using Json = nlohmann::ordered_json;

std::string told(const Json& problem, int status) {
    if (problem.is_object() && problem.contains("detail") && problem["detail"].is_string()) {
        return problem["detail"].get<std::string>();
    }
    return "the gateway answered " + std::to_string(status);
}

}  // namespace

Result<Json> admin_call(const Running& running, const AdminCall& call) {
    HttpCall http;
    http.method = call.method;
    const bool is_unix = running.admin_address.starts_with("unix:");
    if (is_unix) http.unix_path = running.admin_address.substr(5);
    http.trusted_certificate = running.admin_certificate;
    http.url = std::string(running.admin_certificate.empty() ? "http://" : "https://") +
               (is_unix ? std::string("admin") : running.admin_address) + call.path;
    if (!call.body.is_null()) {
        http.headers.emplace_back("Content-Type", "application/json");
        http.body = call.body.dump(-1, ' ', false, Json::error_handler_t::replace);
    }
    const auto answer = http_call(http);
    if (!answer) return tl::unexpected(answer.error());
    Json json = Json::parse(answer->body, nullptr, false);
    const bool good = answer->status / 100 == 2 && json.is_object();
    if (good) return json;
    const auto code = answer->status / 100 == 4 ? ErrorCode::bad_request : ErrorCode::unavailable;
    return fail(code, told(json, answer->status));
}

Result<std::string> brand_or_only(const Running& running, const std::string& named) {
    if (!named.empty()) return named;
    FileAccess files = disk_access(running.config_dir);
    files.on_missing_secret = [](const Mistake&) {};
    const auto loaded = load_config(files);
    if (!loaded.config) {
        return fail(ErrorCode::bad_config,
                    "the config of the running gateway has mistakes; say which brand with --brand");
    }
    const auto& brands = loaded.config->brands;
    if (brands.size() == 1) return brands.begin()->first;
    std::string known;
    for (const auto& [name, brand] : brands) known += " " + name;
    return fail(ErrorCode::bad_request, "say which brand with --brand; there is:" + known);
}

// Not the environment's: anybody may set that.
std::string author_or_login(const std::string& named) {
    return named.empty() ? user_name(::getuid()) : named;
}

}  // namespace tapline
