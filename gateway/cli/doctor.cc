#include <chrono>
#include <cstdio>

#include <nlohmann/json.hpp>

#include "gateway/cli/admin_call.h"
#include "gateway/cli/cli.h"
#include "gateway/cli/running.h"
#include "gateway/cli/terminal.h"
#include "gateway/redis/keys.h"

namespace tapline {

namespace {

using Json = nlohmann::ordered_json;

// One line of the examination.
struct Finding {
    enum class Grade { ok, note, wrong };
    Grade grade = Grade::ok;
    std::string about;
    std::string message;
};
using Findings = std::vector<Finding>;

constexpr long kPublicDeadlineSeconds = 5;
constexpr double kSkewAlarmMs = 5'000;
constexpr std::chrono::hours kRenewBefore{14 * 24};

const char* name_of(Finding::Grade grade) {
    switch (grade) {
        case Finding::Grade::ok:
            return "ok";
        case Finding::Grade::note:
            return "note";
        case Finding::Grade::wrong:
            return "WRONG";
    }
    return "";
}

// Most errors of the link begin with "redis: ", and so does the finding.
std::string last_error(const Json& redis) {
    constexpr std::string_view kPrefix = "redis: ";
    std::string error = redis.value("last_error", "");
    if (error.starts_with(kPrefix)) error.erase(0, kPrefix.size());
    return error.empty() ? "not connected yet" : error;
}

void examine_redis(const Json& status, Findings& findings) {
    const Json& redis = status["redis"];
    if (!redis.value("connected", false)) {
        findings.push_back({Finding::Grade::wrong, "redis", last_error(redis)});
        return;
    }
    findings.push_back({Finding::Grade::ok, "redis",
                        "version " + redis.value("version", "") + ", " +
                            redis.value("persistence", "") + ", maxmemory-policy " +
                            redis.value("maxmemory_policy", "")});
    for (const Json& finding : redis["findings"]) {
        const auto grade =
            finding.value("waived", false) ? Finding::Grade::note : Finding::Grade::wrong;
        findings.push_back({grade, "redis", finding.value("message", "")});
    }
    if (status.value("embedded_redis", false)) {
        findings.push_back(
            {Finding::Grade::note, "redis", "embedded Redis: one machine, not for production"});
    }
    const double skew = redis.value("clock_skew_ms", 0.0);
    const bool wrong = skew > kSkewAlarmMs || skew < -kSkewAlarmMs;
    findings.push_back({wrong ? Finding::Grade::wrong : Finding::Grade::ok, "clock",
                        "Redis minus gateway: " + std::to_string(static_cast<long>(skew)) + " ms" +
                            (wrong ? "; set both by NTP" : "")});
}

// Asks for a hook that cannot exist: only Tapline answers 404 with problem+json.
void examine_public_url(const Json& status, Findings& findings) {
    const std::string url = status.value("public_url", "");
    if (!url.starts_with("https://")) {
        findings.push_back({Finding::Grade::note, "public url",
                            url + " is not https; providers call https addresses only"});
    }
    HttpCall call;
    call.url = url + "/hooks/-";
    call.deadline_seconds = kPublicDeadlineSeconds;
    const auto answer = http_call(call);
    if (!answer) {
        findings.push_back(
            {Finding::Grade::wrong, "public url",
             answer.error().message + "; public_url in tapline.yaml must lead to this gateway"});
    } else if (answer->status != 404 ||
               answer->body.find("no such connection") == std::string::npos) {
        findings.push_back({Finding::Grade::wrong, "public url",
                            url + " is answered by something else (status " +
                                std::to_string(answer->status) + ")"});
    } else {
        findings.push_back({Finding::Grade::ok, "public url", url + " leads to this gateway"});
    }
}

void examine_tls(const Json& status, Findings& findings) {
    const Json& ends = status["certificate_ends"];
    if (!ends.is_string()) {
        findings.push_back(
            {Finding::Grade::ok, "tls", "no TLS listener; a proxy in front must have it"});
        return;
    }
    const auto left = std::chrono::seconds(status.value("certificate_seconds_left", 0L));
    const std::string when = ends.get<std::string>();
    if (left <= left.zero()) {
        findings.push_back(
            {Finding::Grade::wrong, "tls",
             "a certificate ended " + when + "; renew it and send SIGHUP to the gateway"});
    } else if (left < kRenewBefore) {
        findings.push_back({Finding::Grade::note, "tls",
                            "the first certificate ends " + when + ", in " +
                                std::to_string(left / std::chrono::hours(24)) +
                                " days; renew it and send SIGHUP to the gateway"});
    } else {
        findings.push_back({Finding::Grade::ok, "tls", "the first certificate ends " + when});
    }
}

// "3f2a9c01d4e7 (acme 9b1c77aa02de, bmart 0011aabbccdd)".
void examine_config(const Json& status, Findings& findings) {
    const auto config = status.find("config");
    if (config == status.end()) return;
    std::string brands;
    for (const auto& [name, version] : (*config)["brands"].items()) {
        brands += (brands.empty() ? "" : ", ") + name + " " + version.get<std::string>();
    }
    findings.push_back(
        {Finding::Grade::ok, "config", config->value("hash", "") + " (" + brands + ")"});
}

void examine_connections(const Json& status, Findings& findings) {
    for (const auto& [name, connection] : status["connections"].items()) {
        const Json& last = connection["last_event"];
        const std::string provider = connection.value("provider", "");
        findings.push_back({last.is_string() ? Finding::Grade::ok : Finding::Grade::note,
                            "connection " + name,
                            provider + (last.is_string() ? ", last event " + last.get<std::string>()
                                                         : ", no event yet")});
    }
    for (const auto& [name, connection] : status["connections"].items()) {
        if (!connection.contains("unsigned_because")) continue;
        findings.push_back({Finding::Grade::note, "connection " + name,
                            "accepts requests without a signature, because: " +
                                connection.value("unsigned_because", "")});
    }
    for (const auto& [name, message] : status["alarms"].items()) {
        findings.push_back({Finding::Grade::wrong, "alarm " + name, message.get<std::string>()});
    }
}

void examine_quarantine(const Json& status, Findings& findings) {
    const auto kept = status.find("quarantine");
    if (kept == status.end()) return;
    for (const auto& [brand, figures] : kept->items()) {
        const std::string reason = figures.value("newest_reason", "");
        // The gateway keeps what belongs to no brand under a name that no brand can have.
        const std::string about = brand == redis::kNoBrand ? "no brand" : "brand " + brand;
        findings.push_back({Finding::Grade::note, about,
                            std::to_string(figures.value("entries", 0L)) + " quarantined" +
                                (reason.empty() ? "" : ", newest reason: " + reason)});
    }
}

Result<Findings> examine(const std::string& config_dir) {
    const auto running = find_running(config_dir);
    if (!running) return tl::unexpected(running.error());
    const auto answer = admin_call(*running, "GET", "/v1/status");
    if (!answer) return tl::unexpected(answer.error());
    const Json status = Json::parse(answer->body, nullptr, false);
    if (!status.is_object() || !status.contains("redis")) {
        return fail(ErrorCode::corrupt, "the admin listener answered something that is no status");
    }
    Findings findings = {{Finding::Grade::ok, "gateway",
                          "process " + std::to_string(running->pid) + ", " + running->config_dir}};
    examine_config(status, findings);
    examine_redis(status, findings);
    examine_public_url(status, findings);
    examine_tls(status, findings);
    examine_connections(status, findings);
    examine_quarantine(status, findings);
    return findings;
}

}  // namespace

int doctor(const DoctorOptions& options) {
    const auto findings = examine(options.config_dir);
    if (!findings) return complain(findings.error());
    bool wrong = false;
    Json list = Json::array();
    for (const auto& finding : *findings) {
        wrong = wrong || finding.grade == Finding::Grade::wrong;
        list.push_back({{"grade", name_of(finding.grade)},
                        {"about", finding.about},
                        {"message", finding.message}});
        if (!options.json) {
            std::printf("%-5s  %s: %s\n", name_of(finding.grade), printable(finding.about).c_str(),
                        printable(finding.message).c_str());
        }
    }
    if (options.json) {
        std::printf("%s\n", list.dump(2, ' ', kAsciiOnly, Json::error_handler_t::replace).c_str());
    }
    return wrong ? kExitFindings : kExitOk;
}

}  // namespace tapline
