#include "gateway/cli/config_tools.h"

#include <CLI/CLI.hpp>

namespace tapline {

namespace {

constexpr const char* kConfigHelp =
    "the directory of tapline.yaml, for example config/examples/acme";

void add_test(CLI::App& app, TestOptions& options, int& code) {
    auto* command = app.add_subcommand("test", "run the config's own tests with a frozen clock");
    command->add_option("name", options.names, "only tests whose name has this in it");
    command->add_option("--config", options.config_dir, kConfigHelp)->required();
    command->add_option("--brand", options.brand, "only this brand's");
    command->add_option("--junit", options.junit, "write the results to this file as JUnit XML");
    command->add_flag("--json", options.json, "results as JSON");
    command->add_flag("--coverage", options.coverage,
                      "which routes and conditions the tests have seen");
    command->add_flag("--mutate", options.mutate,
                      "change one thing at a time and list what no test notices");
    command->footer("Exit code 1: a test failed, or a mutant survived.");
    command->callback([&] { code = test_config(options); });
}

void add_explain(CLI::App& app, ExplainOptions& options, int& code) {
    auto* command = app.add_subcommand(
        "explain", "tell why a contact goes where it goes, and the entry that would be written");
    command
        ->add_option("event", options.file,
                     "a JSON file as POST /v1/BRAND/events takes it, or a test's event; - is "
                     "standard input")
        ->required();
    command->add_option("--config", options.config_dir, kConfigHelp)->required();
    command->add_option("--brand", options.brand, "brand; needed where there are several");
    command->add_option("--at", options.at,
                        "the time by the brand's clock, like \"2026-03-09 12:30\"; default: now");
    command->add_flag("--json", options.json, "as JSON");
    command->callback([&] { code = explain(options); });
}

void add_diff(CLI::App& app, DiffOptions& options, int& code) {
    auto* command =
        app.add_subcommand("diff", "tell what differs between two config directories by meaning");
    command->add_option("old", options.before, "config directory as it was")->required();
    command->add_option("new", options.after, "config directory as it would be")->required();
    auto* replay = command->add_option(
        "--replay", options.replay_for,
        "how many of the running gateway's contacts of so long (7d) would have gone elsewhere");
    replay->expected(0, 1);
    command->add_option("--config", options.config_dir,
                        "with --replay: config directory of the gateway; default: that of the "
                        "running one");
    command->add_flag("--json", options.json, "as JSON");
    command->footer("Exit code 1: they differ.");
    command->callback([&options, &code, replay] {
        options.replay = replay->count() > 0;
        if (options.replay_for.empty()) options.replay_for = "7d";
        code = diff(options);
    });
}

void add_schema(CLI::App& app, SchemaOptions& options, int& code) {
    auto* command =
        app.add_subcommand("schema", "print the JSON Schema of config files, for editors");
    command->add_option("--of", options.of, "brand or tapline.yaml")
        ->check(CLI::IsMember({"brand", "tapline.yaml"}))
        ->capture_default_str();
    command->callback([&] { code = schema(options); });
}

void add_sheet(CLI::App& app, SheetOptions& options, int& code) {
    auto* command = app.add_subcommand("sheet", "print the staff's tip sheet from the config");
    command->add_option("--config", options.config_dir, kConfigHelp)->required();
    command->add_option("--brand", options.brand, "brand; needed where there are several");
    command->add_flag("--html", options.html, "a page to print, in place of Markdown");
    command->callback([&] { code = sheet(options); });
}

void add_fmt(CLI::App& app, FmtOptions& options, int& code) {
    auto* command = app.add_subcommand("fmt", "tidy config files; comments and layout stay");
    command->add_option("path", options.path, "a file or a config directory")->required();
    command->add_flag("--upgrade", options.upgrade, "rewrite what is deprecated");
    command->add_flag("--check", options.check, "change nothing; 1 where something would change");
    command->callback([&] { code = fmt(options); });
}

}  // namespace

void add_config_tools(CLI::App& app, ToolOptions& options, int& code) {
    add_test(app, options.test, code);
    add_explain(app, options.explain, code);
    add_diff(app, options.diff, code);
    add_schema(app, options.schema, code);
    add_sheet(app, options.sheet, code);
    add_fmt(app, options.fmt, code);
}

}  // namespace tapline
