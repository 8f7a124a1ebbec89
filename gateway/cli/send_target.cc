#include "gateway/cli/send_target.h"

#include <algorithm>
#include <cctype>

#include "adapters/sources/registry.h"
#include "adapters/utf8.h"
#include "gateway/clock.h"
#include "gateway/intake/brand_index.h"
#include "gateway/intake/hook_items.h"

namespace tapline {

namespace {

constexpr std::string_view kEvents = "events";

std::string provider_names() {
    std::string names;
    for (const auto& source : sources()) names += " " + std::string(source.provider);
    return names;
}

tl::unexpected<Error> usage(std::string message) {
    return fail(ErrorCode::bad_request, std::move(message));
}

// Options that would be passed over in silence are refused.
Result<void> check_body(const Source& source, const SendOptions& options) {
    const int bodies =
        (options.text.empty() ? 0 : 1) + (options.call ? 1 : 0) + (options.file.empty() ? 0 : 1);
    if (bodies == 0) return usage("say what to send: --text, --call or --file");
    if (bodies > 1) return usage("--text, --call and --file exclude each other");
    if (options.call && source.call_fallback.empty()) {
        return usage("--call is for telephony; " + std::string(source.provider) + " has no calls" +
                     (source.provider == kEvents ? ", but --channel call" : ""));
    }
    const std::pair<const char*, const std::string*> made_up[] = {{"--from", &options.from},
                                                                  {"--to", &options.to},
                                                                  {"--ref", &options.ref},
                                                                  {"--id", &options.id},
                                                                  {"--channel", &options.channel}};
    for (const auto& [name, value] : made_up) {
        if (options.file.empty() || value->empty()) continue;
        return usage("--file is sent as it is, so " + std::string(name) + " cannot be added");
    }
    return {};
}

Result<void> check_provider(const Source& source, const SendOptions& options) {
    const bool is_events = source.provider == kEvents;
    if (is_events && !options.connection.empty()) {
        return usage("--connection is not for events; they go to a brand: --brand");
    }
    if (!is_events && !options.brand.empty()) {
        return usage("--brand is for events; elsewhere --connection and --to say it");
    }
    if (!is_events && !options.channel.empty()) return usage("--channel is for events");
    if (!options.channel.empty() && !parse_channel(options.channel)) {
        return usage("--channel is call, text, email, dm, chat or post");
    }
    if (!options.content_type.empty() && (!is_events || options.file.empty())) {
        return usage("--content-type is for events that come with --file");
    }
    return {};
}

Result<void> check_texts(const SendOptions& options) {
    const std::pair<const char*, const std::string*> texts[] = {{"--text", &options.text},
                                                                {"--from", &options.from},
                                                                {"--to", &options.to},
                                                                {"--ref", &options.ref},
                                                                {"--id", &options.id}};
    for (const auto& [name, value] : texts) {
        if (is_valid_utf8(*value)) continue;
        return usage(std::string(name) + " has bytes in it that are not UTF-8");
    }
    return {};
}

// Twilio tells numbers in E.164; another form would come as no number at all.
Result<void> check_numbers(const Source& source, const SendOptions& options) {
    if (source.provider != "twilio") return {};
    const std::pair<const char*, const std::string*> numbers[] = {{"--from", &options.from},
                                                                  {"--to", &options.to}};
    for (const auto& [name, value] : numbers) {
        const bool digits =
            !value->empty() && value->find_first_not_of("0123456789 -.()") == std::string::npos;
        if (digits) return usage(std::string(name) + " is a number like +14045550100");
    }
    return {};
}

Result<Target> events_target(const Config& config, const SendOptions& options) {
    const bool single = options.brand.empty() && config.brands.size() == 1;
    if (options.brand.empty() && !single) return usage("say which brand with --brand");
    const auto found = single ? config.brands.begin() : config.brands.find(options.brand);
    if (found == config.brands.end()) {
        std::string known;
        for (const auto& [name, brand] : config.brands) known += " " + name;
        return usage("no brand \"" + options.brand + "\"; there is:" + known);
    }
    Target target;
    target.brand = found->second;
    target.path = "/v1/" + found->first + "/events";
    target.secrets.connection = kEvents;
    target.connection.name = kEvents;
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
        target.secrets.form = &connection.form;
        target.secrets.public_keys = connection.public_keys;
        target.secrets.signing_key = connection.signing_key;
        target.path = "/hooks/" + name;
        return target;
    }
    return usage("the config has no connection of provider " + options.provider +
                 (options.connection.empty() ? "" : " named " + options.connection));
}

}  // namespace

Result<void> check_usage(const SendOptions& options) {
    const Source* source = find_source(options.provider);
    if (source == nullptr) {
        return usage("no provider \"" + options.provider + "\"; there is:" + provider_names());
    }
    if (auto checked = check_body(*source, options); !checked) return checked;
    if (auto checked = check_provider(*source, options); !checked) return checked;
    if (auto numbers = check_numbers(*source, options); !numbers) return numbers;
    return check_texts(options);
}

Result<Target> find_target(const Config& config, const SendOptions& options) {
    auto target =
        options.provider == kEvents ? events_target(config, options) : hook_target(config, options);
    if (target) target->source = find_source(options.provider);
    return target;
}

Result<SignedRequest> sign_event(const Config& config, const Target& target,
                                 const SendOptions& options, std::string body) {
    Sample sample;
    sample.body = std::move(body);
    sample.content_type = options.content_type;
    sample.text = options.text;
    sample.from = options.from;
    sample.ref = options.ref;
    sample.id = options.id;
    sample.channel = options.channel;
    sample.url = config.public_url + target.path;
    sample.now = system_clock()();
    sample.random = random_hex(system_random());
    if (sample.body.empty()) {
        auto contacted = find_contacted(config, target, options);
        if (!contacted) return tl::unexpected(contacted.error());
        sample.to = std::move(*contacted);
    }
    if (target.brand && sample.channel.empty()) {
        const auto button = target.brand->buttons.find(sample.to);
        if (button != target.brand->buttons.end()) {
            sample.channel = to_string(button->second.channel);
        }
    }
    return target.source->sign(sample, target.secrets);
}

Placed events_of(const Config& config, const Target& target, const SignedRequest& request) {
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
    sent.public_base = config.public_url;
    sent.headers = headers;
    auto parsed = target.source->parse(sent, target.secrets, system_clock()());
    Placed placed;
    if (!parsed) {
        placed.faults.push_back(parsed.error().message);
        return placed;
    }
    const BrandIndex brands(config);
    for (auto& item : *parsed) {
        if (!item.ignored.empty()) continue;
        if (!item.event) {
            placed.faults.push_back(std::move(item.event.error()));
            continue;
        }
        item.event->connection = target.connection.name;
        if (!target.brand) settle(brands, target.connection, item);
        auto brand = target.brand ? target.brand : brands.find(target.connection, *item.event);
        if (brand) {
            placed.events.emplace_back(std::move(brand), std::move(*item.event));
        } else if (item.event->kind == EventKind::contact) {
            placed.faults.push_back("no profile or line of any brand claims it");
        }
    }
    return placed;
}

}  // namespace tapline
