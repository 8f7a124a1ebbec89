#include "gateway/cli/cli.h"

#include <CLI/CLI.hpp>

#include "adapters/sources/registry.h"
#include "gateway/cli/config_tools.h"
#include "gateway/version.h"

namespace tapline {

namespace {

// Where the chosen command leaves its exit code.
struct Outcome {
    int code = kExitOk;
};

// Wrong usage: what is missing is told with what it is for.
std::string usage_message(const CLI::App* app, const CLI::Error& error) {
    std::string text = std::string("tapline: ") + error.what() + "\n";
    for (const CLI::App* command : app->get_subcommands()) {
        const auto missing = command->get_options([](const CLI::Option* option) {
            return option->get_required() && option->count() == 0;
        });
        for (const CLI::Option* option : missing) {
            text += "  " + option->get_name() + ": " + option->get_description() + "\n";
        }
        text += "Run tapline " + command->get_name() + " --help for more.\n";
        return text;
    }
    return text + "Run tapline --help for more.\n";
}

constexpr const char* kDirHelp = "the directory of tapline.yaml, for example config/examples/acme";
constexpr const char* kZoneHelp =
    "Times are in the brand's time zone, with the date where it is not today.";
constexpr const char* kConfigHelp = "config directory; default: that of the running gateway";

void add_serve(CLI::App& app, ServeOptions& options, Outcome& outcome) {
    auto* command = app.add_subcommand("serve", "run the gateway until Ctrl-C");
    command->add_option("--config", options.config_dir, kDirHelp)->required();
    command->add_option("--log-level", options.log_level, "least level that is written")
        ->check(CLI::IsMember({"debug", "info", "warning", "error"}));
    command->add_option("--log-file", options.log_file,
                        "log to this file (relative to data_dir), not to standard error; HUP "
                        "reopens it");
    command->add_flag("--tour", options.tour, "print commands to try next");
    command->callback([&] { outcome.code = serve(options); });
}

void add_check(CLI::App& app, CheckOptions& options, Outcome& outcome) {
    auto* command = app.add_subcommand("check", "check a config directory; all mistakes at once");
    auto* place = command->add_option("DIR", options.config_dir, kDirHelp);
    auto* flag = command->add_option("--config", options.config_dir, "the same as DIR");
    flag->excludes(place);
    command->add_flag("--json", options.json, "findings as JSON");
    command->callback([&options, &outcome, place, flag] {
        // Told as the missing of the one that is named in the usage line.
        if (place->count() + flag->count() == 0) {
            place->required();
            throw CLI::RequiredError("DIR");
        }
        outcome.code = check(options);
    });
}

void add_init(CLI::App& app, InitOptions& options, Outcome& outcome) {
    auto* command = app.add_subcommand("init", "write a first brand file that passes `check`");
    command->add_option("brand", options.brand, "name of the brand: a-z, 0-9 and -")->required();
    command->add_option("--config", options.config_dir, "config directory that is made or added to")
        ->capture_default_str();
    command->callback([&] { outcome.code = init(options); });
}

std::string provider_names() {
    std::string names;
    for (const Source& source : sources()) names.append(" ").append(source.provider);
    return names;
}

void add_send(CLI::App& app, SendOptions& options, Outcome& outcome) {
    auto* command = app.add_subcommand(
        "send", "sign an event as its provider does, send it, print what became of it");
    command->add_option("provider", options.provider, "one of:" + provider_names())->required();
    command->add_option("--text", options.text, "what the customer writes");
    command->add_flag("--call", options.call, "a phone call (twilio)");
    command->add_option("--from", options.from, "the customer: phone or platform id");
    command->add_option("--to", options.to, "the button, account or line that is contacted");
    command->add_option("--channel", options.channel,
                        "call, text, email, dm, chat or post (events); default: the button's");
    command->add_option("--ref", options.ref, "the free parameter of a link");
    command->add_option("--id", options.id, "event id; the same id again is a redelivery");
    command->add_option("--file", options.file, "send these bytes, signed; - is standard input");
    command->add_option("--content-type", options.content_type,
                        "of the file (events): application/x-ndjson (default for .ndjson and "
                        ".jsonl), application/cloudevents-batch+json, ...");
    command->add_option("--connection", options.connection, "connection to send to");
    command->add_option("--brand", options.brand, "brand to send to (events)");
    command->add_option("--config", options.config_dir, kConfigHelp);
    command->footer(
        "It prints, for each event: what became of it, its tracking number, route and queue, when "
        "an answer is due,\nand where it is safe: \"redis\" as soon as Redis has it. " +
        std::string(kZoneHelp) +
        "\nExit code 1: something was refused, quarantined or not stored.");
    command->callback([&] { outcome.code = send(options); });
}

void add_deliver_mail(CLI::App& app, DeliverMailOptions& options, Outcome& outcome) {
    auto* command = app.add_subcommand(
        "deliver-mail", "hand one mail from standard input to the gateway (Postfix pipe)");
    command->add_option("--socket", options.socket, "the socket of `mail: {listen: ...}`");
    command->add_option("--sender", options.sender, "envelope sender; empty: the null sender");
    command->add_option("--recipient", options.recipient, "envelope recipient");
    command->add_option("--seconds", options.seconds, "give up after; less than Postfix waits")
        ->check(CLI::Range(1L, 3600L));
    command->callback([&] { outcome.code = deliver_mail(options); });
}

void add_tail(CLI::App& app, TailOptions& options, Outcome& outcome) {
    auto* command = app.add_subcommand(
        "tail", "show a queue's entries as they come, of both its lanes; reads only");
    command
        ->add_option("queue", options.queue,
                     "name of the queue; NAME:express for its express lane alone")
        ->required();
    command->add_option("--brand", options.brand, "brand; needed when several have the queue");
    command->add_option("--count", options.count, "entries to show from before")
        ->check(CLI::Range(0, 10000))
        ->capture_default_str();
    command->add_flag_callback(
        "--no-follow", [&] { options.follow = false; }, "stop after what is there");
    command->add_flag("--json", options.json, "one JSON object a line");
    command->add_option("--config", options.config_dir, kConfigHelp);
    command->footer(std::string(kZoneHelp));
    command->callback([&] { outcome.code = tail(options); });
}

void add_track(CLI::App& app, TrackOptions& options, Outcome& outcome) {
    auto* command = app.add_subcommand("track", "tell the story of a tracking number");
    command->add_option("number", options.number, "a number such as 7K3-M9Q-2X4")->required();
    command->add_option("--brand", options.brand, "brand; default: look in all");
    command->add_flag("--json", options.json, "as JSON");
    command->add_option("--config", options.config_dir, kConfigHelp);
    command->footer(std::string(kZoneHelp));
    command->callback([&] { outcome.code = track(options); });
}

void add_doctor(CLI::App& app, DoctorOptions& options, Outcome& outcome) {
    auto* command = app.add_subcommand("doctor", "examine a running gateway; says what to mend");
    command->add_flag("--json", options.json, "as JSON");
    command->add_option("--config", options.config_dir, kConfigHelp);
    command->callback([&] { outcome.code = doctor(options); });
}

void add_channels(CLI::App& app, ChannelsOptions& options, Outcome& outcome) {
    auto* command = app.add_subcommand(
        "channels", "when each connection, profile and button was last heard; 1 when one is quiet");
    command->add_flag("--json", options.json, "as JSON");
    command->add_option("--config", options.config_dir, kConfigHelp);
    command->callback([&] { outcome.code = channels(options); });
}

void add_reload(CLI::App& app, ReloadCommand& options, Outcome& outcome) {
    auto* command = app.add_subcommand(
        "reload", "make a running gateway read its config again; prints what changed");
    command->add_flag("--json", options.json, "as JSON");
    command->add_option("--config", options.config_dir, kConfigHelp);
    command->footer(
        "A brand with mistakes stays at its last good version, and the others are reloaded.\n"
        "Exit code 78: there are mistakes, which are printed.");
    command->callback([&] { outcome.code = reload(options); });
}

// All at once: who turns a switch is in a hurry.
std::string missing_of(const SwitchOptions& options) {
    std::string missing;
    if (options.state == "on" && options.until.empty()) missing = "--until";
    if (options.reason.empty()) missing += std::string(missing.empty() ? "" : " and ") + "--reason";
    return missing;
}

void add_switch(CLI::App& app, SwitchOptions& options, Outcome& outcome) {
    auto* command = app.add_subcommand(
        "switch", "turn a switch of the config on or off; without a name: list them");
    auto* name = command->add_option("name", options.name, "name of the switch");
    auto* state = command->add_option("state", options.state, "on or off")
                      ->check(CLI::IsMember({"on", "off"}));
    command->add_option("--until", options.until,
                        "when it ends by itself: +6h, +2d, or \"2026-03-09 18:00\"");
    command->add_option("--reason", options.reason, "why; kept and shown");
    command->add_option("--author", options.author, "who; default: your login name");
    command->add_option("--region", options.regions,
                        "only for customers of these regions: US-GA, DE, ...");
    command->add_option("--brand", options.brand, "brand; needed when there are several");
    command->add_flag("--json", options.json, "as JSON");
    command->add_option("--config", options.config_dir, kConfigHelp);
    command->footer(
        "on needs --until and --reason, off needs --reason. What a switch held is "
        "released in order\nonce it is off. " +
        std::string(kZoneHelp));
    command->callback([&options, &outcome, name, state] {
        if (name->count() > 0 && state->count() == 0) throw CLI::RequiredError("on or off");
        const std::string missing = name->count() > 0 ? missing_of(options) : std::string();
        if (!missing.empty()) throw CLI::RequiredError(missing);
        outcome.code = turn_switch(options);
    });
}

void add_suppress_action(CLI::App& parent, const char* action, const char* about,
                         SuppressOptions& options, Outcome& outcome) {
    auto* command = parent.add_subcommand(action, about);
    const bool lists = std::string_view(action) == "list";
    if (!lists) {
        command->add_option("--phone", options.phone, "the customer's, as in +14045550100");
        command->add_option("--email", options.email, "the customer's");
        command->add_option("--id", options.id, "the customer's id on the platform of --profile");
        command->add_option("--profile", options.profile, "profile of the config, with --id");
        command->add_option("--reason", options.reason, "why; kept and shown")->required();
        command->add_option("--author", options.author, "who; default: your login name");
    }
    if (std::string_view(action) == "add") {
        command
            ->add_option("--until", options.until,
                         "when it ends by itself: +30d, or \"2026-03-09 18:00\"")
            ->required();
    }
    command->add_option("--brand", options.brand, "brand; needed when there are several");
    command->add_flag("--json", options.json, "as JSON");
    command->add_option("--config", options.config_dir, kConfigHelp);
    command->callback([&options, &outcome, action] {
        options.action = action;
        outcome.code = suppress(options);
    });
}

void add_suppress(CLI::App& app, SuppressOptions& options, Outcome& outcome) {
    auto* command =
        app.add_subcommand("suppress", "customers whose contacts are recorded and not queued");
    command->require_subcommand(1);
    add_suppress_action(*command, "add", "suppress a customer", options, outcome);
    add_suppress_action(*command, "remove", "end that", options, outcome);
    add_suppress_action(*command, "list", "who is, as keyed hashes; until when and why", options,
                        outcome);
}

}  // namespace

int run_cli(int argc, char** argv) {
    CLI::App app{"Tapline: routes the contacts of a brand's Call, Text and Email buttons"};
    app.require_subcommand(1);
    app.failure_message(usage_message);
    app.set_version_flag("--version", "tapline " + std::string(kVersion));
    Outcome outcome;
    ServeOptions serve_options;
    serve_options.program = argv[0];
    CheckOptions check_options;
    InitOptions init_options;
    SendOptions send_options;
    DeliverMailOptions deliver_mail_options;
    TailOptions tail_options;
    TrackOptions track_options;
    DoctorOptions doctor_options;
    add_serve(app, serve_options, outcome);
    add_check(app, check_options, outcome);
    add_init(app, init_options, outcome);
    add_send(app, send_options, outcome);
    add_deliver_mail(app, deliver_mail_options, outcome);
    add_tail(app, tail_options, outcome);
    add_track(app, track_options, outcome);
    add_doctor(app, doctor_options, outcome);
    ChannelsOptions channels_options;
    add_channels(app, channels_options, outcome);
    ReloadCommand reload_command;
    add_reload(app, reload_command, outcome);
    SwitchOptions switch_options;
    add_switch(app, switch_options, outcome);
    SuppressOptions suppress_options;
    add_suppress(app, suppress_options, outcome);
    ToolOptions tool_options;
    add_config_tools(app, tool_options, outcome.code);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        const int code = app.exit(error);
        // A mistake in master.cf must not send the brand's mail back.
        const bool is_delivery = argc > 1 && std::string_view(argv[1]) == "deliver-mail";
        return code == 0 ? kExitOk : is_delivery ? kExitTempFail : kExitUsage;
    }
    return outcome.code;
}

}  // namespace tapline
