#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>

#include "adapters/sources/registry.h"
#include "gateway/cli/cli.h"
#include "gateway/cli/http_client.h"
#include "gateway/cli/running.h"
#include "gateway/cli/terminal.h"
#include "gateway/intake/brand_index.h"
#include "gateway/redis/keys.h"

namespace tapline {

namespace {

// Where the event goes, and what it is signed with.
struct Target {
    const Source* source = nullptr;
    Connection connection;
    SourceSecrets secrets;
    std::string path;  // below the public URL
    std::shared_ptr<const Brand> brand;
};

std::string provider_names() {
    std::string names;
    for (const auto& source : sources()) names += " " + std::string(source.provider);
    return names;
}

Result<Target> events_target(const Config& config, const SendOptions& options) {
    const bool single = options.brand.empty() && config.brands.size() == 1;
    const auto found = single ? config.brands.begin() : config.brands.find(options.brand);
    if (found == config.brands.end()) {
        return fail(ErrorCode::bad_request, "say which brand with --brand");
    }
    Target target;
    target.brand = found->second;
    target.path = "/v1/" + found->first + "/events";
    target.secrets.connection = "events";
    target.connection.name = "events";
    target.connection.brand = found->first;
    for (const auto& secret : found->second->signing_secrets) {
        target.secrets.secrets.push_back(secret.value);
    }
    for (const auto& key : found->second->api_keys) target.secrets.api_keys.push_back(key.value);
    if (target.secrets.secrets.empty() && target.secrets.api_keys.empty()) {
        return fail(
            ErrorCode::bad_config,
            "brand " + found->first + " has neither signing_secrets nor api_keys to sign with");
    }
    return target;
}

Result<Target> hook_target(const Config& config, const SendOptions& options) {
    for (const auto& [name, connection] : config.connections) {
        if (connection.provider != options.provider) continue;
        if (!options.connection.empty() && options.connection != name) continue;
        Target target;
        target.connection = connection;
        target.secrets.connection = name;
        target.secrets.secrets = connection.secrets;
        target.secrets.verify_token = connection.verify_token;
        target.secrets.account = connection.account;
        target.path = "/hooks/" + name;
        return target;
    }
    return fail(ErrorCode::bad_request,
                "the config has no connection of provider " + options.provider +
                    (options.connection.empty() ? "" : " named " + options.connection));
}

Result<Target> find_target(const Config& config, const SendOptions& options) {
    const Source* source = find_source(options.provider);
    if (source == nullptr) {
        return fail(ErrorCode::bad_request,
                    "no provider \"" + options.provider + "\"; there is:" + provider_names());
    }
    auto target = options.provider == "events" ? events_target(config, options)
                                               : hook_target(config, options);
    if (target) target->source = source;
    return target;
}

// The first line of the brand that stands for a button of this channel at this connection.
std::string first_line(const Brand& brand, const std::string& connection, Channel channel) {
    for (const auto& [name, button] : brand.buttons) {
        const auto line = brand.lines.find(button.line);
        if (button.channel == channel && line != brand.lines.end() &&
            line->second.connection == connection) {
            return button.line;
        }
    }
    return {};
}

std::string first_account(const Brand& brand, const std::string& connection) {
    for (const auto& [name, profile] : brand.profiles) {
        if (profile.connection == connection) return profile.account;
    }
    return {};
}

// What is contacted when --to is not given: the first that the config declares for this connection
// and kind of contact.
std::string default_to(const Config& config, const Target& target, const SendOptions& options) {
    if (options.provider == "events") return {};
    const Channel channel = options.call ? Channel::call : Channel::text;
    for (const auto& [name, brand] : config.brands) {
        std::string to = options.provider == "twilio"
                             ? first_line(*brand, target.connection.name, channel)
                             : first_account(*brand, target.connection.name);
        if (!to.empty()) return to;
    }
    return {};
}

Result<std::string> read_body(const std::string& file) {
    if (file.empty()) return std::string();
    if (file == "-") return std::string((std::istreambuf_iterator<char>(std::cin)), {});
    std::ifstream stream(file, std::ios::binary);
    if (!stream) return fail(ErrorCode::bad_request, "cannot read " + file);
    return std::string((std::istreambuf_iterator<char>(stream)), {});
}

Result<SignedRequest> signed_request(const Installation& installation, const Target& target,
                                     const SendOptions& options) {
    auto body = read_body(options.file);
    if (!body) return tl::unexpected(body.error());
    const bool nothing = options.text.empty() && !options.call && body->empty();
    if (nothing) {
        return fail(ErrorCode::bad_request, "say what to send: --text, --call or --file");
    }
    if (!options.content_type.empty() && (options.provider != "events" || body->empty())) {
        return fail(ErrorCode::bad_request, "--content-type is for events that come with --file");
    }
    Sample sample;
    sample.content_type = options.content_type;
    sample.text = options.call ? "" : options.text;
    sample.from = options.from;
    sample.to = options.to.empty() ? default_to(installation.config, target, options) : options.to;
    sample.ref = options.ref;
    sample.id = options.id;
    sample.url = installation.config.public_url + target.path;
    sample.body = std::move(*body);
    sample.now = system_clock()();
    sample.random = random_hex(system_random());
    return target.source->sign(sample, target.secrets);
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

// The events of the request as the gateway reads them, with their brands, and why what else is in
// it cannot be used.
struct Placed {
    std::vector<std::pair<std::shared_ptr<const Brand>, Event>> events;
    std::vector<std::string> faults;
};
Placed events_of(const Installation& installation, const Target& target,
                 const SignedRequest& request) {
    std::vector<std::pair<std::string, std::string>> lower;
    for (auto [name, value] : request.headers) {
        for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        lower.emplace_back(std::move(name), value);
    }
    const std::vector<std::pair<std::string_view, std::string_view>> headers(lower.begin(),
                                                                             lower.end());
    SourceRequest sent;
    sent.method = request.method;
    sent.path = target.path;
    sent.body = request.body;
    sent.public_base = installation.config.public_url;
    sent.headers = headers;
    auto parsed = target.source->parse(sent, target.secrets, system_clock()());
    Placed placed;
    if (!parsed) {
        placed.faults.push_back(parsed.error().message);
        return placed;
    }
    const BrandIndex brands(installation.config);
    for (auto& item : *parsed) {
        if (!item.event) {
            placed.faults.push_back(std::move(item.event.error()));
            continue;
        }
        auto brand = target.brand ? target.brand : brands.find(target.connection, *item.event);
        if (brand) {
            placed.events.emplace_back(std::move(brand), std::move(*item.event));
        } else if (item.event->kind == EventKind::contact) {
            placed.faults.push_back("no profile or line of any brand claims it");
        }
    }
    return placed;
}

void print_mark(const Mark& mark, const Brand& brand, bool before, const std::string& durability) {
    const std::string state = before                   ? "seen before"
                              : mark.state == "queued" ? "accepted"
                                                       : mark.state;
    if (mark.queue.empty()) {
        print_line(state + " · " + (mark.number.empty() ? "no contact" : mark.number) + " · " +
                   durability);
        return;
    }
    print_line(state + " · " + mark.number + " · route " + mark.route + " · queue " + mark.queue +
               " · due " + due_text(mark.due_at, system_clock()(), brand.timezone) + " · " +
               durability);
}

int report(const Installation& installation, const Target& target, const Placed& placed,
           const std::vector<bool>& before, const HttpAnswer& answer) {
    if (answer.status >= 300 && answer.status != 302) {
        return complain({ErrorCode::bad_request,
                         "refused with " + std::to_string(answer.status) + ": " + answer.body});
    }
    const auto& events = placed.events;
    if (events.empty() && placed.faults.empty()) {
        std::printf("answered %d · nothing in it is an event of a brand\n", answer.status);
        return kExitOk;
    }
    // A provider does not mend what it has sent, so that is kept; the brand's own app is told.
    const char* fate = target.source->provider == "events" ? "refused" : "quarantined";
    for (const std::string& fault : placed.faults) print_line(std::string(fate) + " · " + fault);
    const std::string durability = answer.durability.empty() ? "-" : answer.durability;
    for (std::size_t i = 0; i < events.size(); ++i) {
        const auto mark = read_mark(installation, *events[i].first, events[i].second);
        if (mark) {
            print_mark(*mark, *events[i].first, before[i], durability);
        } else {
            std::printf("answered %d · not recorded\n", answer.status);
        }
    }
    return kExitOk;
}

}  // namespace

int send(const SendOptions& options) {
    auto opened = open_installation(options.config_dir);
    if (!opened) return complain(opened.error());
    auto target = find_target(opened->config, options);
    if (!target) return complain(target.error());
    const auto request = signed_request(*opened, *target, options);
    if (!request) return complain(request.error());
    const Placed placed = events_of(*opened, *target, *request);
    std::vector<bool> before;
    for (const auto& [brand, event] : placed.events) {
        before.push_back(read_mark(*opened, *brand, event).has_value());
    }
    const auto answer = http_call(http_call_of(*opened, *request));
    if (!answer) return complain(answer.error());
    return report(*opened, *target, placed, before, *answer);
}

}  // namespace tapline
