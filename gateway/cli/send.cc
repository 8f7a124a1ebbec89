#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <system_error>

#include "gateway/cli/cli.h"
#include "gateway/cli/http_client.h"
#include "gateway/cli/running.h"
#include "gateway/cli/send_report.h"
#include "gateway/cli/send_target.h"
#include "gateway/cli/terminal.h"
#include "gateway/redis/keys.h"

namespace tapline {

namespace {

constexpr std::string_view kLines = "application/x-ndjson";

Result<std::string> read_all(std::istream& stream, const std::string& name) {
    std::string bytes;
    std::array<char, 64 << 10> buffer{};
    while (stream) {
        stream.read(buffer.data(), buffer.size());
        bytes.append(buffer.data(), static_cast<std::size_t>(stream.gcount()));
    }
    if (stream.bad()) return fail(ErrorCode::bad_request, "cannot read " + name);
    if (bytes.empty()) return fail(ErrorCode::bad_request, name + " is empty");
    return bytes;
}

// "" when there is no file: the event is made up.
Result<std::string> read_body(const std::string& file) {
    if (file.empty()) return std::string();
    if (file == "-") return read_all(std::cin, "standard input");
    const auto cannot = [&](const std::string& why) {
        return fail(ErrorCode::bad_request, "cannot read " + file + ": " + why);
    };
    std::error_code ignored;
    if (std::filesystem::is_directory(file, ignored)) return cannot("is a directory");
    std::ifstream stream(file, std::ios::binary);
    if (!stream) return cannot(std::generic_category().message(errno));
    return read_all(stream, file);
}

// What the options leave to the file's name.
SendOptions completed(SendOptions options) {
    const bool lines = options.file.ends_with(".ndjson") || options.file.ends_with(".jsonl");
    if (options.provider == "events" && options.content_type.empty() && lines) {
        options.content_type = kLines;
    }
    return options;
}

// Takes out what this shell does not have; something must be left to sign with, where that is
// needed.
Result<void> check_secrets(const Installation& installation, Target& target) {
    std::erase(target.secrets.secrets, "");
    std::erase(target.secrets.api_keys, "");
    if (!target.secrets.secrets.empty() || !target.secrets.api_keys.empty()) return {};
    if (target.source->proof.none || target.connection.accepts_unsigned) return {};
    if (!target.secrets.signing_key.empty()) return {};
    std::string message = "there is nothing to sign with in this shell";
    for (const std::string& one : installation.missing_secrets) message += "; " + one;
    return fail(ErrorCode::bad_config, message);
}

HttpCall http_call_of(const Installation& installation, const SignedRequest& request) {
    HttpCall call;
    call.method = request.method;
    call.url = request.url;
    call.headers = request.headers;
    call.body = request.body;
    // The URL is the public one, as the provider knows it; the connection goes to this machine.
    const std::string& address = installation.running.public_address;
    if (address.starts_with("unix:")) {
        call.unix_path = address.substr(5);
    } else {
        call.connect_to = address;
    }
    const bool tls = !installation.config.listen.front().certificate.empty();
    const auto scheme_end = call.url.find("://");
    if (scheme_end != std::string::npos) {
        call.url = (tls ? "https" : "http") + call.url.substr(scheme_end);
    }
    call.verify_certificate = false;
    return call;
}

// The mark of one event, read from Redis: what the gateway decided.
std::optional<Mark> read_mark(const Installation& installation, const Brand& brand,
                              const Event& event) {
    const Identity identity = identify(installation.keys, brand.name, event);
    const auto read = installation.link->call(
        redis::encode({"GET", redis::seen_key(brand.name, identity.founder)}));
    return read ? unpack_mark(read->text) : std::nullopt;
}

// The brand's own events: the answer has a verdict for each.
int send_events(const Installation& installation, const Target& target, const SendOptions& options,
                const SignedRequest& request) {
    const auto answer = http_call(http_call_of(installation, request));
    if (!answer) return complain(answer.error());
    auto verdicts = verdict_lines(*answer, request.body, target.brand->timezone, system_clock()());
    if (!verdicts) {
        Error error = verdicts.error();
        const bool lines = error.message.find(kLines) != std::string::npos;
        if (lines && options.content_type.empty()) {
            error.message += " (--content-type application/x-ndjson)";
        }
        return complain(error);
    }
    for (const std::string& line : verdicts->lines) print_line(line);
    return verdicts->all_safe ? kExitOk : kExitFindings;
}

int report_hook(const Installation& installation, const Placed& placed,
                const std::vector<bool>& before, const HttpAnswer& answer) {
    if (answer.status >= 300 && answer.status != 302) {
        return complain({ErrorCode::bad_request, refusal_text(answer)});
    }
    const std::string answered = "answered " + std::to_string(answer.status);
    if (placed.events.empty() && placed.faults.empty()) {
        print_line(answered + " · nothing in it is an event of a brand");
        return kExitOk;
    }
    for (const std::string& fault : placed.faults) print_line("quarantined · " + fault);
    bool all_safe = placed.faults.empty();
    for (std::size_t i = 0; i < placed.events.size(); ++i) {
        const auto& [brand, event] = placed.events[i];
        const auto mark = read_mark(installation, *brand, event);
        all_safe = all_safe && mark.has_value();
        print_line(
            mark ? mark_line(*mark, before[i], answer.durability, brand->timezone, system_clock()())
                 : answered + " · not recorded");
    }
    return all_safe ? kExitOk : kExitFindings;
}

// A provider's events: it is answered by one word, and their marks tell what became of them.
int send_hook(const Installation& installation, const Target& target,
              const SignedRequest& request) {
    const Placed placed = events_of(installation.config, target, request);
    std::vector<bool> before;
    for (const auto& [brand, event] : placed.events) {
        before.push_back(read_mark(installation, *brand, event).has_value());
    }
    const auto answer = http_call(http_call_of(installation, request));
    if (!answer) return complain(answer.error());
    return report_hook(installation, placed, before, *answer);
}

}  // namespace

int send(const SendOptions& given) {
    const SendOptions options = completed(given);
    if (auto usable = check_usage(options); !usable) {
        complain(usable.error());
        return kExitUsage;
    }
    auto opened = open_installation(options.config_dir);
    if (!opened) return complain(opened.error());
    auto target = find_target(opened->config, options);
    if (!target) return complain(target.error());
    if (auto usable = check_secrets(*opened, *target); !usable) return complain(usable.error());
    auto body = read_body(options.file);
    if (!body) return complain(body.error());
    const auto request = sign_event(opened->config, *target, options, std::move(*body));
    if (!request) return complain(request.error());
    return target->brand ? send_events(*opened, *target, options, *request)
                         : send_hook(*opened, *target, *request);
}

}  // namespace tapline
