// The commands that work on a config directory alone and need no running gateway: test, explain,
// diff, schema, sheet, fmt. Each is in a file of its own name; exit codes are in cli.h.
#pragma once

#include <string>
#include <vector>

namespace CLI {  // NOLINT(readability-identifier-naming): the library's
class App;
}

namespace tapline {

struct TestOptions {
    std::string config_dir;
    std::string brand;               // "" = all
    std::vector<std::string> names;  // tests whose name has one of these; empty = all
    std::string junit;               // file for the results as JUnit XML; "" = none
    bool json = false;
    bool coverage = false;
    bool mutate = false;
};
int test_config(const TestOptions& options);

struct ExplainOptions {
    std::string file;  // "-" = standard input
    std::string config_dir;
    std::string brand;  // "" = the only one
    std::string at;     // by the brand's clock; "" = now
    bool json = false;
};
int explain(const ExplainOptions& options);

struct DiffOptions {
    std::string before;
    std::string after;
    bool replay = false;
    std::string replay_for = "7d";
    std::string config_dir;  // of the gateway whose contacts are replayed; "" = the running one
    bool json = false;
};
int diff(const DiffOptions& options);

struct SchemaOptions {
    std::string of = "brand";
};
int schema(const SchemaOptions& options);

struct SheetOptions {
    std::string config_dir;
    std::string brand;
    bool html = false;
};
int sheet(const SheetOptions& options);

struct FmtOptions {
    std::string path;
    bool upgrade = false;
    bool check = false;
};
int fmt(const FmtOptions& options);

struct ToolOptions {
    TestOptions test;
    ExplainOptions explain;
    DiffOptions diff;
    SchemaOptions schema;
    SheetOptions sheet;
    FmtOptions fmt;
};
// Adds the commands; the one that is chosen leaves its exit code in `code`. `options` and `code`
// must outlive the parsing.
void add_config_tools(CLI::App& app, ToolOptions& options, int& code);

}  // namespace tapline
